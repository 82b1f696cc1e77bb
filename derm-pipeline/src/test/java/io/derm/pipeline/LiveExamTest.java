package io.derm.pipeline;

import static io.derm.pipeline.StandIns.classifier;
import static io.derm.pipeline.StandIns.detector;
import static io.derm.pipeline.StandIns.passes;
import static io.derm.pipeline.StandIns.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.FramePool;
import io.derm.api.InferenceException;
import io.derm.pipeline.StandIns.Camera;
import io.derm.pipeline.StandIns.Feed;
import io.derm.pipeline.StandIns.Hook;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop on live sources: which frames are dropped and why, control from other threads, leases, the age of frames. */
@Timeout(900)
class LiveExamTest {
    /** Set for a long run; the bound is to hold for as long as it runs. */
    private static final double SECONDS = Double.parseDouble(System.getProperty("derm.live.seconds", "5"));

    private static final Hook NOTHING = frame -> {};

    private final FramePool pool = new FramePool(10, true);
    private final Feed feed = new Feed(pool, true);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Long> delivered = new CopyOnWriteArrayList<>();
    /** A permit is one frame that detection may let through. */
    private final Semaphore detections = new Semaphore(0);

    private final Semaphore inDetection = new Semaphore(0);
    private final Hook gated = frame -> {
        inDetection.release();
        detections.acquire();
    };

    @AfterEach
    void everyLeaseIsClosed() {
        threads.shutdownNow();
        feed.close();
        assertThat(pool.leaks()).isEmpty();
        pool.close();
    }

    private Exam exam(Feed source, Hook onDetect, Hook onClassify, ExamOptions options) {
        return new Exam(source, detector(onDetect), classifier(onClassify), options);
    }

    private Future<ExamSummary> started(Exam exam) {
        return started(exam, f -> delivered.add(f.frame().sequence()));
    }

    private Future<ExamSummary> started(Exam exam, ExamListener listener) {
        return threads.submit(() -> exam.run(listener));
    }

    /** Runs an exam until its first frame is held in detection. */
    private Future<ExamSummary> heldInDetection(Exam exam) throws InterruptedException {
        Future<ExamSummary> run = started(exam);
        feed.frame();
        inDetection.acquire();
        return run;
    }

    /**
     * Lets the frame in detection through to the listener, then the others: were they let through together, the next could take the
     * first one's place before the listener's thread has woken up.
     */
    private void letThroughOneByOne(Exam exam) throws InterruptedException {
        detections.release();
        until(() -> exam.status().delivered() == 1);
        detections.release(10);
    }

    private static Map<DropCause, Long> drops(DropCause cause, long n) {
        Map<DropCause, Long> all = new java.util.EnumMap<>(DropCause.class);
        for (DropCause c : DropCause.values()) {
            all.put(c, c == cause ? n : 0);
        }
        return all;
    }

    @Test
    void mailbox_whileDetectionIsBusy_keepsTheNewestAlone() throws Exception {
        Exam exam = exam(feed, gated, NOTHING, ExamOptions.defaults());
        Future<ExamSummary> run = heldInDetection(exam);
        for (int i = 0; i < 5; i++) {
            feed.frame();
        }
        until(() -> exam.status().captured() == 6);
        letThroughOneByOne(exam);
        feed.end();
        ExamSummary summary = run.get();
        assertThat(delivered).containsExactly(0L, 5L);
        assertThat(summary.dropped()).isEqualTo(drops(DropCause.BUSY, 4));
        assertThat(exam.status().state()).isEqualTo(ExamState.ENDED);
    }

    @Test
    void policyEvery_ofALiveSource_dropsNothing() throws Exception {
        Exam exam = exam(feed, NOTHING, NOTHING, ExamOptions.defaults().withPolicy(FramePolicy.EVERY));
        for (int i = 0; i < 8; i++) {
            feed.frame();
        }
        feed.end();
        assertThat(started(exam).get().frames()).isEqualTo(8);
        assertThat(delivered).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
    }

    @Test
    void frame_olderThanTheDeadlineBeforeAStage_isDroppedAndCounted() throws Exception {
        Exam exam = exam(feed, NOTHING, NOTHING, ExamOptions.defaults().withDeadlineMillis(3_600_000));
        Future<ExamSummary> run = started(exam);
        feed.frame(System.nanoTime() - TimeUnit.HOURS.toNanos(2));
        until(() -> exam.status().dropped().get(DropCause.DEADLINE) == 1);
        feed.frame().end();
        assertThat(run.get().dropped()).isEqualTo(drops(DropCause.DEADLINE, 1));
        assertThat(delivered).containsExactly(1L);
    }

    @Test
    void pause_dropsWhatComes_untilResume() throws Exception {
        Exam exam = exam(feed, gated, NOTHING, ExamOptions.defaults());
        Future<ExamSummary> run = heldInDetection(exam);
        exam.pause();
        feed.frame().frame();
        until(() -> exam.status().captured() == 3);
        assertThat(exam.status().state()).isEqualTo(ExamState.PAUSED);
        detections.release(10);
        // What was in a stage goes on.
        until(() -> exam.status().delivered() == 1);
        exam.resume();
        assertThat(exam.status().state()).isEqualTo(ExamState.RUNNING);
        feed.frame().end();
        assertThat(run.get().dropped()).isEqualTo(drops(DropCause.PAUSED, 2));
        assertThat(delivered).containsExactly(0L, 3L);
    }

    @Test
    void pause_ofAFile_losesNothing() throws Exception {
        Feed file = new Feed(pool, false);
        Exam exam = exam(file, NOTHING, NOTHING, ExamOptions.defaults());
        exam.pause();
        Future<ExamSummary> run = started(exam);
        for (int i = 0; i < 6; i++) {
            file.frame();
        }
        file.end();
        until(() -> exam.status().captured() > 0);
        assertThat(exam.status().state()).isEqualTo(ExamState.PAUSED);
        assertThat(exam.status().delivered()).isZero();
        exam.resume();
        assertThat(run.get().frames()).isEqualTo(6);
        assertThat(run.get().dropped().values()).containsOnly(0L);
    }

    @Test
    void drain_deliversWhatWasCaptured_andEnds() throws Exception {
        Exam exam = exam(feed, gated, NOTHING, ExamOptions.defaults());
        Future<ExamSummary> run = heldInDetection(exam);
        feed.frame();
        until(() -> exam.status().captured() == 2);
        exam.drain();
        assertThat(exam.status().state()).isEqualTo(ExamState.DRAINING);
        letThroughOneByOne(exam);
        assertThat(run.get().frames()).isEqualTo(2);
        assertThat(delivered).containsExactly(0L, 1L);
        assertThat(run.get().dropped()).isEqualTo(drops(DropCause.BUSY, 0));
    }

    @Test
    void drain_ofAPausedExam_ends() throws Exception {
        Feed file = new Feed(pool, false);
        Exam exam = exam(file, NOTHING, NOTHING, ExamOptions.defaults());
        exam.pause();
        Future<ExamSummary> run = started(exam);
        file.frame();
        until(() -> exam.status().captured() == 1);
        exam.drain();
        assertThat(run.get().frames()).isEqualTo(1);
    }

    @Test
    void stop_dropsWhatIsUnderway_andEnds() throws Exception {
        Exam exam = exam(feed, gated, NOTHING, ExamOptions.defaults());
        Future<ExamSummary> run = heldInDetection(exam);
        feed.frame();
        until(() -> exam.status().captured() == 2);
        exam.stop();
        assertThat(exam.status().state()).isEqualTo(ExamState.STOPPING);
        detections.release(10);
        assertThat(run.get().dropped()).isEqualTo(drops(DropCause.STOPPED, 2));
        assertThat(delivered).isEmpty();
        assertThat(exam.status().state()).isEqualTo(ExamState.ENDED);
        assertThat(exam.status().underway()).isZero();
    }

    @Test
    void stop_beforeRun_endsAtOnce() throws Exception {
        Exam exam = exam(feed, NOTHING, NOTHING, ExamOptions.defaults());
        exam.stop();
        assertThat(started(exam).get().frames()).isZero();
    }

    @Test
    void failureOfDetection_dropsWhatIsBehind_deliversWhatIsAhead() throws Exception {
        CountDownLatch failed = new CountDownLatch(1);
        Exam exam = exam(
                feed,
                frame -> {
                    inDetection.release();
                    if (frame.sequence() == 1) {
                        detections.acquire();
                        failed.countDown();
                        throw new InferenceException(199, "Output is NaN", "Give another model.");
                    }
                },
                frame -> {
                    if (frame.sequence() == 0) {
                        failed.await();
                    }
                },
                ExamOptions.defaults());
        Future<ExamSummary> run = heldInDetection(exam);
        feed.frame();
        inDetection.acquire();
        feed.frame();
        until(() -> exam.status().captured() == 3);
        detections.release();
        assertThatThrownBy(run::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InferenceException.class);
        assertThat(delivered).containsExactly(0L);
        assertThat(exam.status().dropped()).isEqualTo(drops(DropCause.FAILURE, 2));
        assertThat(exam.status().state()).isEqualTo(ExamState.FAILED);
    }

    @Test
    void failureOfTheListener_closesEveryFrame() throws Exception {
        Exam exam = new Exam(
                new Camera(pool, 200, 100_000),
                detector(f -> passes(2)),
                classifier(f -> passes(2)),
                ExamOptions.defaults());
        Future<ExamSummary> run = started(exam, f -> {
            if (f.frame().sequence() > 20) {
                throw new IOException("disk full");
            }
        });
        assertThatThrownBy(run::get).hasCauseInstanceOf(IOException.class);
        ExamStatus status = exam.status();
        assertThat(status.state()).isEqualTo(ExamState.FAILED);
        assertThat(status.dropped().get(DropCause.FAILURE)).isPositive();
        assertEveryFrameIsAccountedFor(status);
    }

    @Test
    void control_fromManyThreadsAtOnce_losesNoFrame() throws Exception {
        for (int round = 0; round < 20; round++) {
            int last = round;
            Exam exam = new Exam(
                    new Camera(pool, 1000, 100_000), detector(NOTHING), classifier(NOTHING), ExamOptions.defaults());
            Future<ExamSummary> run = started(exam);
            List<Future<?>> others = List.of(
                    threads.submit(() -> toAndFro(exam)), threads.submit(() -> toAndFro(exam)), threads.submit(() -> {
                        passes(20);
                        if (last % 2 == 0) {
                            exam.drain();
                        } else {
                            exam.stop();
                        }
                    }));
            for (Future<?> other : others) {
                other.get();
            }
            run.get();
            ExamStatus status = exam.status();
            assertThat(status.state()).isEqualTo(ExamState.ENDED);
            assertEveryFrameIsAccountedFor(status);
            assertThat(pool.leaks()).isEmpty();
        }
    }

    private static void assertEveryFrameIsAccountedFor(ExamStatus ended) {
        assertThat(ended.captured())
                .isEqualTo(ended.delivered()
                        + ended.dropped().values().stream().mapToLong(n -> n).sum());
    }

    private static void toAndFro(Exam exam) {
        for (int i = 0; i < 200; i++) {
            exam.pause();
            Thread.yield();
            exam.resume();
            passes(0.05);
        }
    }

    @Test
    void frameAge_withAListenerAtAThirdOfTheRate_staysUnderTwoFramesAndAnInference() throws Exception {
        double rate = 30;
        double detect = 12;
        double classify = 8;
        double frame = 1000 / rate;
        Histogram ages = new Histogram(3);
        Histogram steps = new Histogram(3);
        AtomicLong last = new AtomicLong(-1);
        Exam exam = new Exam(
                new Camera(pool, rate, Math.round(SECONDS * rate)),
                detector(f -> passes(detect)),
                classifier(f -> passes(classify)),
                ExamOptions.defaults());
        ExamSummary summary = started(exam, f -> {
                    ages.recordValue(f.latencyNanos());
                    long before = last.getAndSet(f.frame().sequence());
                    if (before >= 0) {
                        steps.recordValue(f.frame().sequence() - before);
                    }
                    passes(3 * frame);
                })
                .get();
        double bound = 2 * frame + detect + classify;
        System.out.printf(
                "%.0f s: %d frames, age p50 %.1f p99 %.1f p99.9 %.1f max %.1f ms, bound %.1f ms; dropped %s%n",
                SECONDS,
                ages.getTotalCount(),
                ages.getValueAtPercentile(50) / 1e6,
                ages.getValueAtPercentile(99) / 1e6,
                ages.getValueAtPercentile(99.9) / 1e6,
                ages.getMaxValue() / 1e6,
                bound,
                summary.dropped());
        // The machine may hold a thread up for longer than that; a queue of frames would show at the median.
        assertThat(ages.getValueAtPercentile(90) / 1e6).isLessThan(bound);
        // Every third; a loop that finds or assesses only while the listener does not listen would come to every fourth
        // as often as not.
        assertThat(steps.getValueAtPercentile(50)).isEqualTo(3);
        // What the listener is not shown is captured all the same.
        assertThat(exam.status().captured()).isGreaterThan(2 * summary.frames());
    }

    @Test
    void times_ofAStall_showInResponseAsLongAsItLasted() throws Exception {
        AtomicBoolean stalled = new AtomicBoolean();
        Exam exam = new Exam(
                new Camera(pool, 100, 150),
                detector(f -> {
                    if (f.sequence() >= 50 && stalled.compareAndSet(false, true)) {
                        passes(800);
                    }
                }),
                classifier(NOTHING),
                ExamOptions.defaults());
        ExamSummary summary = started(exam).get();
        // 800 ms are 80 frames of 100 a second that wait from 0 to 800 ms: one delivered, the others replaced, and all
        // counted.
        LatencySummary response = summary.times().get(Stage.RESPONSE);
        assertThat(response.count()).isEqualTo(delivered.get(delivered.size() - 1) - delivered.get(0) + 1);
        assertThat(response.p90()).isGreaterThan(200_000_000L);
        assertThat(summary.times().get(Stage.LATENCY).p90()).isLessThan(200_000_000L);
    }
}

package io.derm.pipeline;

import static io.derm.pipeline.StandIns.classifier;
import static io.derm.pipeline.StandIns.detector;
import static io.derm.pipeline.StandIns.passes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.FramePool;
import io.derm.api.InferenceException;
import io.derm.pipeline.StandIns.Camera;
import io.derm.pipeline.StandIns.Feed;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several sources that share a detector and a classifier. */
@Timeout(60)
class ExamsTest {
    private final List<FramePool> pools = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void everyLeaseIsClosed() {
        threads.shutdownNow();
        for (FramePool pool : pools) {
            assertThat(pool.leaks()).isEmpty();
            pool.close();
        }
    }

    private FramePool pool() {
        FramePool pool = new FramePool(10, true);
        pools.add(pool);
        return pool;
    }

    @Test
    void detection_ofThreeFiles_servesThemInTurn() throws Exception {
        List<Integer> served = new CopyOnWriteArrayList<>();
        CountDownLatch allWait = new CountDownLatch(1);
        List<Exam> all = new CopyOnWriteArrayList<>();
        List<Feed> feeds = List.of(new Feed(pool(), false), new Feed(pool(), false), new Feed(pool(), false));
        Exams exams = new Exams(
                detector(f -> {
                    allWait.await();
                    while (!all.stream().allMatch(e -> hasNext(e, all.indexOf(e), served))) {
                        Thread.sleep(1);
                    }
                    // Feeds are told apart by when their frames were captured.
                    served.add((int) f.capturedNanos());
                }),
                classifier(f -> {}));
        List<Future<ExamSummary>> runs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            for (int n = 0; n < 8; n++) {
                feeds.get(i).frame(i);
            }
            feeds.get(i).end();
            Exam exam = exams.exam(feeds.get(i), ExamOptions.defaults());
            all.add(exam);
            runs.add(threads.submit(() -> exam.run(f -> {})));
        }
        while (all.stream().anyMatch(e -> e.status().captured() == 0)) {
            Thread.sleep(1);
        }
        allWait.countDown();
        for (Future<ExamSummary> run : runs) {
            assertThat(run.get().frames()).isEqualTo(8);
            assertThat(run.get().lesions()).hasSize(1);
            assertThat(run.get().lesions().get(0).sightings()).isEqualTo(8);
        }
        assertThat(served).hasSize(24);
        // None is served twice before another. The first frame was taken before all had one.
        for (int from = 0; from + 4 <= 24; from++) {
            assertThat(served.subList(from + 1, from + 4)).doesNotHaveDuplicates();
        }
    }

    /** Whether all frames of a feed that were served are delivered and the next one waits, if there is one. */
    private static boolean hasNext(Exam exam, int feed, List<Integer> served) {
        long before = served.stream().filter(i -> i == feed).count();
        ExamStatus status = exam.status();
        return status.delivered() == before && (before == 8 || status.captured() > before);
    }

    @Test
    void cameras_onStagesTooSlowForThem_getEqualSharesInOrder() throws Exception {
        Exams exams = new Exams(detector(f -> passes(8)), classifier(f -> passes(4)));
        List<Future<ExamSummary>> runs = new ArrayList<>();
        double[] rates = {30, 120, 60};
        for (double rate : rates) {
            Exam exam = exams.exam(new Camera(pool(), rate, Math.round(3 * rate)), ExamOptions.defaults());
            List<Long> order = new CopyOnWriteArrayList<>();
            runs.add(threads.submit(() -> {
                ExamSummary summary = exam.run(f -> order.add(f.frame().sequence()));
                assertThat(order).isSorted().doesNotHaveDuplicates();
                return summary;
            }));
        }
        long[] frames = new long[3];
        for (int i = 0; i < 3; i++) {
            frames[i] = runs.get(i).get().frames();
        }
        System.out.printf("frames of three cameras in 3 s: %d %d %d%n", frames[0], frames[1], frames[2]);
        // 125 detections a second among three; the slowest camera has 30 to give.
        assertThat(frames[0]).isGreaterThan(frames[2] / 2);
        assertThat((double) frames[1] / frames[2]).isBetween(0.5, 2.0);
        assertThat(frames[0] + frames[1] + frames[2]).isGreaterThan(100);
    }

    @Test
    void slowListener_ofOneSource_slowsNoOther() throws Exception {
        Exams exams = new Exams(detector(f -> passes(1)), classifier(f -> passes(1)));
        Exam slow = exams.exam(new Camera(pool(), 50, 100), ExamOptions.defaults());
        Exam quick = exams.exam(new Camera(pool(), 50, 100), ExamOptions.defaults());
        Future<ExamSummary> slowly = threads.submit(() -> slow.run(f -> passes(200)));
        Future<ExamSummary> quickly = threads.submit(() -> quick.run(f -> {}));
        // Of 100; held up by the slow one it would come to as many as that.
        assertThat(quickly.get().frames()).isGreaterThan(40);
        assertThat(slowly.get().frames()).isBetween(2L, 14L);
    }

    @Test
    void failure_ofOneSourcesFrame_endsThatExamAlone() throws Exception {
        Exams exams = new Exams(
                detector(f -> {
                    if (f.capturedNanos() == 1 && f.sequence() == 3) {
                        throw new InferenceException(199, "Output is NaN", "Give another model.");
                    }
                }),
                classifier(f -> {}));
        Feed[] feeds = {new Feed(pool(), false), new Feed(pool(), false)};
        List<Future<ExamSummary>> runs = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            for (int n = 0; n < 6; n++) {
                feeds[i].frame(i);
            }
            feeds[i].end();
            Exam exam = exams.exam(feeds[i], ExamOptions.defaults());
            runs.add(threads.submit(() -> exam.run(f -> {})));
        }
        assertThat(runs.get(0).get().frames()).isEqualTo(6);
        assertThatThrownBy(runs.get(1)::get).hasCauseInstanceOf(InferenceException.class);
        feeds[1].close();
    }

    @Test
    void exams_oneAfterAnother_useOneThreadAtATime() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        Exams exams = new Exams(
                detector(f -> {
                    assertThat(inside.incrementAndGet()).isEqualTo(1);
                    passes(0.1);
                    inside.decrementAndGet();
                }),
                classifier(f -> {}));
        for (int i = 0; i < 50; i++) {
            Feed feed = new Feed(pool(), false);
            feed.frame().frame().end();
            assertThat(exams.exam(feed, ExamOptions.defaults()).run(f -> {}).frames())
                    .isEqualTo(2);
        }
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("derm-capture", "derm-detect", "derm-classify");
    }
}

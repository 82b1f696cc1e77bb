package io.derm.pipeline;

import static io.derm.pipeline.StandIns.classifier;
import static io.derm.pipeline.StandIns.detector;
import static io.derm.pipeline.StandIns.passes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.InferenceException;
import io.derm.api.Model;
import io.derm.pipeline.StandIns.Feed;
import io.derm.pipeline.StandIns.Hook;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several frames in detection at once: order, failures, stopping, leases. */
@Timeout(30)
class DetectorPoolTest {
    private final FramePool pool = new FramePool(12, true);
    private final List<Long> delivered = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void everyLeaseIsClosed() {
        assertThat(pool.leaks()).isEmpty();
        assertThat(pool.leased()).isZero();
        pool.close();
    }

    private static DetectorPool detectors(int n, Hook hook) {
        return new DetectorPool(
                Collections.nCopies(n, hook).stream().map(StandIns::detector).toList());
    }

    private Feed feed(int frames, boolean live) throws InterruptedException {
        Feed feed = new Feed(pool, live);
        for (int i = 0; i < frames; i++) {
            feed.frame();
        }
        feed.end();
        return feed;
    }

    private Exam exam(Feed feed, Detector detector) {
        return new Exam(feed, detector, classifier(f -> {}), ExamOptions.defaults());
    }

    private void run(Exam exam) throws Exception {
        exam.run(f -> delivered.add(f.frame().sequence()));
    }

    @Test
    void recordedSource_hasAFrameInEachDetector() throws Exception {
        CountDownLatch all = new CountDownLatch(3);
        Detector detector = detectors(3, frame -> {
            all.countDown();
            assertThat(all.await(10, TimeUnit.SECONDS))
                    .as("three frames in detection at once")
                    .isTrue();
        });
        run(exam(feed(6, false), detector));
        assertThat(delivered).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void recordedSource_detectorsOfUnevenPace_deliversInOrder() throws Exception {
        SplittableRandom random = new SplittableRandom(5);
        Detector detector = detectors(3, frame -> {
            double millis;
            synchronized (random) {
                millis = random.nextDouble(3);
            }
            passes(millis);
        });
        Feed feed = new Feed(pool, false);
        Thread camera = new Thread(() -> {
            try {
                for (int i = 0; i < 300; i++) {
                    feed.frame();
                }
                feed.end();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        camera.start();
        run(exam(feed, detector));
        camera.join();
        assertThat(delivered).hasSize(300).isSorted().doesNotHaveDuplicates();
    }

    /** Classification, if it is the slower, is not to share its cores. */
    @Test
    void recordedSource_whileClassificationIsAtWork_hasOneFrameInDetection() throws Exception {
        CountDownLatch firstTwo = new CountDownLatch(2);
        CountDownLatch fourth = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        List<Boolean> besideThird = new ArrayList<>();
        Detector detector = detectors(2, frame -> {
            if (frame.sequence() < 2) {
                firstTwo.countDown();
                assertThat(firstTwo.await(10, TimeUnit.SECONDS)).isTrue();
            } else if (frame.sequence() == 2) {
                besideThird.add(fourth.await(200, TimeUnit.MILLISECONDS));
                release.countDown();
            } else {
                fourth.countDown();
            }
        });
        Hook classifying = frame -> {
            if (frame.sequence() == 0) {
                assertThat(release.await(10, TimeUnit.SECONDS)).isTrue();
            }
        };
        run(new Exam(feed(4, false), detector, classifier(classifying), ExamOptions.defaults()));
        assertThat(besideThird).containsExactly(false);
        assertThat(delivered).containsExactly(0L, 1L, 2L, 3L);
    }

    /** Threads that found nothing to do are told of the end as well. */
    @Test
    void exams_oneAfterTheOther_leaveNoThread() throws Exception {
        Detector detector = detectors(3, frame -> {});
        for (int i = 0; i < 200; i++) {
            run(exam(feed(1, false), detector));
        }
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(t -> t.isAlive() && t.getName().equals("derm-detect"));
    }

    @Test
    void failure_ofALaterFrame_waitsForThoseBeforeIt() throws Exception {
        CountDownLatch failed = new CountDownLatch(1);
        Detector detector = detectors(2, frame -> {
            if (frame.sequence() == 5) {
                failed.countDown();
                throw new InferenceException(199, "Output is NaN", "Give another model.");
            }
            if (frame.sequence() == 4) {
                assertThat(failed.await(10, TimeUnit.SECONDS)).isTrue();
                passes(20);
            }
        });
        try (Feed feed = feed(12, false)) {
            assertThatThrownBy(() -> run(exam(feed, detector))).isInstanceOf(InferenceException.class);
        }
        assertThat(delivered).containsExactly(0L, 1L, 2L, 3L, 4L);
    }

    @Test
    void failure_ofAnEarlierFrame_dropsThoseAfterIt() throws Exception {
        CountDownLatch next = new CountDownLatch(1);
        Detector detector = detectors(2, frame -> {
            if (frame.sequence() == 4) {
                assertThat(next.await(10, TimeUnit.SECONDS)).isTrue();
                passes(20);
                throw new InferenceException(199, "Output is NaN", "Give another model.");
            }
            if (frame.sequence() == 5) {
                next.countDown();
            }
        });
        try (Feed feed = feed(12, false)) {
            Exam exam = exam(feed, detector);
            assertThatThrownBy(() -> run(exam)).isInstanceOf(InferenceException.class);
            assertThat(exam.status().dropped().get(DropCause.FAILURE)).isGreaterThanOrEqualTo(2);
        }
        assertThat(delivered).containsExactly(0L, 1L, 2L, 3L);
    }

    @Test
    void stop_withFramesInDetection_ends() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        List<Exam> stopping = new ArrayList<>();
        Detector detector = detectors(2, frame -> {
            both.countDown();
            assertThat(both.await(10, TimeUnit.SECONDS)).isTrue();
            stopping.get(0).stop();
        });
        try (Feed feed = feed(12, false)) {
            Exam exam = exam(feed, detector);
            stopping.add(exam);
            run(exam);
            assertThat(exam.status().state()).isEqualTo(ExamState.ENDED);
        }
        assertThat(delivered).isEmpty();
    }

    @Test
    void liveSource_hasOneFrameInDetection() throws Exception {
        AtomicInteger within = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Detector detector = detectors(2, frame -> {
            most.accumulateAndGet(within.incrementAndGet(), Math::max);
            passes(2);
            within.decrementAndGet();
        });
        run(exam(feed(10, true), detector));
        assertThat(delivered).isNotEmpty().contains(9L);
        assertThat(most).hasValue(1);
    }

    @Test
    void twoLiveSources_areDetectedAtOnce() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        Exams exams = new Exams(
                detectors(2, frame -> {
                    both.countDown();
                    assertThat(both.await(10, TimeUnit.SECONDS))
                            .as("a frame of each source at once")
                            .isTrue();
                }),
                classifier(f -> {}));
        Exam left = exams.exam(feed(1, true), ExamOptions.defaults());
        Exam right = exams.exam(feed(1, true), ExamOptions.defaults());
        Thread other = new Thread(() -> {
            try {
                run(right);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        other.start();
        run(left);
        other.join();
        assertThat(delivered).containsExactly(0L, 0L);
    }

    @Test
    void close_closesAll() {
        AtomicInteger closed = new AtomicInteger();
        Detector failing = new Other("a", () -> {
            closed.incrementAndGet();
            throw new IllegalStateException("first");
        });
        DetectorPool detectors = new DetectorPool(List.of(failing, failing));
        assertThatThrownBy(detectors::close)
                .isInstanceOf(IllegalStateException.class)
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
        assertThat(closed).hasValue(2);
    }

    @Test
    void open_oneFailsAndOthersFailToClose_closesAllAndKeepsTheReason() {
        AtomicInteger opened = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        assertThatThrownBy(() -> DetectorPool.open(3, () -> {
                    if (opened.incrementAndGet() == 3) {
                        throw new IllegalStateException("no memory");
                    }
                    return new Other("a", () -> {
                        throw new IllegalStateException("stuck " + closed.incrementAndGet());
                    });
                }))
                .hasMessage("no memory")
                .satisfies(e -> assertThat(e.getSuppressed())
                        .singleElement()
                        .satisfies(first -> assertThat(first.getSuppressed()).hasSize(1)));
        assertThat(closed).hasValue(2);
    }

    @Test
    void open_oneFails_closesTheOthers() {
        AtomicInteger opened = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        assertThatThrownBy(() -> DetectorPool.open(3, () -> {
                    if (opened.incrementAndGet() == 3) {
                        throw new IllegalStateException("no memory");
                    }
                    return new Other("a", closed::incrementAndGet);
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no memory");
        assertThat(closed).hasValue(2);
    }

    @Test
    void constructor_noneOrOtherModels_refuses() {
        assertThatThrownBy(() -> new DetectorPool(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new DetectorPool(List.of(new Other("a", () -> {}), detector(f -> {}))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected the same model in all");
    }

    private record Other(String content, Runnable closing) implements Detector {
        @Override
        public List<Detection> detect(Frame frame) {
            return List.of();
        }

        @Override
        public Model model() {
            return Model.of("other", content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }

        @Override
        public void close() {
            closing.run();
        }
    }
}

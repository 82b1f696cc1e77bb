package io.derm.pipeline;

import static io.derm.pipeline.StandIns.classifier;
import static io.derm.pipeline.StandIns.detector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.InferenceException;
import io.derm.api.PixelFormat;
import io.derm.api.SourceInfo;
import io.derm.pipeline.StandIns.Hook;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop itself: order, overlap, failures, stopping, leases. What the stages compute is beside the point here. */
@Timeout(30)
class ExamTest {
    private final FramePool pool = new FramePool(8, true);

    @AfterEach
    void everyLeaseIsClosed() {
        assertThat(pool.leaks()).isEmpty();
        assertThat(pool.leased()).isZero();
        pool.close();
    }

    @Test
    void run_fileOfManyFrames_deliversEachOnceInOrder() throws Exception {
        List<Long> order = new ArrayList<>();
        Exam exam = exam(new Counting(200, -1), frame -> {}, frame -> {});
        ExamSummary summary = exam.run(f -> order.add(f.frame().sequence()));
        assertThat(order).hasSize(200).isSorted().doesNotHaveDuplicates();
        assertThat(summary.frames()).isEqualTo(200);
        assertThat(summary.times().get(Stage.DETECT).count()).isEqualTo(200);
        assertThat(summary.lesions()).hasSize(1);
        assertThat(summary.lesions().get(0).sightings()).isEqualTo(200);
    }

    @Test
    void run_stages_overlap() throws Exception {
        CountDownLatch nextIsDetected = new CountDownLatch(1);
        Exam exam = exam(
                new Counting(2, -1),
                frame -> {
                    if (frame.sequence() == 1) {
                        nextIsDetected.countDown();
                    }
                },
                frame -> {
                    if (frame.sequence() == 0 && !nextIsDetected.await(10, TimeUnit.SECONDS)) {
                        throw new AssertionError("Detection of frame 1 waited for classification of frame 0");
                    }
                });
        assertThat(exam.run(f -> {}).frames()).isEqualTo(2);
    }

    @Test
    void run_sourceBreaksOff_deliversWhatCameBeforeThenThrows() {
        Exam exam = exam(new Counting(10, 7), frame -> {}, frame -> {});
        List<Long> delivered = new ArrayList<>();
        assertThatThrownBy(() -> exam.run(f -> delivered.add(f.frame().sequence())))
                .isInstanceOf(CaptureException.class)
                .hasMessageContaining("broke off");
        assertThat(delivered).hasSize(7);
        assertThat(exam.summary().frames()).isEqualTo(7);
    }

    @Test
    void run_detectorFails_deliversWhatCameBeforeThenThrows() {
        Exam exam = exam(
                new Counting(1000, -1),
                frame -> {
                    if (frame.sequence() == 5) {
                        throw new InferenceException(199, "Output is NaN", "Give another model.");
                    }
                },
                frame -> {});
        assertThatThrownBy(() -> exam.run(f -> {})).isInstanceOf(InferenceException.class);
        assertThat(exam.summary().frames()).isEqualTo(5);
    }

    @Test
    void run_classifierFails_throws() {
        Exam exam = exam(new Counting(1000, -1), frame -> {}, frame -> {
            throw new IllegalStateException("closed");
        });
        assertThatThrownBy(() -> exam.run(f -> {})).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void run_listenerFails_throwsThatAndStops() {
        Exam exam = exam(new Counting(Integer.MAX_VALUE, -1), frame -> {}, frame -> {});
        assertThatThrownBy(() -> exam.run(f -> {
                    throw new java.io.IOException("disk full");
                }))
                .isInstanceOf(java.io.IOException.class);
    }

    @Test
    void stop_endlessSource_endsAsIfItWereOver() throws Exception {
        Exam exam = exam(new Counting(Integer.MAX_VALUE, -1), frame -> {}, frame -> {});
        ExamSummary summary = exam.run(f -> {
            if (f.frame().sequence() == 20) {
                exam.stop();
            }
        });
        assertThat(summary.frames()).isBetween(21L, 30L);
    }

    @Test
    void run_interrupted_stopsAndThrows() throws Exception {
        Exam exam = exam(new Counting(Integer.MAX_VALUE, -1), frame -> {}, frame -> {});
        Thread runner = Thread.currentThread();
        assertThatThrownBy(() -> exam.run(f -> {
                    if (f.frame().sequence() == 3) {
                        runner.interrupt();
                    }
                }))
                .isInstanceOf(InterruptedException.class);
    }

    @Test
    void run_twice_isIllegalState() throws Exception {
        Exam exam = exam(new Counting(1, -1), frame -> {}, frame -> {});
        exam.run(f -> {});
        assertThatThrownBy(() -> exam.run(f -> {})).isInstanceOf(IllegalStateException.class);
    }

    private static Exam exam(FrameSource source, Hook onDetect, Hook onClassify) {
        return new Exam(source, detector(onDetect), classifier(onClassify), ExamOptions.defaults());
    }

    private final class Counting implements FrameSource {
        private final int frames;
        private final int breakAt;
        private int next;

        Counting(int frames, int breakAt) {
            this.frames = frames;
            this.breakAt = breakAt;
        }

        @Override
        public SourceInfo info() {
            return new SourceInfo("counting", 32, 32, 30, frames, false);
        }

        @Override
        public Optional<Frame> next() throws InterruptedException {
            if (next == breakAt) {
                throw new CaptureException(299, "The source broke off", "Mend it.");
            }
            return next == frames
                    ? Optional.empty()
                    : Optional.of(pool.lease(32, 32, PixelFormat.BGR24, next, next++ * 33_333L, System.nanoTime()));
        }

        @Override
        public void close() {}
    }
}

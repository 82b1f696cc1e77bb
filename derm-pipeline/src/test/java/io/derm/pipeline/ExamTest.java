package io.derm.pipeline;

import static io.derm.pipeline.StandIns.classifier;
import static io.derm.pipeline.StandIns.detector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.CaptureException;
import io.derm.api.Classifier;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.InferenceException;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.SourceInfo;
import io.derm.pipeline.StandIns.Hook;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @ParameterizedTest
    @CsvSource({"0, 0", "5, 0", "5, 2"})
    void run_classifierThatDoesNotAssessEachRegion_saysSoAndKeepsWhatIsKnown(int from, int assessments) {
        Classifier benign = classifier(frame -> {});
        Classifier miscounts = new Classifier() {
            @Override
            public List<Assessment> classify(Frame frame, List<Box> regions) {
                List<Assessment> one = benign.classify(frame, regions);
                return frame.sequence() < from ? one : Collections.nCopies(assessments, one.get(0));
            }

            @Override
            public Model model() {
                throw new UnsupportedOperationException();
            }

            @Override
            public void close() {}
        };
        Exam exam = new Exam(
                new Counting(10, -1),
                detector(frame -> {}),
                miscounts,
                ExamOptions.defaults().withClassifyEvery(1));
        assertThatThrownBy(() -> exam.run(f -> {}))
                .isInstanceOf(InferenceException.class)
                .hasMessageStartingWith("[DERM-160] " + miscounts.getClass().getName() + " gave " + assessments
                        + " assessments of 1 regions, expected one for each. Remedy: ");
        assertThat(exam.summary().frames()).isEqualTo(from);
        assertThat(exam.lesions()).hasSize(from > 0 ? 1 : 0).allSatisfy(l -> assertThat(l.sightings())
                .isEqualTo(from));
    }

    @Test
    void run_recordingThatTurnsOutToBeOneAsItsFirstFrameComes_examinesEveryFrame() throws Exception {
        Counting frames = new Counting(100, -1);
        Connecting source = new Connecting(frames, frames.info());
        Exam exam = exam(source, frame -> Thread.sleep(1), frame -> {});
        ExamSummary summary = exam.run(f -> {});
        assertThat(summary.frames()).isEqualTo(100);
        assertThat(summary.times().get(Stage.RESPONSE).count()).isZero();
    }

    @Test
    void run_cameraWhosePaceIsKnownAsItsFirstFrameComes_countsItsResponses() throws Exception {
        Connecting source = new Connecting(new Counting(3, -1), new SourceInfo("camera", 32, 32, 0.01, -1, true));
        Exam exam = exam(source, frame -> {}, frame -> {});
        ExamSummary summary = exam.run(f -> {});
        assertThat(summary.times().get(Stage.RESPONSE).count())
                .isEqualTo(summary.frames())
                .isPositive();
    }

    @Test
    void run_sourceThatDoesNotSayWhatItIs_throwsThat() {
        FrameSource frames = new Counting(3, -1);
        FrameSource mute = new FrameSource() {
            @Override
            public SourceInfo info() {
                throw new CaptureException(299, "The source is mute", "Have it speak.");
            }

            @Override
            public Optional<Frame> next() throws InterruptedException {
                return frames.next();
            }

            @Override
            public void close() {}
        };
        assertThatThrownBy(() -> exam(mute, frame -> {}, frame -> {}).run(f -> {}))
                .isInstanceOf(CaptureException.class);
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

    /** Connects by itself, and is taken for a camera until it has. */
    private static final class Connecting implements FrameSource {
        private final FrameSource source;
        private final SourceInfo connected;
        private volatile boolean open;

        Connecting(FrameSource source, SourceInfo connected) {
            this.source = source;
            this.connected = connected;
        }

        @Override
        public SourceInfo info() {
            return open ? connected : new SourceInfo(connected.name(), 0, 0, 0, -1, true);
        }

        @Override
        public Optional<Frame> next() throws InterruptedException {
            open = true;
            return source.next();
        }

        @Override
        public void close() {
            source.close();
        }
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

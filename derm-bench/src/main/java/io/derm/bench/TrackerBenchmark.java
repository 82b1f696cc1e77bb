package io.derm.bench;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.RuntimeUse;
import io.derm.api.SourceInfo;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamListener;
import io.derm.pipeline.ExamOptions;
import io.derm.pipeline.ExamSummary;
import io.derm.pipeline.FrameFindings;
import io.derm.pipeline.Sighting;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an exam costs a frame beside its models: handing it from thread to thread, tracking and summing up. The tracker is no public class;
 * it is reached as all of derm reaches it, by an exam whose detector and classifier have their answers ready. {@link #noLesions} is the same
 * exam with nothing to track. With many lesions tracking is by far the slowest stage, with few the handing on is.
 */
@State(Scope.Thread)
@BenchmarkMode({Mode.SampleTime, Mode.Throughput})
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init")
public class TrackerBenchmark {
    private static final int FRAMES = 1000;
    private static final int WIDTH = 3840;
    private static final int HEIGHT = 2160;
    /** Sides of the squares that lesions stand in, so that which is which is beyond doubt. */
    private static final int SQUARE = 200;

    @Param({"6", "32", "100"})
    int lesions;

    private Frame frame;
    private List<List<Detection>> shown;

    /** Lesions under a camera that pans to and fro, in another order in each frame; the class index tells which is which. */
    @Setup(Level.Trial)
    public void open() throws Exception {
        frame = Frame.wrap(
                ByteBuffer.allocateDirect(PixelFormat.BGR24.bytes(3 * WIDTH, HEIGHT)),
                WIDTH,
                HEIGHT,
                3 * WIDTH,
                PixelFormat.BGR24);
        int columns = WIDTH / SQUARE - 2;
        if (lesions > columns * (HEIGHT / SQUARE - 2)) {
            throw new IllegalArgumentException("Lesions are " + lesions + ", expected at most "
                    + columns * (HEIGHT / SQUARE - 2) + " to stand apart");
        }
        Random random = new Random(3);
        shown = new ArrayList<>();
        for (int f = 0; f < FRAMES; f++) {
            float panX = (float) (120 * Math.sin(f / 40.0));
            float panY = (float) (80 * Math.cos(f / 31.0));
            List<Detection> inFrame = new ArrayList<>();
            for (int i = 0; i < lesions; i++) {
                float x = (i % columns + 1.5f) * SQUARE + panX + random.nextFloat();
                int row = i / columns;
                float y = (row + 1.5f) * SQUARE + panY + random.nextFloat();
                inFrame.add(new Detection(Box.ofCenter(x, y, 60 + i % 7, 60 + i % 5), 0.9f, i, "lesion"));
            }
            Collections.shuffle(inFrame, random);
            shown.add(inFrame);
        }
        Map<Integer, Integer> lesionOf = new HashMap<>();
        ExamSummary summary = exam(shown, findings -> requireSameLesions(findings, lesionOf));
        if (summary.frames() != FRAMES || summary.lesions().size() != lesions || summary.unconfirmed() != 0) {
            throw new IllegalStateException("Tracked " + summary.lesions().size() + " lesions and "
                    + summary.unconfirmed() + " more, expected " + lesions);
        }
    }

    private static void requireSameLesions(FrameFindings findings, Map<Integer, Integer> lesionOf) {
        for (Sighting s : findings.sightings()) {
            Integer before = lesionOf.putIfAbsent(s.detection().classIndex(), s.lesion());
            if (before != null && before != s.lesion()) {
                throw new IllegalStateException("Lesion " + before + " became " + s.lesion());
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public ExamSummary exam() throws Exception {
        return exam(shown, findings -> {});
    }

    @Benchmark
    @OperationsPerInvocation(FRAMES)
    public ExamSummary noLesions() throws Exception {
        return exam(Collections.nCopies(FRAMES, List.of()), findings -> {});
    }

    private ExamSummary exam(List<List<Detection>> answers, ExamListener listener) throws Exception {
        return new Exam(
                        new Still(frame, FRAMES),
                        new Answers(answers),
                        new Answers(answers),
                        ExamOptions.defaults().withClassifyEvery(1))
                .run(listener);
    }

    @TearDown(Level.Trial)
    public void close() {
        frame.close();
    }

    /** One picture, again and again. */
    private static final class Still implements FrameSource {
        private final Frame frame;
        private int left;

        Still(Frame frame, int frames) {
            this.frame = frame;
            this.left = frames;
        }

        @Override
        public SourceInfo info() {
            return new SourceInfo("still", frame.width(), frame.height(), 0, left, false);
        }

        @Override
        public Optional<Frame> next() {
            return left-- > 0 ? Optional.of(frame.retain()) : Optional.empty();
        }

        @Override
        public void close() {}
    }

    /** A detector, or a classifier, that knows the answers. Used as either, not as both. */
    private static final class Answers implements Detector, Classifier {
        private final List<List<Detection>> detections;
        private final Assessment assessment = new Assessment(
                LesionClass.BENIGN,
                Map.of(LesionClass.BENIGN, 0.8f, LesionClass.UNKNOWN, 0.1f, LesionClass.MELANOMA, 0.1f),
                Map.of());
        private int next;

        Answers(List<List<Detection>> detections) {
            this.detections = detections;
        }

        @Override
        public List<Detection> detect(Frame frame) {
            return detections.get(next++);
        }

        @Override
        public List<Assessment> classify(Frame frame, List<Box> regions) {
            return Collections.nCopies(regions.size(), assessment);
        }

        @Override
        public Model model() {
            throw new UnsupportedOperationException("There is no model");
        }

        @Override
        public RuntimeUse runtime() {
            return RuntimeUse.UNKNOWN;
        }

        @Override
        public void close() {}
    }
}

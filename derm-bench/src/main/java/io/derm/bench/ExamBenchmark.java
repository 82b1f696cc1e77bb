package io.derm.bench;

import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.InferenceRuntime;
import io.derm.api.SessionOptions;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.ort.OrtRuntime;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamOptions;
import io.derm.pipeline.ExamSummary;
import io.derm.samples.DemoClip;
import io.derm.samples.DemoModel.Precision;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The whole exam of the bundled 720p clip of 330 frames, every lesion of every frame classified, without a recording; beside it each of its
 * two large stages alone, as often and on as many regions. The exam's findings are held to those of the models one after the other, frame by
 * frame.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(1)
@SuppressWarnings("NullAway.Init")
public class ExamBenchmark {
    @Param(OrtRuntime.NAME)
    String runtime;

    @Param(Subjects.DEMO)
    String detectorModel;

    @Param(Subjects.DEMO)
    String classifierModel;

    @Param("fp32")
    Precision precision;

    @Param("1")
    int threads;

    @Param("32")
    int maxBatch;

    /** The first frames of the clip. */
    @Param("330")
    int frames;

    private DemoClip clip;
    private Detector detector;
    private Classifier classifier;
    private Frame first;
    private List<Findings> expected;

    @Setup(Level.Trial)
    public void open() throws Exception {
        InferenceRuntime found = Subjects.runtime(runtime);
        SessionOptions options = SessionOptions.defaults().withThreads(threads).withMaxBatch(maxBatch);
        detector = YoloDetector.open(
                found, Subjects.detector(detectorModel, precision, found), options, YoloOptions.defaults());
        classifier = EffnetClassifier.open(
                found, Subjects.classifier(classifierModel, precision, found), options, EffnetOptions.defaults());
        clip = DemoClip.extract();
        expected = new ArrayList<>();
        try (FrameSource source = source()) {
            for (Optional<Frame> next = source.next(); next.isPresent(); next = source.next()) {
                try (Frame frame = next.get()) {
                    if (expected.isEmpty()) {
                        first = frame.retain();
                    }
                    expected.add(Findings.of(detector, classifier, frame));
                }
            }
        }
        if (expected.size() != frames) {
            throw new IllegalArgumentException("Frames are " + frames + ", the clip has " + expected.size());
        }
        examined();
    }

    private FrameSource source() {
        return new FirstFrames(Sources.open(clip.path().toString(), CaptureOptions.defaults()), frames);
    }

    /** An exam whose findings are held to what was found before. */
    private ExamSummary examined() throws Exception {
        int[] next = {0};
        try (FrameSource source = source()) {
            ExamSummary summary = new Exam(
                            source, detector, classifier, ExamOptions.defaults().withClassifyEvery(1))
                    .run(findings -> expected.get(next[0]++).require(findings));
            if (summary.frames() != frames) {
                throw new IllegalStateException("Examined " + summary.frames() + " frames of " + frames);
            }
            return summary;
        }
    }

    @Benchmark
    public ExamSummary exam() throws Exception {
        return examined();
    }

    /** Detection as often as the clip has frames, on the first of them. */
    @Benchmark
    public int detectAlone() {
        int found = 0;
        for (int i = 0; i < frames; i++) {
            try (Frame frame = again()) {
                found += detector.detect(frame).size();
            }
        }
        return found;
    }

    /** Classification of as many regions as were found in each frame, and where they were, on the first of them. */
    @Benchmark
    public int classifyAlone() {
        int classified = 0;
        for (int i = 0; i < frames; i++) {
            List<Box> boxes = expected.get(i).boxes();
            try (Frame frame = again()) {
                classified += classifier.classify(frame, boxes).size();
            }
        }
        return classified;
    }

    private Frame again() {
        return Frame.wrap(first.pixels(), first.width(), first.height(), first.stride(), first.format());
    }

    @TearDown(Level.Trial)
    public void close() {
        first.close();
        classifier.close();
        detector.close();
        clip.close();
    }
}

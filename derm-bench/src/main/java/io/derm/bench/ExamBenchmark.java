package io.derm.bench;

import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.FrameSource;
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
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
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

/** The whole exam of the bundled 720p clip of 330 frames, every lesion of every frame classified, without a recording. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(1)
@SuppressWarnings("NullAway.Init")
public class ExamBenchmark {
    @Param("fp32")
    Precision precision;

    @Param("1")
    int threads;

    @Param({"1", "32"})
    int maxBatch;

    private DemoClip clip;
    private Detector detector;
    private Classifier classifier;

    @Setup(Level.Trial)
    public void open() {
        SessionOptions options = SessionOptions.defaults().withThreads(threads).withMaxBatch(maxBatch);
        clip = DemoClip.extract();
        detector = YoloDetector.open(new OrtRuntime(), precision.detector(), options, YoloOptions.defaults());
        classifier = EffnetClassifier.open(new OrtRuntime(), precision.classifier(), options, EffnetOptions.defaults());
    }

    @Benchmark
    public ExamSummary exam() throws Exception {
        try (FrameSource source = Sources.open(clip.path().toString(), CaptureOptions.defaults())) {
            ExamSummary summary = new Exam(source, detector, classifier, ExamOptions.defaults()).run(findings -> {});
            if (summary.frames() != source.info().frames()) {
                throw new IllegalStateException("Examined " + summary.frames() + " frames of "
                        + source.info().frames());
            }
            return summary;
        }
    }

    @TearDown(Level.Trial)
    public void close() {
        classifier.close();
        detector.close();
        clip.close();
    }
}

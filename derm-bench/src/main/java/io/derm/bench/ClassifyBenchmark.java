package io.derm.bench;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.SessionOptions;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.ort.OrtRuntime;
import io.derm.samples.DemoClip;
import java.util.ArrayList;
import java.util.List;
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

/** {@code classify} of several regions of a 720p frame. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 4)
@Fork(1)
@SuppressWarnings("NullAway.Init")
public class ClassifyBenchmark {
    @Param("fp32")
    Precision precision;

    @Param({"1", "6"})
    int regions;

    @Param("0")
    int threads;

    @Param({"1", "32"})
    int maxBatch;

    private Frame frame;
    private List<Box> boxes;
    private EffnetClassifier classifier;

    @Setup(Level.Trial)
    public void open() throws Exception {
        try (DemoClip clip = DemoClip.extract();
                var source = Sources.open(clip.path().toString(), CaptureOptions.defaults())) {
            frame = source.next().orElseThrow();
        }
        boxes = new ArrayList<>();
        for (int i = 0; i < regions; i++) {
            boxes.add(Box.ofSize(40 + 180 * i, 100 + 60 * i, 60 + 12 * i, 50 + 15 * i));
        }
        classifier = EffnetClassifier.open(
                new OrtRuntime(),
                precision.classifier(),
                SessionOptions.defaults().withThreads(threads).withMaxBatch(maxBatch),
                EffnetOptions.defaults());
        if (classifier.classify(frame, boxes).size() != regions) {
            throw new IllegalStateException("Expected an assessment a region");
        }
    }

    @Benchmark
    public List<Assessment> classify() {
        return classifier.classify(frame, boxes);
    }

    @TearDown(Level.Trial)
    public void close() {
        classifier.close();
        frame.close();
    }
}

package io.derm.bench;

import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.ort.OrtRuntime;
import io.derm.samples.DemoModel.Precision;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
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

/**
 * {@code detect} on a 720p frame beside a bare run of the same model: kept input tensor, pinned outputs, no pixels, no decoding. Both
 * belong to one invocation of the whole benchmark; the budget is on their ratio.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 4)
@Fork(2)
@SuppressWarnings("NullAway.Init")
public class DetectBenchmark {
    @Param(OrtRuntime.NAME)
    String runtime;

    @Param(Subjects.DEMO)
    String model;

    @Param("fp32")
    Precision precision;

    @Param("0")
    int threads;

    private Pictures pictures;
    private Frame frame;
    private YoloDetector detector;
    private BareRun bare;

    @Setup(Level.Trial)
    public void open() throws Exception {
        InferenceRuntime found = Subjects.runtime(runtime);
        Model network = Subjects.detector(model, precision, found);
        pictures = Pictures.decode(Pictures.PHANTOM, 1);
        frame = pictures.frames().get(0);
        Session session = found.open(
                network, SessionOptions.defaults().withThreads(threads).withMaxBatch(1));
        detector = new YoloDetector(session, network, YoloOptions.defaults());
        List<Detection> whole = detector.detect(frame);
        if (model.equals(Subjects.DEMO) && whole.isEmpty()) {
            throw new IllegalStateException("The clip's first frame shows lesions, none was found");
        }
        // The first frame is read whole, later ones may be filtered: both must give the same.
        Agreement.require(whole, detector.detect(frame), 0.01, 1e-4);
        bare = BareRun.of(found, session, network, 1, threads);
    }

    /** A frame that was wrapped anew, as a source's are, so that a runtime on a device uploads it. */
    @Benchmark
    public List<Detection> detect() {
        try (Frame next = Frame.wrap(frame.pixels(), frame.width(), frame.height(), frame.stride(), frame.format())) {
            return detector.detect(next);
        }
    }

    @Benchmark
    public void bareRun() {
        bare.run();
    }

    @TearDown(Level.Trial)
    public void close() {
        bare.close();
        detector.close();
        pictures.close();
    }
}

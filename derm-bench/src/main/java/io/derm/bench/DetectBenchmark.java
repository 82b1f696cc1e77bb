package io.derm.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.SessionOptions;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.ort.OrtRuntime;
import io.derm.samples.DemoClip;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
 * {@code detect} on a 720p frame beside a bare ONNX Runtime run of the same model: kept input tensor, pinned outputs, no pixels, no
 * decoding. Both belong to one invocation of the whole benchmark; the budget is on their ratio.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 4)
@Fork(2)
@SuppressWarnings("NullAway.Init")
public class DetectBenchmark {
    @Param("fp32")
    Precision precision;

    @Param("0")
    int threads;

    private Frame frame;
    private YoloDetector detector;
    private OrtSession bare;
    private Map<String, OnnxTensor> inputs;
    private Map<String, OnnxTensor> outputs;

    @Setup(Level.Trial)
    public void open() throws Exception {
        try (DemoClip clip = DemoClip.extract();
                var source = Sources.open(clip.path().toString(), CaptureOptions.defaults())) {
            frame = source.next().orElseThrow();
        }
        SessionOptions options = SessionOptions.defaults().withThreads(threads);
        detector = YoloDetector.open(new OrtRuntime(), precision.detector(), options, YoloOptions.defaults());
        List<Detection> found = detector.detect(frame);
        if (found.isEmpty()) {
            throw new IllegalStateException("The clip's first frame shows lesions, none was found");
        }
        openBare();
    }

    private void openBare() throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            if (threads > 0) {
                options.setIntraOpNumThreads(threads);
            }
            bare = environment.createSession(precision.detector().bytes(), options);
        }
        inputs = new HashMap<>();
        outputs = new HashMap<>();
        long[] shape = {1, 3, 416, 416};
        FloatBuffer pixels = floats(3 * 416 * 416);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (i % 255) / 255f);
        }
        inputs.put(bare.getInputNames().iterator().next(), OnnxTensor.createTensor(environment, pixels, shape));
        try (OrtSession.Result first = bare.run(inputs)) {
            for (var output : first) {
                long[] side = ((OnnxTensor) output.getValue()).getInfo().getShape();
                int n = 1;
                for (long s : side) {
                    n = Math.toIntExact(n * s);
                }
                outputs.put(output.getKey(), OnnxTensor.createTensor(environment, floats(n), side));
            }
        }
    }

    private static FloatBuffer floats(int n) {
        return ByteBuffer.allocateDirect(4 * n).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    @Benchmark
    public List<Detection> detect() {
        return detector.detect(frame);
    }

    @Benchmark
    public int bareRun() throws OrtException {
        try (OrtSession.Result result = bare.run(inputs, outputs)) {
            return result.size();
        }
    }

    @TearDown(Level.Trial)
    public void close() throws OrtException {
        detector.close();
        frame.close();
        inputs.values().forEach(OnnxTensor::close);
        outputs.values().forEach(OnnxTensor::close);
        bare.close();
    }
}

package io.derm.bench;

import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.Tensor;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloLayout;
import io.derm.yolo.YoloOptions;
import java.nio.ByteBuffer;
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
 * Decoding and suppression of a YOLOv4's outputs in every layout, beside copying all their numbers once: as much as reading them can cost
 * least. Nothing is run; the outputs are prepared.
 */
@State(Scope.Thread)
@BenchmarkMode({Mode.SampleTime, Mode.Throughput})
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init")
public class DecodeBenchmark {
    @Param
    YoloLayout layout;

    @Param({"1", "80"})
    int classes;

    @Param({"30", "900"})
    int candidates;

    private Frame frame;
    private PreparedOutputs prepared;
    private YoloDetector detector;
    private byte[] copy;

    @Setup(Level.Trial)
    public void open() {
        int side = PreparedOutputs.SIDE;
        frame = Frame.wrap(ByteBuffer.allocateDirect(3 * side * side), side, side, 3 * side, PixelFormat.BGR24);
        prepared = PreparedOutputs.of(layout, classes, candidates);
        detector = new YoloDetector(
                new PreparedSession(prepared.signature(), prepared.outputs()),
                Model.of("prepared.onnx", new byte[] {1}),
                YoloOptions.defaults());
        copy = new byte
                [prepared.outputs().list().stream()
                        .mapToInt(t -> t.bytes().limit())
                        .max()
                        .orElseThrow()];
        // Pixels and scores go through float32 in other units.
        Agreement.require(prepared.objects(), detector.detect(frame), 0.01, 1e-5);
    }

    @Benchmark
    public List<Detection> decode() {
        return detector.detect(frame);
    }

    @Benchmark
    public byte[] copyOnce() {
        List<Tensor> tensors = prepared.outputs().list();
        for (int i = 0; i < tensors.size(); i++) {
            ByteBuffer bytes = tensors.get(i).bytes();
            bytes.get(0, copy, 0, bytes.limit());
        }
        return copy;
    }

    @TearDown(Level.Trial)
    public void close() {
        detector.close();
        frame.close();
    }
}

package io.derm.bench;

import io.derm.api.Box;
import io.derm.api.ImageInput;
import io.derm.api.PixelFormat;
import io.derm.api.Tensors;
import io.derm.ort.OrtRuntime;
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

/** A whole frame brought into a detector's tensor, beside a run of the same session's model without the pixels. */
@State(Scope.Thread)
@BenchmarkMode({Mode.SampleTime, Mode.Throughput})
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init")
public class LetterboxBenchmark {
    @Param(OrtRuntime.NAME)
    String runtime;

    @Param({"1280x720", "1920x1080", "3840x2160"})
    String size;

    @Param({"BGR24", "NV12"})
    PixelFormat format;

    @Param("416")
    int side;

    private ImageRig rig;

    @Setup(Level.Trial)
    public void open() {
        int[] sides = ImageRig.size(size);
        rig = new ImageRig(
                Subjects.runtime(runtime),
                ImageInput.yolo(side, side),
                size,
                format,
                List.of(new Box(0, 0, sides[0], sides[1])));
    }

    @Benchmark
    public Tensors letterbox() {
        return rig.run();
    }

    @Benchmark
    public void bareRun() {
        rig.bareRun();
    }

    @TearDown(Level.Trial)
    public void close() {
        rig.close();
    }
}

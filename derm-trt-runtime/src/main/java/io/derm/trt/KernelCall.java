package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cuLaunchKernel;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * A kernel with its arguments, to be launched as often as wanted without allocating. Each argument lies in a cell of host memory of its
 * own, which CUDA reads at the launch. Confined.
 */
final class KernelCall implements AutoCloseable {
    private static final @Nullable PointerPointer<Pointer> NO_EXTRA = null;

    private final String name;
    private final CUfunc_st function;
    private final Launch launch;
    private final List<Pointer> cells;
    private final PointerPointer<Pointer> arguments;

    KernelCall(String name, CUfunc_st function, Launch launch, Pointer... cells) {
        this.name = name;
        this.function = function;
        this.launch = launch;
        this.cells = new ArrayList<>(List.of(cells));
        this.arguments = new PointerPointer<>(cells);
        // A PointerScope that the caller happens to have open would free them at its end; close() gives this up.
        this.cells.forEach(Pointer::retainReference);
        this.arguments.retainReference();
    }

    void launch(CUstream_st stream) {
        Cuda.check(
                cuLaunchKernel(
                        function,
                        launch.gridX(),
                        launch.gridY(),
                        launch.gridZ(),
                        launch.blockX(),
                        launch.blockY(),
                        1,
                        0,
                        stream,
                        arguments,
                        NO_EXTRA),
                "launch " + name);
    }

    @Override
    public void close() {
        arguments.close();
        cells.forEach(Pointer::close);
        cells.clear();
    }
}

package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyDeviceToHost;

import io.derm.api.ElementType;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.jspecify.annotations.Nullable;

/**
 * An output of an engine: where it lies on the GPU, and the pinned memory that it is brought back to and read from. Float16 is widened to
 * float32 on the GPU. Confined to its session.
 */
final class Output implements AutoCloseable {
    private final String name;
    private final ElementType type;
    private final DeviceMemory device;
    private final @Nullable DeviceMemory widened;
    private final PinnedMemory host;
    private final Map<Integer, KernelCall> widen = new HashMap<>();
    /** Whether the host's memory holds more than what a filter has put there. */
    private boolean whole = true;

    /**
     * Allocates for the largest batch.
     *
     * @param elements of the largest batch
     */
    Output(String name, ElementType type, long elements) {
        this.name = name;
        this.type = type;
        Closer closer = new Closer();
        try {
            this.device = closer.own(DeviceMemory.allocate(elements * type.bytes()));
            this.widened =
                    type == ElementType.FLOAT16 ? closer.own(DeviceMemory.allocate(elements * Float.BYTES)) : null;
            this.host = closer.own(PinnedMemory.allocate(elements * hostType().bytes()));
        } catch (RuntimeException e) {
            closer.closeAfter(e);
            throw e;
        }
    }

    String name() {
        return name;
    }

    /** Type on the GPU. */
    ElementType type() {
        return type;
    }

    /** Type as callers get it. */
    ElementType hostType() {
        return type == ElementType.FLOAT16 ? ElementType.FLOAT32 : type;
    }

    DeviceMemory device() {
        return device;
    }

    PinnedMemory host() {
        return host;
    }

    /** Brings its first elements back; all that it allocates it allocates the first time that a number of them is asked for. */
    void copy(int elements, Kernels kernels, CUstream_st stream) {
        DeviceMemory from = device;
        if (widened != null) {
            from = widened;
            widen.computeIfAbsent(elements, n -> kernels.widen(device.address(), widened.address(), n))
                    .launch(stream);
        }
        Cuda.check(
                cudaMemcpyAsync(
                        host.pointer(),
                        from.pointer(),
                        (long) elements * hostType().bytes(),
                        cudaMemcpyDeviceToHost,
                        stream),
                "copy output " + name + " from the GPU");
    }

    /** A view of the host's memory. */
    Tensor view(List<Integer> shape) {
        return new Tensor(new TensorInfo(name, hostType(), shape), host.bytes());
    }

    /** Whether the host's memory holds whole rows that no filter knows of. */
    boolean isWhole() {
        return whole;
    }

    void whole(boolean is) {
        whole = is;
    }

    @Override
    public void close() {
        Closer closer = new Closer();
        closer.own(device);
        if (widened != null) {
            closer.own(widened);
        }
        closer.own(host);
        widen.values().forEach(closer::own);
        widen.clear();
        closer.close();
    }
}

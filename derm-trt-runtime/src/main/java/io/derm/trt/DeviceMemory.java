package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaFree;
import static org.bytedeco.cuda.global.cudart.cudaMalloc;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/** Memory on the GPU that is freed when closed. Confined. */
final class DeviceMemory implements AutoCloseable {
    private final Pointer pointer;
    private final long bytes;
    private boolean closed;

    private DeviceMemory(Pointer pointer, long bytes) {
        this.pointer = pointer;
        this.bytes = bytes;
    }

    /** Allocates; at least one byte, as CUDA gives no address for none. */
    static DeviceMemory allocate(long bytes) {
        long size = Math.max(1, bytes);
        try (PointerPointer<Pointer> at = new PointerPointer<>(1)) {
            Cuda.check(cudaMalloc(at, size), "allocate " + size + " bytes");
            return new DeviceMemory(at.get(), size);
        }
    }

    Pointer pointer() {
        return pointer;
    }

    /** The address as a number, for the jobs of kernels. */
    long address() {
        return pointer.address();
    }

    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Cuda.check(cudaFree(pointer), "free memory");
        }
    }
}

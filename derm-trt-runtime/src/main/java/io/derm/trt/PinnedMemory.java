package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaFreeHost;
import static org.bytedeco.cuda.global.cudart.cudaHostAlloc;
import static org.bytedeco.cuda.global.cudart.cudaHostAllocPortable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/** Page-locked host memory, which the GPU reads and writes by itself while the CPU goes on. Freed when closed. Confined. */
final class PinnedMemory implements AutoCloseable {
    private final Pointer pointer;
    private final ByteBuffer bytes;
    private boolean closed;

    private PinnedMemory(Pointer pointer, long size) {
        this.pointer = pointer;
        this.bytes = new BytePointer(pointer).capacity(size).asByteBuffer().order(ByteOrder.nativeOrder());
    }

    static PinnedMemory allocate(long bytes) {
        long size = Math.max(1, Math.toIntExact(bytes));
        try (PointerPointer<Pointer> at = new PointerPointer<>(1)) {
            Cuda.check(cudaHostAlloc(at, size, cudaHostAllocPortable), "allocate " + size + " bytes of pinned memory");
            return new PinnedMemory(at.get(), size);
        }
    }

    Pointer pointer() {
        return pointer;
    }

    /** All of it, in native order; its memory is gone once this is closed. */
    ByteBuffer bytes() {
        return bytes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Cuda.check(cudaFreeHost(pointer), "free pinned memory");
        }
    }
}

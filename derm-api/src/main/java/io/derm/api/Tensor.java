package io.derm.api;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.List;

/**
 * Numbers of a model's input or output: a view of a direct buffer in native byte order, dense, slowest dimension first.
 * Read it by absolute index. The memory belongs to whoever made the tensor; a tensor out of {@link Session#run} is valid
 * until that session's next run.
 */
public final class Tensor {
    private final TensorInfo info;
    private final ByteBuffer bytes;
    private final FloatBuffer floats;

    /**
     * Wraps a buffer.
     *
     * @param info name, type and shape with no free side
     * @param bytes a direct buffer; its bytes from index 0 are the elements
     * @throws IllegalArgumentException if a side is free, the buffer is too small or is not direct
     */
    public Tensor(TensorInfo info, ByteBuffer bytes) {
        long elements = 1;
        for (int side : info.shape()) {
            if (side < 0) {
                throw new IllegalArgumentException("Tensor " + info + " has a free side, expected sizes");
            }
            elements = Math.multiplyExact(elements, side);
        }
        long expected = elements * info.type().bytes();
        if (!bytes.isDirect() || bytes.capacity() < expected) {
            throw new IllegalArgumentException("Tensor " + info + " has a " + (bytes.isDirect() ? "direct" : "heap")
                    + " buffer of " + bytes.capacity() + " bytes, expected a direct one of " + expected);
        }
        this.info = info;
        ByteBuffer view = bytes.duplicate().order(ByteOrder.nativeOrder());
        view.position(0).limit((int) expected);
        this.bytes = view;
        this.floats = view.asFloatBuffer();
    }

    /** Allocates a zeroed tensor. */
    public static Tensor allocate(String name, ElementType type, int... shape) {
        long bytes = type.bytes();
        for (int side : shape) {
            bytes = Math.multiplyExact(bytes, side);
        }
        TensorInfo info = new TensorInfo(
                name, type, java.util.Arrays.stream(shape).boxed().toList());
        return new Tensor(info, ByteBuffer.allocateDirect(Math.toIntExact(bytes)));
    }

    public TensorInfo info() {
        return info;
    }

    public String name() {
        return info.name();
    }

    public List<Integer> shape() {
        return info.shape();
    }

    /** Side {@code i}, counted from the end when negative. */
    public int dim(int i) {
        return info.dim(i);
    }

    /** Number of elements. */
    public int elements() {
        return bytes.limit() / info.type().bytes();
    }

    /** The raw bytes, from position 0. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /**
     * The elements as floats, from index 0; the same buffer at each call.
     *
     * @throws IllegalStateException if the elements are not float32
     */
    public FloatBuffer floats() {
        require(ElementType.FLOAT32);
        return floats;
    }

    /**
     * The elements as 32-bit integers.
     *
     * @throws IllegalStateException if they are not int32
     */
    public IntBuffer ints() {
        require(ElementType.INT32);
        return bytes.asIntBuffer();
    }

    /**
     * The elements as 64-bit integers.
     *
     * @throws IllegalStateException if they are not int64
     */
    public LongBuffer longs() {
        require(ElementType.INT64);
        return bytes.asLongBuffer();
    }

    private void require(ElementType type) {
        if (info.type() != type) {
            throw new IllegalStateException("Tensor " + info + " is not " + type);
        }
    }

    @Override
    public String toString() {
        return info.toString();
    }
}

package io.derm.samples;

import io.derm.api.Tensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * What one image gave in one output: a view that is valid as long as the tensor is.
 *
 * @param shape of the part that means something
 * @param elements number of them
 * @param values by index
 */
record RawOutput(String name, List<Integer> shape, int elements, IntToDoubleFunction values) {
    RawOutput {
        shape = List.copyOf(shape);
    }

    /**
     * The output of a run of one region.
     *
     * @param batch the batch size that the model insists on: what comes after the first of so many is padding
     */
    static RawOutput of(Tensor tensor, int batch) {
        boolean padded = batch > 1 && !tensor.shape().isEmpty() && tensor.dim(0) == batch;
        List<Integer> shape = new ArrayList<>(tensor.shape());
        if (padded) {
            shape.set(0, 1);
        }
        int elements = padded ? tensor.elements() / batch : tensor.elements();
        return new RawOutput(tensor.name(), shape, elements, reader(tensor));
    }

    private static IntToDoubleFunction reader(Tensor tensor) {
        return switch (tensor.info().type()) {
            case FLOAT32 -> {
                FloatBuffer floats = tensor.floats();
                yield floats::get;
            }
            case INT32 -> {
                IntBuffer ints = tensor.ints();
                yield ints::get;
            }
            case INT64 -> {
                LongBuffer longs = tensor.longs();
                yield longs::get;
            }
            case INT8 -> {
                ByteBuffer bytes = tensor.bytes();
                yield bytes::get;
            }
            case UINT8, BOOL -> {
                ByteBuffer bytes = tensor.bytes();
                yield i -> bytes.get(i) & 0xff;
            }
            // Session gives float16 outputs as float32.
            case FLOAT16 -> throw new IllegalStateException("Output " + tensor + " was left in float16");
        };
    }

    double get(int i) {
        return values.applyAsDouble(i);
    }

    @Override
    public String toString() {
        return name + " " + shape;
    }
}

package io.derm.ort;

import io.derm.api.ElementType;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.Layout;
import io.derm.api.ImageMapping;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;

/** Stores rows of levels in a tensor by the layout, type, mean and std of an {@link ImageInput}. Confined. */
final class TensorWriter {
    private final ImageInput input;
    private final ByteBuffer bytes;
    private final FloatBuffer floats;
    private final ShortBuffer halves;
    private final int plane;
    /** Content of each slot, four numbers: left, top, width, height. What lies outside is padding that is already there. */
    private final int[] contents;

    private final float[] padding;
    private final float[] packed;
    private final short[] packedHalves;
    private final byte[] packedBytes;

    TensorWriter(ImageInput input, ByteBuffer tensor) {
        this.input = input;
        this.bytes = tensor;
        this.floats = tensor.asFloatBuffer();
        this.halves = tensor.asShortBuffer();
        this.plane = input.width() * input.height();
        this.contents =
                new int[4 * (tensor.capacity() / (3 * plane * input.type().bytes()))];
        int widest = 3 * input.width();
        this.padding = new float[widest];
        this.packed = new float[input.layout() == Layout.NHWC ? widest : 0];
        this.packedHalves = new short[input.type() == ElementType.FLOAT16 ? widest : 0];
        this.packedBytes = new byte[input.type() == ElementType.UINT8 ? widest : 0];
    }

    /** Makes sure that what lies outside the mapping's content is padding. */
    void pad(int slot, ImageMapping mapping) {
        int k = 4 * slot;
        boolean same = contents[k] == mapping.contentLeft()
                && contents[k + 1] == mapping.contentTop()
                && contents[k + 2] == mapping.contentWidth()
                && contents[k + 3] == mapping.contentHeight();
        if (same) {
            return;
        }
        contents[k] = mapping.contentLeft();
        contents[k + 1] = mapping.contentTop();
        contents[k + 2] = mapping.contentWidth();
        contents[k + 3] = mapping.contentHeight();
        if (mapping.contentWidth() == input.width() && mapping.contentHeight() == input.height()) {
            return;
        }
        for (int j = 0; j < input.height(); j++) {
            Arrays.fill(padding, input.pad());
            write(slot, 0, j, input.width(), padding);
        }
    }

    /**
     * Writes one row.
     *
     * @param left first column in the tensor
     * @param y row in the tensor
     * @param n columns
     * @param levels three planes of {@code n} in the tensor's channel order; overwritten
     */
    void write(int slot, int left, int y, int n, float[] levels) {
        for (int c = 0; c < 3; c++) {
            normalise(levels, c * n, n, input.mean().get(c), input.std().get(c));
        }
        int at = y * input.width() + left;
        if (input.layout() == Layout.NHWC) {
            for (int i = 0; i < n; i++) {
                packed[3 * i] = levels[i];
                packed[3 * i + 1] = levels[n + i];
                packed[3 * i + 2] = levels[2 * n + i];
            }
            store(3 * (slot * plane + at), packed, 0, 3 * n);
        } else {
            for (int c = 0; c < 3; c++) {
                store((3 * slot + c) * plane + at, levels, c * n, n);
            }
        }
    }

    private static void normalise(float[] values, int from, int n, float mean, float std) {
        for (int i = from; i < from + n; i++) {
            values[i] = (values[i] - mean) / std;
        }
    }

    private void store(int index, float[] values, int from, int n) {
        switch (input.type()) {
            case FLOAT32 -> floats.put(index, values, from, n);
            case FLOAT16 -> {
                for (int i = 0; i < n; i++) {
                    packedHalves[i] = HalfFloat.toHalf(values[from + i]);
                }
                halves.put(index, packedHalves, 0, n);
            }
            case UINT8 -> {
                for (int i = 0; i < n; i++) {
                    packedBytes[i] = (byte) Math.max(0, Math.min((int) Math.floor(values[from + i] + 0.5f), 255));
                }
                bytes.put(index, packedBytes, 0, n);
            }
            default -> throw new AssertionError(input.type());
        }
    }
}

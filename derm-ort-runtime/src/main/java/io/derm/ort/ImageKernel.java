package io.derm.ort;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageMapping;
import java.nio.ByteBuffer;

/**
 * Brings regions of frames into an input tensor: sampling, channel order, mean and std, layout and type in one pass over the
 * frame, with no picture in between.
 *
 * <p><b>Samples.</b> Tensor pixel (i, j) of the content averages {@code tapsX x tapsY} bilinear taps, spread evenly over the
 * pixel's footprint: tap (s, t) is taken where {@link ImageMapping#frameX} puts {@code i + (s + 0.5) / tapsX} and
 * {@link ImageMapping#frameY} puts {@code j + (t + 0.5) / tapsY}. A tap at (u, v) weighs the four pixels whose centres
 * surround it: column {@code x0 = floor(u - 0.5)} by {@code 1 - f} and {@code x0 + 1} by {@code f = u - 0.5 - x0}, rows
 * alike; a pixel outside the frame is the nearest one inside. With one tap this is PyTorch's bilinear with
 * {@code align_corners=False}.
 *
 * <p><b>NV12.</b> A pixel has its own luma and the chroma of its 2x2 block; it becomes BGR by BT.709 limited range, rounded and
 * clamped to 0..255, and is then sampled as above: an NV12 frame gives what its BGR24 conversion gives.
 *
 * <p><b>Numbers.</b> A sample {@code p} is stored as {@code (p - mean) / std}: float32 as it is, float16 to the nearest, ties
 * to even, uint8 rounded half up and clamped.
 *
 * <p>Each source row in use is interpolated along x once and kept while the rows of the tensor need it. Allocates only when a
 * content is wider than any before. Confined.
 */
final class ImageKernel {
    private final ImageInput input;
    private final TensorWriter writer;
    private final SourceRows rows;
    private float[] row = new float[0];

    /**
     * Makes a kernel that writes into one tensor memory.
     *
     * @param tensor direct buffer in native order, from index 0: a dense batch of {@code input}'s layout and type
     */
    ImageKernel(ImageInput input, ByteBuffer tensor) {
        this.input = input;
        this.writer = new TensorWriter(input, tensor);
        this.rows = new SourceRows(input.channels());
    }

    ImageInput input() {
        return input;
    }

    /**
     * Writes one batch element.
     *
     * @param slot its index in the batch
     * @throws IllegalArgumentException if the region does not meet the frame
     */
    void write(Frame frame, Box region, int slot) {
        ImageMapping mapping = ImageMapping.of(input, region, frame.width(), frame.height());
        writer.pad(slot, mapping);
        rows.begin(frame, mapping);
        int width = mapping.contentWidth();
        if (row.length < 3 * width) {
            row = new float[3 * width];
        }
        int taps = mapping.tapsY();
        for (int j = 0; j < mapping.contentHeight(); j++) {
            for (int t = 0; t < taps; t++) {
                double v = mapping.frameY(mapping.contentTop() + j + (t + 0.5) / taps) - 0.5;
                rows.sample(v, row, t > 0);
            }
            if (taps > 1) {
                scale(row, 3 * width, 1f / taps);
            }
            writer.write(slot, mapping.contentLeft(), mapping.contentTop() + j, width, row);
        }
    }

    private static void scale(float[] values, int count, float factor) {
        for (int i = 0; i < count; i++) {
            values[i] *= factor;
        }
    }
}

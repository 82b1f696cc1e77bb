package io.derm.bench.peers;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Brings regions of frames into a float tensor as a careful user of plain Java would: bilinear with pixel centres at a half, position and weight of
 * every column computed once a region, source rows copied out of the frame in one piece and interpolated along x once, planes written in
 * runs of a row. Confined.
 */
final class Sampler {
    private final FloatBuffer tensor;
    private final int side;
    private final float[] scale;
    private final float[] shift;
    private final float[] pad;
    private final int[] left;
    private final int[] right;
    private final float[] weight;
    private float[] upper;
    private float[] lower;
    private final float[] row;
    private byte[] bytes = new byte[0];

    /**
     * A sampler into a tensor of RGB planes whose samples are {@code (level - mean) / std}.
     *
     * @param tensor direct, of as many pictures as are written
     * @param pad level around a picture that does not fill its square
     */
    Sampler(FloatBuffer tensor, int side, float[] mean, float[] std, int pad) {
        this.tensor = tensor;
        this.side = side;
        this.scale = new float[3];
        this.shift = new float[3];
        this.pad = new float[3];
        for (int c = 0; c < 3; c++) {
            scale[c] = 1 / std[c];
            shift[c] = -mean[c] / std[c];
            this.pad[c] = pad * scale[c] + shift[c];
        }
        left = new int[side];
        right = new int[side];
        weight = new float[side];
        upper = new float[3 * side];
        lower = new float[3 * side];
        row = new float[side];
    }

    void write(Picture picture, Region region, int slot) {
        int width = region.toWidth();
        int stride = 3 * picture.width();
        for (int i = 0; i < width; i++) {
            double x = region.left() + (i + 0.5) * region.scaleX() - 0.5;
            int x0 = (int) Math.floor(x);
            weight[i] = (float) (x - x0);
            left[i] = 3 * Math.max(0, Math.min(picture.width() - 1, x0));
            right[i] = 3 * Math.max(0, Math.min(picture.width() - 1, x0 + 1));
        }
        if (bytes.length < stride) {
            bytes = new byte[stride];
        }
        int plane = side * side;
        int start = slot * 3 * plane;
        if (region.toHeight() < side || width < side) {
            surround(start, plane, region);
        }
        int upperY = -1;
        int lowerY = -1;
        for (int j = 0; j < region.toHeight(); j++) {
            double y = region.top() + (j + 0.5) * region.scaleY() - 0.5;
            int floor = (int) Math.floor(y);
            float f = (float) (y - floor);
            int y0 = Math.max(0, Math.min(picture.height() - 1, floor));
            int y1 = Math.max(0, Math.min(picture.height() - 1, floor + 1));
            if (y0 == lowerY) {
                float[] swap = upper;
                upper = lower;
                lower = swap;
                int swapY = upperY;
                upperY = lowerY;
                lowerY = swapY;
            }
            if (y0 != upperY) {
                interpolate(picture.pixels(), y0 * stride, stride, width, upper);
                upperY = y0;
            }
            if (y1 != lowerY) {
                interpolate(picture.pixels(), y1 * stride, stride, width, lower);
                lowerY = y1;
            }
            for (int c = 0; c < 3; c++) {
                float a = scale[c];
                float b = shift[c];
                int from = c * width;
                for (int i = 0; i < width; i++) {
                    float u = upper[from + i];
                    row[i] = (u + f * (lower[from + i] - u)) * a + b;
                }
                tensor.put(start + c * plane + (region.toTop() + j) * side + region.toLeft(), row, 0, width);
            }
        }
    }

    /** One source row along x: a plane of red, one of green, one of blue. */
    private void interpolate(ByteBuffer pixels, int at, int stride, int width, float[] into) {
        pixels.get(at, bytes, 0, stride);
        for (int i = 0; i < width; i++) {
            int l = left[i];
            int r = right[i];
            float w = weight[i];
            int blue = bytes[l] & 0xff;
            int green = bytes[l + 1] & 0xff;
            int red = bytes[l + 2] & 0xff;
            into[i] = red + w * ((bytes[r + 2] & 0xff) - red);
            into[width + i] = green + w * ((bytes[r + 1] & 0xff) - green);
            into[2 * width + i] = blue + w * ((bytes[r] & 0xff) - blue);
        }
    }

    /** Fills what a picture leaves free, above and below it or on its sides. */
    private void surround(int start, int plane, Region region) {
        for (int c = 0; c < 3; c++) {
            Arrays.fill(row, pad[c]);
            for (int j = 0; j < side; j++) {
                int at = start + c * plane + j * side;
                if (j < region.toTop() || j >= region.toTop() + region.toHeight()) {
                    tensor.put(at, row, 0, side);
                } else {
                    int end = region.toLeft() + region.toWidth();
                    tensor.put(at, row, 0, region.toLeft());
                    tensor.put(at + end, row, 0, side - end);
                }
            }
        }
    }
}

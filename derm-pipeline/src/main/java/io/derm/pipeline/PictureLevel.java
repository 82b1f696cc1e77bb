package io.derm.pipeline;

import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The luma or green of a frame reduced to some size, and its points: the steepest pixel of each cell. Confined.
 */
final class PictureLevel {
    private static final int SAMPLES = 2;
    /** Pixels that light is blurred over, each way and twice. */
    private static final int BLUR = 3;

    final int width;
    final int height;
    private final int cell;
    final float[] pixels;
    private float[] other = {};
    private byte[] row = {};
    /** A row of the shading, and for each pixel of this level where it lies in that. */
    private float[] line = {};

    private int[] left = {};
    private float[] share = {};

    int points;
    /** Mean of the points' slopes. */
    double slope;

    final float[] x;
    final float[] y;
    final float[] value;
    final float[] slopeX;
    final float[] slopeY;
    /** Of each point in the later frame, NaN for one outside. */
    final float[] residual;

    PictureLevel(int width, int height, int cell) {
        this.width = width;
        this.height = height;
        this.cell = cell;
        pixels = new float[width * height];
        int most = (width / cell) * (height / cell);
        x = new float[most];
        y = new float[most];
        value = new float[most];
        slopeX = new float[most];
        slopeY = new float[most];
        residual = new float[most];
    }

    boolean fits(Frame frame, int pixel) {
        return frame.width() / pixel == width && frame.height() / pixel == height;
    }

    /** Takes the means of squares of the frame, of two pixels each way: it is reading them that costs. */
    void reduce(Frame frame, int pixel) {
        ByteBuffer from = frame.pixels();
        boolean bgr = frame.format() == PixelFormat.BGR24;
        int step = bgr ? 3 : 1;
        int used = width * pixel * step;
        if (row.length < used) {
            row = new byte[used];
        }
        int skip = (pixel + SAMPLES - 1) / SAMPLES;
        int taken = (pixel + skip - 1) / skip;
        float share = 1f / (taken * taken);
        for (int y = 0; y < height; y++) {
            Arrays.fill(pixels, y * width, (y + 1) * width, 0);
            for (int j = 0; j < pixel; j += skip) {
                from.get((y * pixel + j) * frame.stride(), row, 0, used);
                int at = bgr ? 1 : 0;
                for (int p = y * width; p < (y + 1) * width; p++, at += pixel * step) {
                    int sum = 0;
                    for (int i = 0; i < pixel; i += skip) {
                        sum += row[at + i * step] & 255;
                    }
                    pixels[p] += sum * share;
                }
            }
        }
    }

    void halve(PictureLevel from) {
        for (int y = 0; y < height; y++) {
            int p = 2 * y * from.width;
            for (int x = 0; x < width; x++, p += 2) {
                pixels[y * width + x] = (from.pixels[p]
                                + from.pixels[p + 1]
                                + from.pixels[p + from.width]
                                + from.pixels[p + from.width + 1])
                        / 4;
            }
        }
    }

    /** Takes what is left of a picture of the same size when all that is small is blurred. */
    void blur(PictureLevel from) {
        if (other.length == 0) {
            other = new float[pixels.length];
        }
        blur(from.pixels, other, width, height, 1, width);
        blur(other, pixels, height, width, width, 1);
        blur(pixels, other, width, height, 1, width);
        blur(other, pixels, height, width, width, 1);
    }

    private static void blur(float[] from, float[] to, int length, int lines, int step, int line) {
        for (int l = 0; l < lines; l++) {
            for (int i = 0; i < length; i++) {
                int half = Math.min(BLUR, Math.min(i, length - 1 - i));
                int p = l * line + i * step;
                float sum = from[p];
                for (int k = 1; k <= half; k++) {
                    sum += from[p - k * step] + from[p + k * step];
                }
                to[p] = sum / (2 * half + 1);
            }
        }
    }

    /** Takes away a picture of the same view, as many times coarser. */
    void subtract(PictureLevel coarse) {
        if (coarse.width < 2 || coarse.height < 2) {
            return;
        }
        float size = (float) coarse.width / width;
        if (left.length == 0) {
            left = new int[width];
            share = new float[width];
            line = new float[coarse.width];
            for (int x = 0; x < width; x++) {
                float u = Math.max((x + 0.5f) * size - 0.5f, 0);
                left[x] = Math.min((int) u, coarse.width - 2);
                share[x] = u - left[x];
            }
        }
        for (int y = 0; y < height; y++) {
            float v = Math.max((y + 0.5f) * size - 0.5f, 0);
            int j = Math.min((int) v, coarse.height - 2);
            int p = j * coarse.width;
            for (int i = 0; i < coarse.width; i++, p++) {
                line[i] = coarse.pixels[p] + (v - j) * (coarse.pixels[p + coarse.width] - coarse.pixels[p]);
            }
            for (int x = 0; x < width; x++) {
                int i = left[x];
                pixels[y * width + x] -= line[i] + share[x] * (line[i + 1] - line[i]);
            }
        }
    }

    void findPoints() {
        points = 0;
        slope = 0;
        for (int top = 1; top + cell < height; top += cell) {
            for (int left = 1; left + cell < width; left += cell) {
                addPoint(left, top);
            }
        }
        slope /= Math.max(1, points);
    }

    private void addPoint(int left, int top) {
        int best = 0;
        float steepest = -1;
        for (int j = top; j < top + cell; j++) {
            for (int p = j * width + left; p < j * width + left + cell; p++) {
                float gx = pixels[p + 1] - pixels[p - 1];
                float gy = pixels[p + width] - pixels[p - width];
                if (gx * gx + gy * gy > steepest) {
                    steepest = gx * gx + gy * gy;
                    best = p;
                }
            }
        }
        int i = points++;
        x[i] = best % width + 0.5f;
        y[i] = best / width + 0.5f;
        value[i] = pixels[best];
        slopeX[i] = (pixels[best + 1] - pixels[best - 1]) / 2;
        slopeY[i] = (pixels[best + width] - pixels[best - width]) / 2;
        slope += Math.sqrt(steepest) / 2;
    }

    /** Between pixels by bilinear interpolation; NaN outside. */
    float at(float x, float y) {
        float u = x - 0.5f;
        float v = y - 0.5f;
        if (!(u >= 0 && v >= 0 && u < width - 1 && v < height - 1)) {
            return Float.NaN;
        }
        int i = (int) u;
        int j = (int) v;
        int p = j * width + i;
        float top = pixels[p] + (u - i) * (pixels[p + 1] - pixels[p]);
        float bottom = pixels[p + width] + (u - i) * (pixels[p + width + 1] - pixels[p + width]);
        return top + (v - j) * (bottom - top);
    }
}

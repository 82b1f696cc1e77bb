package io.derm.ort;

import io.derm.api.Frame;
import io.derm.api.ImageInput.ChannelOrder;
import io.derm.api.ImageMapping;
import io.derm.api.PixelFormat;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Rows of a frame interpolated along x to the columns of a tensor: three planes one after the other, in the tensor's channel
 * order, in levels. The two rows last used are kept. Confined to its {@link ImageKernel}.
 */
final class SourceRows {
    /** Three BGR bytes of a pixel and the three of its right neighbour come in one load of eight. */
    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int LOAD = Long.BYTES;

    private final boolean rgb;
    private int[] columns = new int[0];
    private float[] weights = new float[0];
    private float[] upper = new float[0];
    private float[] lower = new float[0];
    private int upperY;
    private int lowerY;
    /** Copy of a row whose last load would reach over the end of the frame's buffer, or of one a single pixel wide. */
    private ByteBuffer edge = ByteBuffer.allocateDirect(0);

    private ByteBuffer pixels = edge;
    private PixelFormat format = PixelFormat.BGR24;
    private int frameWidth;
    private int frameHeight;
    private int stride;
    private int count;
    private int taps;

    SourceRows(ChannelOrder order) {
        this.rgb = order == ChannelOrder.RGB;
    }

    /** Starts on a region of a frame; the frame's pixels are used until the next start. */
    void begin(Frame frame, ImageMapping mapping) {
        ByteBuffer buffer = frame.pixels();
        pixels = buffer.limit() == buffer.capacity()
                ? buffer
                : buffer.duplicate().clear();
        format = frame.format();
        frameWidth = frame.width();
        frameHeight = frame.height();
        stride = frame.stride();
        count = mapping.contentWidth();
        taps = mapping.tapsX();
        upperY = -1;
        lowerY = -1;
        if (upper.length < 3 * count) {
            upper = new float[3 * count];
            lower = new float[3 * count];
        }
        if (columns.length < count * taps) {
            columns = new int[count * taps];
            weights = new float[count * taps];
        }
        int step = format == PixelFormat.BGR24 ? 3 : 1;
        for (int i = 0; i < count; i++) {
            for (int s = 0; s < taps; s++) {
                double u = mapping.frameX(mapping.contentLeft() + i + (s + 0.5) / taps) - 0.5;
                int x = (int) Math.floor(u);
                float f = (float) (u - x);
                if (x < 0) {
                    x = 0;
                    f = 0;
                } else if (x > frameWidth - 2) {
                    x = Math.max(0, frameWidth - 2);
                    f = frameWidth > 1 ? 1 : 0;
                }
                columns[i * taps + s] = x * step;
                weights[i * taps + s] = f;
            }
        }
    }

    /**
     * Interpolates between two rows.
     *
     * @param v vertical position, 0 at the centre of the first row
     * @param out three planes of as many columns as the mapping's content
     * @param add whether to add to {@code out} rather than set it
     */
    void sample(double v, float[] out, boolean add) {
        int y = Math.max(0, Math.min((int) Math.floor(v), frameHeight - 1));
        float f = y + 1 < frameHeight ? (float) Math.max(0, v - y) : 0;
        if (y == lowerY) {
            float[] swap = upper;
            upper = lower;
            lower = swap;
            lowerY = upperY;
            upperY = y;
        }
        if (y != upperY) {
            interpolate(y, upper);
            upperY = y;
        }
        if (f > 0 && y + 1 != lowerY) {
            interpolate(y + 1, lower);
            lowerY = y + 1;
        }
        mix(upper, f > 0 ? lower : upper, f, out, 3 * count, add);
    }

    private static void mix(float[] a, float[] b, float f, float[] out, int n, boolean add) {
        if (add) {
            for (int i = 0; i < n; i++) {
                out[i] += a[i] + (b[i] - a[i]) * f;
            }
        } else {
            for (int i = 0; i < n; i++) {
                out[i] = a[i] + (b[i] - a[i]) * f;
            }
        }
    }

    private void interpolate(int y, float[] out) {
        if (format == PixelFormat.NV12) {
            Nv12Rows.interpolate(pixels, y, stride, frameHeight, columns, weights, count, taps, rgb, out);
            return;
        }
        ByteBuffer from = pixels;
        int base = y * stride;
        if (frameWidth == 1 || base + 3 * (frameWidth - 2) + LOAD > pixels.capacity()) {
            from = edgeRow(base);
            base = 0;
        }
        if (taps == 1) {
            bgr(from, base, out);
        } else {
            bgrTaps(from, base, out);
        }
    }

    private ByteBuffer edgeRow(int base) {
        int bytes = 3 * Math.max(2, frameWidth) + LOAD;
        if (edge.capacity() < bytes) {
            edge = ByteBuffer.allocateDirect(bytes);
        }
        edge.put(0, pixels, base, 3 * frameWidth);
        return edge;
    }

    private void bgr(ByteBuffer from, int base, float[] out) {
        int[] at = columns;
        float[] weight = weights;
        int n = count;
        int b = rgb ? 2 * n : 0;
        int g = n;
        int r = rgb ? 0 : 2 * n;
        for (int i = 0; i < n; i++) {
            long p = (long) LONGS.get(from, base + at[i]);
            float f = weight[i];
            int b0 = (int) p & 0xFF;
            int g0 = (int) (p >>> 8) & 0xFF;
            int r0 = (int) (p >>> 16) & 0xFF;
            out[b + i] = b0 + ((int) (p >>> 24 & 0xFF) - b0) * f;
            out[g + i] = g0 + ((int) (p >>> 32 & 0xFF) - g0) * f;
            out[r + i] = r0 + ((int) (p >>> 40 & 0xFF) - r0) * f;
        }
    }

    private void bgrTaps(ByteBuffer from, int base, float[] out) {
        int n = count;
        float share = 1f / taps;
        for (int i = 0; i < n; i++) {
            float b = 0;
            float g = 0;
            float r = 0;
            for (int k = i * taps; k < (i + 1) * taps; k++) {
                long p = (long) LONGS.get(from, base + columns[k]);
                float f = weights[k];
                int b0 = (int) p & 0xFF;
                int g0 = (int) (p >>> 8) & 0xFF;
                int r0 = (int) (p >>> 16) & 0xFF;
                b += b0 + ((int) (p >>> 24 & 0xFF) - b0) * f;
                g += g0 + ((int) (p >>> 32 & 0xFF) - g0) * f;
                r += r0 + ((int) (p >>> 40 & 0xFF) - r0) * f;
            }
            out[(rgb ? 2 * n : 0) + i] = b * share;
            out[n + i] = g * share;
            out[(rgb ? 0 : 2 * n) + i] = r * share;
        }
    }
}

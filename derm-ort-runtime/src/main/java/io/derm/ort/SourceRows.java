package io.derm.ort;

import io.derm.api.Frame;
import io.derm.api.ImageInput.ChannelOrder;
import io.derm.api.ImageMapping;
import io.derm.api.PixelFormat;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * Rows of a frame interpolated along x to the columns of a tensor: three planes one after the other, in the tensor's channel
 * order, in levels. The two rows last used are kept. Confined to its {@link ImageKernel}.
 *
 * <p>A row takes two steps. The first gathers each column's two pixels as packed integers, one load for both; it is the only
 * one that jumps about in memory. The second unpacks and weighs them in loops that JDK 17 turns into vector code: over int
 * arrays, with one index for all of them, and without conversions from bytes or to floats.
 */
final class SourceRows {
    /** Three BGR bytes of a pixel and the three of its right neighbour come in one load of eight. */
    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Two lumas, or Cb and Cr, in one load. */
    private static final VarHandle SHORTS =
            MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    /** Bits of a float's fraction: an integer below 2^23, put under the exponent of 2^23, reads as 2^23 plus itself. */
    private static final int FRACTION_BITS = 23;

    private static final int EXPONENT = 0x4B00_0000;
    private static final float BIAS = 0x1p23f;

    private final boolean rgb;
    /** For each tap the left pixel at each column, and the share of the right one in units of 2^-weightBits. */
    private int[][] columns = new int[0][0];

    private int[][] weights = new int[0][0];
    private int[] near = new int[0];
    private int[] far = new int[0];
    private int[] blue = new int[0];
    private int[] green = new int[0];
    private int[] red = new int[0];
    private float[] upper = new float[0];
    private float[] lower = new float[0];
    private int upperY;
    private int lowerY;
    private IntBuffer bitsAsInts = IntBuffer.allocate(0);
    private FloatBuffer bitsAsFloats = FloatBuffer.allocate(0);
    /** Copy of a row whose last load would reach over the end of the frame's buffer, or of one a single pixel wide. */
    private ByteBuffer edge = ByteBuffer.allocateDirect(0);

    private ByteBuffer pixels = edge;
    private PixelFormat format = PixelFormat.BGR24;
    private int frameWidth;
    private int frameHeight;
    private int stride;
    private int count;
    private int taps;
    private int weightBits;

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
        // The sum over the taps of level times weight must stay below 2^23.
        weightBits = FRACTION_BITS - 8 - (32 - Integer.numberOfLeadingZeros(taps - 1));
        upperY = -1;
        lowerY = -1;
        reserve();
        int step = format == PixelFormat.BGR24 ? 3 : 1;
        for (int s = 0; s < taps; s++) {
            int[] column = columns[s];
            int[] weight = weights[s];
            for (int i = 0; i < count; i++) {
                double u = mapping.frameX(mapping.contentLeft() + i + (s + 0.5) / taps) - 0.5;
                int x = Math.max(0, Math.min((int) Math.floor(u), frameWidth - 2));
                double f = Math.max(0, Math.min(u - x, frameWidth > 1 ? 1 : 0));
                column[i] = x * step;
                weight[i] = (int) (f * (1 << weightBits) + 0.5);
            }
        }
    }

    private void reserve() {
        if (near.length < count) {
            near = new int[count];
            far = new int[count];
            blue = new int[count];
            green = new int[count];
            red = new int[count];
            upper = new float[3 * count];
            lower = new float[3 * count];
            ByteBuffer bits = ByteBuffer.allocateDirect(3 * count * Float.BYTES).order(ByteOrder.nativeOrder());
            bitsAsInts = bits.asIntBuffer();
            bitsAsFloats = bits.asFloatBuffer();
        }
        if (columns.length < taps || columns[taps - 1].length < count) {
            columns = new int[taps][count];
            weights = new int[taps][count];
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
        ByteBuffer from = pixels;
        int base = y * stride;
        if (format == PixelFormat.BGR24
                && (frameWidth == 1 || base + 3 * (frameWidth - 2) + Long.BYTES > pixels.capacity())) {
            from = edgeRow(base);
            base = 0;
        }
        for (int s = 0; s < taps; s++) {
            if (format == PixelFormat.BGR24) {
                gatherBgr(from, base, columns[s], near, far, count);
            } else {
                gatherNv12(from, base, (frameHeight + y / 2) * stride, columns[s], near, far, count);
                toBgr(near, count);
                toBgr(far, count);
            }
            boolean add = s > 0;
            weigh(near, far, weights[s], weightBits, 0, add, blue, count);
            weigh(near, far, weights[s], weightBits, 8, add, green, count);
            weigh(near, far, weights[s], weightBits, 16, add, red, count);
        }
        bitsAsInts.put(0, rgb ? red : blue, 0, count);
        bitsAsInts.put(count, green, 0, count);
        bitsAsInts.put(2 * count, rgb ? blue : red, 0, count);
        bitsAsFloats.get(0, out, 0, 3 * count);
        unbias(out, 3 * count, 1f / (taps << weightBits));
    }

    private ByteBuffer edgeRow(int base) {
        int bytes = 3 * Math.max(2, frameWidth) + Long.BYTES;
        if (edge.capacity() < bytes) {
            edge = ByteBuffer.allocateDirect(bytes);
        }
        edge.put(0, pixels, base, 3 * frameWidth);
        return edge;
    }

    private static void gatherBgr(ByteBuffer from, int base, int[] columns, int[] near, int[] far, int n) {
        for (int i = 0; i < n; i++) {
            long pair = (long) LONGS.get(from, base + columns[i]);
            near[i] = (int) pair;
            far[i] = (int) (pair >>> 24);
        }
    }

    /** Luma, Cb and Cr of the two pixels, packed in this order from the low byte. */
    private static void gatherNv12(ByteBuffer from, int luma, int chroma, int[] columns, int[] near, int[] far, int n) {
        for (int i = 0; i < n; i++) {
            int x = columns[i];
            int pair = (short) SHORTS.get(from, luma + x);
            near[i] = pair & 0xFF | ((short) SHORTS.get(from, chroma + (x & ~1)) & 0xFFFF) << 8;
            far[i] = pair >>> 8 & 0xFF | ((short) SHORTS.get(from, chroma + (x + 1 & ~1)) & 0xFFFF) << 8;
        }
    }

    /**
     * BT.709 limited range to packed BGR in fixed point of 20 bits, rounded. Levels are clamped by masks of their signs, so that the loop
     * has no branches and can become vector code.
     */
    private static void toBgr(int[] pixels, int n) {
        for (int i = 0; i < n; i++) {
            int p = pixels[i];
            int y = ((p & 0xFF) - 16) * 1_220_945 + (1 << 19);
            int cb = (p >>> 8 & 0xFF) - 128;
            int cr = (p >>> 16 & 0xFF) - 128;
            int b = y + cb * 2_215_014 >> 20;
            int g = y - cb * 223_607 - cr * 558_796 >> 20;
            int r = y + cr * 1_879_825 >> 20;
            pixels[i] = (b | 255 - b >> 31) & ~(b >> 31) & 0xFF
                    | ((g | 255 - g >> 31) & ~(g >> 31) & 0xFF) << 8
                    | ((r | 255 - r >> 31) & ~(r >> 31) & 0xFF) << 16;
        }
    }

    /** One channel of the two pixels, each by its share; the first tap sets the sums, under the exponent, later ones add. */
    private static void weigh(
            int[] near, int[] far, int[] weights, int bits, int shift, boolean add, int[] sums, int n) {
        if (add) {
            for (int i = 0; i < n; i++) {
                int a = near[i] >>> shift & 0xFF;
                sums[i] += (a << bits) + ((far[i] >>> shift & 0xFF) - a) * weights[i];
            }
        } else {
            for (int i = 0; i < n; i++) {
                int a = near[i] >>> shift & 0xFF;
                sums[i] = EXPONENT + (a << bits) + ((far[i] >>> shift & 0xFF) - a) * weights[i];
            }
        }
    }

    private static void unbias(float[] values, int n, float unit) {
        for (int i = 0; i < n; i++) {
            values[i] = (values[i] - BIAS) * unit;
        }
    }
}

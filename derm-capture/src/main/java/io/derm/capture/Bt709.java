package io.derm.capture;

import java.nio.ByteBuffer;

/**
 * Turns NV12 of another matrix or range into BT.709 of limited range, in place. FFmpeg's scaler does that only for some pairs of formats.
 * Grey stays grey under any matrix, so a block's chroma needs no luma, and its four luma samples one and the same correction. Immutable.
 */
final class Bt709 {
    private static final double RED = 0.2126;
    private static final double BLUE = 0.0722;
    private static final int BITS = 16;
    private static final int HALF = 1 << BITS - 1;

    private final int lumaGain;
    private final int lumaOffset;
    private final int lumaCb;
    private final int lumaCr;
    private final int cbCb;
    private final int cbCr;
    private final int crCb;
    private final int crCr;

    /**
     * Prepares the conversion from a matrix and range.
     *
     * @param red the share of red in luma, 0.299 for BT.601
     * @param blue the share of blue, 0.114 for BT.601
     * @param full whether luma fills 0 to 255 and chroma 255 levels
     */
    Bt709(double red, double blue, boolean full) {
        double luma = full ? 1 : 255.0 / 219;
        double chroma = full ? 1 : 255.0 / 224;
        double[] ofCb = of(red, blue, 0, chroma);
        double[] ofCr = of(red, blue, chroma, 0);
        lumaGain = fixed(luma * 219 / 255);
        lumaOffset = fixed(16 - (full ? 0 : 16) * luma * 219 / 255) + HALF;
        lumaCb = fixed(ofCb[0]);
        cbCb = fixed(ofCb[1]);
        crCb = fixed(ofCb[2]);
        lumaCr = fixed(ofCr[0]);
        cbCr = fixed(ofCr[1]);
        crCr = fixed(ofCr[2]);
    }

    /** Luma, Cb and Cr of BT.709 in levels of the limited range, for a colour without luma in another matrix. */
    private static double[] of(double red, double blue, double cr, double cb) {
        double r = 2 * (1 - red) * cr;
        double b = 2 * (1 - blue) * cb;
        double g = -(red * r + blue * b) / (1 - red - blue);
        double y = RED * r + (1 - RED - BLUE) * g + BLUE * b;
        return new double[] {
            y * 219 / 255, (b - y) / (2 * (1 - BLUE)) * 224 / 255, (r - y) / (2 * (1 - RED)) * 224 / 255
        };
    }

    private static int fixed(double v) {
        return (int) Math.round(v * (1 << BITS));
    }

    /** Converts a picture of even sides. */
    void convert(ByteBuffer nv12, int width, int height, int stride) {
        for (int y = 0; y < height; y += 2) {
            int top = y * stride;
            int bottom = top + stride;
            int chroma = (height + y / 2) * stride;
            for (int x = 0; x < width; x += 2) {
                int cb = (nv12.get(chroma + x) & 0xff) - 128;
                int cr = (nv12.get(chroma + x + 1) & 0xff) - 128;
                int add = lumaOffset + lumaCb * cb + lumaCr * cr;
                nv12.put(top + x, luma(nv12.get(top + x), add));
                nv12.put(top + x + 1, luma(nv12.get(top + x + 1), add));
                nv12.put(bottom + x, luma(nv12.get(bottom + x), add));
                nv12.put(bottom + x + 1, luma(nv12.get(bottom + x + 1), add));
                nv12.put(chroma + x, level((cbCb * cb + cbCr * cr + HALF >> BITS) + 128));
                nv12.put(chroma + x + 1, level((crCb * cb + crCr * cr + HALF >> BITS) + 128));
            }
        }
    }

    private byte luma(byte value, int add) {
        return level(lumaGain * (value & 0xff) + add >> BITS);
    }

    private static byte level(int v) {
        return (byte) (v < 0 ? 0 : Math.min(v, 255));
    }
}

package io.derm.ort;

import java.nio.ByteBuffer;

/** Reads NV12: BT.709, limited range. */
final class Nv12Rows {
    private static final float LUMA = 255f / 219;
    private static final float RED_CR = 1.5748f * 255 / 224;
    private static final float GREEN_CB = -0.187324f * 255 / 224;
    private static final float GREEN_CR = -0.468124f * 255 / 224;
    private static final float BLUE_CB = 1.8556f * 255 / 224;

    private Nv12Rows() {}

    /**
     * Interpolates row {@code y} at {@code count} columns of {@code taps} taps each into three planes.
     *
     * @param columns left pixel of each tap; its right neighbour is in the frame, which is at least two pixels wide
     * @param weights share of the right neighbour
     */
    static void interpolate(
            ByteBuffer pixels,
            int y,
            int stride,
            int frameHeight,
            int[] columns,
            float[] weights,
            int count,
            int taps,
            boolean rgb,
            float[] out) {
        int luma = y * stride;
        int chroma = (frameHeight + y / 2) * stride;
        float share = 1f / taps;
        for (int i = 0; i < count; i++) {
            float r = 0;
            float g = 0;
            float b = 0;
            for (int k = i * taps; k < (i + 1) * taps; k++) {
                int x = columns[k];
                for (int side = 0; side < 2; side++) {
                    float weight = side == 0 ? 1 - weights[k] : weights[k];
                    int at = x + side;
                    float l = ((pixels.get(luma + at) & 0xFF) - 16) * LUMA;
                    int pair = chroma + (at & ~1);
                    int cb = (pixels.get(pair) & 0xFF) - 128;
                    int cr = (pixels.get(pair + 1) & 0xFF) - 128;
                    r += weight * level(l + RED_CR * cr);
                    g += weight * level(l + GREEN_CB * cb + GREEN_CR * cr);
                    b += weight * level(l + BLUE_CB * cb);
                }
            }
            out[(rgb ? 0 : 2 * count) + i] = r * share;
            out[count + i] = g * share;
            out[(rgb ? 2 * count : 0) + i] = b * share;
        }
    }

    private static float level(float v) {
        return v < 0 ? 0 : v > 255 ? 255 : v;
    }
}

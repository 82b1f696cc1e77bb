package io.derm.capture;

import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;

/** Reads frames of either format as blue, green, red. NV12 by the formulas of ITU-R BT.709 at limited range, each chroma sample for its four pixels. */
final class BgrPixels {
    // 16 fraction bits: 255/219, and 255/224 times the matrix.
    private static final int LUMA = 76309;
    private static final int RED_CR = 117489;
    private static final int GREEN_CB = 13975;
    private static final int GREEN_CR = 34925;
    private static final int BLUE_CB = 138438;
    private static final int HALF = 1 << 15;

    private BgrPixels() {}

    /** Copies a part of a frame to {@code to}, its rows without a gap. */
    static void copy(Frame frame, int left, int top, int width, int height, byte[] to) {
        ByteBuffer from = frame.pixels();
        int stride = frame.stride();
        if (frame.format() == PixelFormat.BGR24) {
            for (int y = 0; y < height; y++) {
                from.get((top + y) * stride + left * 3, to, y * width * 3, width * 3);
            }
            return;
        }
        byte[] luma = new byte[width];
        int chromaLeft = left & ~1;
        byte[] chroma = new byte[(left + width + 1 & ~1) - chromaLeft];
        for (int y = 0, out = 0; y < height; y++) {
            int row = top + y;
            from.get(row * stride + left, luma);
            from.get((frame.height() + row / 2) * stride + chromaLeft, chroma);
            for (int x = 0; x < width; x++, out += 3) {
                int at = (left + x & ~1) - chromaLeft;
                int cb = (chroma[at] & 0xff) - 128;
                int cr = (chroma[at + 1] & 0xff) - 128;
                int grey = LUMA * ((luma[x] & 0xff) - 16) + HALF;
                to[out] = level(grey + BLUE_CB * cb >> 16);
                to[out + 1] = level(grey - GREEN_CB * cb - GREEN_CR * cr >> 16);
                to[out + 2] = level(grey + RED_CR * cr >> 16);
            }
        }
    }

    private static byte level(int v) {
        return (byte) (v < 0 ? 0 : Math.min(v, 255));
    }
}

package io.derm.capture;

import java.nio.ByteBuffer;

/**
 * The eight ways a stored picture can be turned and mirrored for display, in the order of EXIF's orientation tag 1 to 8
 * (EXIF 2.32, tag 0x0112). A pixel stored at (x, y) is shown at (a x + c y, b x + d y), up to the shift that brings the
 * picture back to the origin.
 */
enum Orientation {
    NORMAL(1, 0, 0, 1),
    MIRRORED(-1, 0, 0, 1),
    ROTATED_180(-1, 0, 0, -1),
    FLIPPED(1, 0, 0, -1),
    TRANSPOSED(0, 1, 1, 0),
    ROTATED_90(0, 1, -1, 0),
    TRANSVERSED(0, -1, -1, 0),
    ROTATED_270(0, -1, 1, 0);

    private static final int TILE = 32;

    private final int a;
    private final int b;
    private final int c;
    private final int d;

    Orientation(int a, int b, int c, int d) {
        this.a = a;
        this.b = b;
        this.c = c;
        this.d = d;
    }

    /** By EXIF tag; {@link #NORMAL} for values that EXIF does not know. */
    static Orientation ofExif(int tag) {
        return tag >= 1 && tag <= 8 ? values()[tag - 1] : NORMAL;
    }

    /** The nearest one to the first two columns of a display matrix's first two rows. */
    static Orientation ofMatrix(long a, long b, long c, long d) {
        boolean upright = Math.abs(a) + Math.abs(d) >= Math.abs(b) + Math.abs(c);
        for (Orientation o : values()) {
            boolean same = upright
                    ? o.a == (a < 0 ? -1 : 1) && o.d == (d < 0 ? -1 : 1)
                    : o.b == (b < 0 ? -1 : 1) && o.c == (c < 0 ? -1 : 1);
            if (same) {
                return o;
            }
        }
        return NORMAL;
    }

    /** Whether width and height change places. */
    boolean swapsSides() {
        return a == 0;
    }

    int width(int width, int height) {
        return swapsSides() ? height : width;
    }

    int height(int width, int height) {
        return swapsSides() ? width : height;
    }

    /**
     * Copies a picture of three bytes a pixel into its display orientation.
     *
     * @param width of the stored picture
     * @param height of the stored picture
     */
    void apply(ByteBuffer from, int fromStride, int width, int height, ByteBuffer to, int toStride) {
        int stepX = a * 3 + c * fromStride;
        int stepY = b * 3 + d * fromStride;
        int origin = (a < 0 || b < 0 ? (width - 1) * 3 : 0) + (c < 0 || d < 0 ? (height - 1) * fromStride : 0);
        int w = width(width, height);
        int h = height(width, height);
        // Tiles keep the rows that a quarter turn walks down in the cache.
        for (int ty = 0; ty < h; ty += TILE) {
            int endY = Math.min(ty + TILE, h);
            for (int tx = 0; tx < w; tx += TILE) {
                int endX = Math.min(tx + TILE, w);
                for (int y = ty; y < endY; y++) {
                    int in = origin + tx * stepX + y * stepY;
                    int out = y * toStride + tx * 3;
                    for (int x = tx; x < endX; x++) {
                        to.put(out, from.get(in));
                        to.put(out + 1, from.get(in + 1));
                        to.put(out + 2, from.get(in + 2));
                        in += stepX;
                        out += 3;
                    }
                }
            }
        }
    }
}

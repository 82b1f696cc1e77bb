package io.derm.api;

/** How the pixels of a {@link Frame} lie in memory. */
public enum PixelFormat {
    /** Interleaved blue, green, red, one byte each; a row takes {@code 3 * width} bytes. */
    BGR24,
    /**
     * A full-resolution luma plane followed by a half-resolution plane of interleaved Cb, Cr, both with the frame's
     * stride; BT.709, limited range. Width and height are even.
     */
    NV12;

    /** The fewest bytes that a row of {@code width} pixels takes. */
    public int minStride(int width) {
        return this == BGR24 ? Math.multiplyExact(3, width) : width;
    }

    /** The bytes that a frame of this format takes. */
    public int bytes(int stride, int height) {
        return this == BGR24
                ? Math.multiplyExact(stride, height)
                : Math.multiplyExact(stride, Math.addExact(height, height / 2));
    }

    void check(int width, int height, int stride) {
        if (width <= 0 || height <= 0) {
            throw new IllegalArgumentException("Frame size is " + width + "x" + height + ", expected at least 1x1");
        }
        if (stride < minStride(width)) {
            throw new IllegalArgumentException(
                    "Stride is " + stride + " bytes, expected at least " + minStride(width) + " for " + this);
        }
        if (this == NV12 && ((width | height) & 1) != 0) {
            throw new IllegalArgumentException("NV12 frame is " + width + "x" + height + ", expected even sides");
        }
    }
}

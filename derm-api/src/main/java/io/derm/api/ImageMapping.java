package io.derm.api;

/**
 * Where the pixels of a region of a frame lie in an input tensor: the one function that the CPU kernel, the CUDA kernel and
 * the decoders share. Positions are continuous: pixel (i, j) covers [i, i+1) x [j, j+1), so its centre is at (i+0.5, j+0.5).
 *
 * <p>{@code source} is the part of the frame that is sampled; it fills the tensor's columns {@code contentLeft} to
 * {@code contentLeft + contentWidth} and the rows likewise; what lies outside that content is padding. Samples outside the
 * frame take the nearest pixel. Immutable.
 *
 * @param source sampled part of the frame, in pixels of the frame
 * @param contentLeft first column of the content in the tensor
 * @param contentTop first row of the content in the tensor
 * @param contentWidth columns of the content
 * @param contentHeight rows of the content
 */
public record ImageMapping(Box source, int contentLeft, int contentTop, int contentWidth, int contentHeight) {

    /**
     * The mapping of a region.
     *
     * @param input size and fit of the tensor
     * @param region in pixels of the frame; for {@link ImageInput.Fit#LETTERBOX} and {@link ImageInput.Fit#STRETCH} it is
     *     sampled as it is, clipped to the frame
     * @throws IllegalArgumentException if the region does not meet the frame
     */
    public static ImageMapping of(ImageInput input, Box region, int frameWidth, int frameHeight) {
        boolean inside = region.left() >= 0
                && region.top() >= 0
                && region.right() <= frameWidth
                && region.bottom() <= frameHeight;
        Box source = inside ? region : region.clip(new Box(0, 0, frameWidth, frameHeight));
        if (source.isEmpty()) {
            throw new IllegalArgumentException(
                    "Region " + region + " lies outside the frame of " + frameWidth + "x" + frameHeight);
        }
        return switch (input.fit()) {
            case STRETCH -> new ImageMapping(source, 0, 0, input.width(), input.height());
            case LETTERBOX -> letterbox(source, input.width(), input.height());
            case SQUARE_CROP ->
                new ImageMapping(
                        squareCrop(source, input.cropScale(), frameWidth, frameHeight),
                        0,
                        0,
                        input.width(),
                        input.height());
        };
    }

    private static ImageMapping letterbox(Box source, int width, int height) {
        double scale = Math.min(width / (double) source.width(), height / (double) source.height());
        int w = (int) Math.max(1, Math.min(width, Math.round(source.width() * scale)));
        int h = (int) Math.max(1, Math.min(height, Math.round(source.height() * scale)));
        return new ImageMapping(source, (width - w) / 2, (height - h) / 2, w, h);
    }

    private static Box squareCrop(Box region, float cropScale, int frameWidth, int frameHeight) {
        float wanted = Math.max(region.width(), region.height()) * cropScale;
        float side = Math.min(wanted, Math.min(frameWidth, frameHeight));
        float left = Math.max(0, Math.min(region.centerX() - side / 2, frameWidth - side));
        float top = Math.max(0, Math.min(region.centerY() - side / 2, frameHeight - side));
        return Box.ofSize(left, top, side, side);
    }

    /** Frame pixels for each tensor column. */
    public double scaleX() {
        return source.width() / (double) contentWidth;
    }

    /** Frame pixels for each tensor row. */
    public double scaleY() {
        return source.height() / (double) contentHeight;
    }

    /** Horizontal position in the frame of a position in the tensor. */
    public double frameX(double tensorX) {
        return source.left() + (tensorX - contentLeft) * scaleX();
    }

    /** Vertical position in the frame of a position in the tensor. */
    public double frameY(double tensorY) {
        return source.top() + (tensorY - contentTop) * scaleY();
    }

    /** Horizontal position in the tensor of a position in the frame. */
    public double tensorX(double frameX) {
        return contentLeft + (frameX - source.left()) / scaleX();
    }

    /** Vertical position in the tensor of a position in the frame. */
    public double tensorY(double frameY) {
        return contentTop + (frameY - source.top()) / scaleY();
    }

    /**
     * Bilinear taps along the horizontal axis for each sample. One up to a scale of 6; beyond that the pixel's footprint is
     * averaged by a grid of taps {@code taps} wide, so that a photograph of many megapixels does not alias.
     */
    public int tapsX() {
        return taps(scaleX());
    }

    /** Bilinear taps along the vertical axis for each sample. */
    public int tapsY() {
        return taps(scaleY());
    }

    private static int taps(double scale) {
        return Math.max(1, (int) (scale / 3));
    }
}

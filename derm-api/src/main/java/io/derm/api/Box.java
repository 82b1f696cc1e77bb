package io.derm.api;

/**
 * An axis-aligned box in pixels of the source frame, half-open: it holds the points with {@code left <= x < right} and
 * {@code top <= y < bottom}, where pixel (i, j) covers [i, i+1) x [j, j+1). A box may reach over the frame's border.
 * Immutable.
 *
 * @param left first column, in pixels from the left edge
 * @param top first row, in pixels from the top edge
 * @param right end column, not before {@code left}
 * @param bottom end row, not before {@code top}
 */
public record Box(float left, float top, float right, float bottom) {
    public Box {
        if (!(left <= right && top <= bottom) || !Float.isFinite(right - left) || !Float.isFinite(bottom - top)) {
            throw new IllegalArgumentException("Box is (" + left + ", " + top + ", " + right + ", " + bottom
                    + "), expected finite left <= right and top <= bottom");
        }
    }

    /** A box by its top left corner and size. */
    public static Box ofSize(float left, float top, float width, float height) {
        return new Box(left, top, left + width, top + height);
    }

    /** A box by its centre and size. */
    public static Box ofCenter(float centerX, float centerY, float width, float height) {
        return new Box(centerX - width / 2, centerY - height / 2, centerX + width / 2, centerY + height / 2);
    }

    public float width() {
        return right - left;
    }

    public float height() {
        return bottom - top;
    }

    public float centerX() {
        return (left + right) / 2;
    }

    public float centerY() {
        return (top + bottom) / 2;
    }

    public float area() {
        return width() * height();
    }

    /** Whether the box holds no point. */
    public boolean isEmpty() {
        return !(left < right && top < bottom);
    }

    /** The part of this box inside {@code other}; an empty box on the border of this one where they do not meet. */
    public Box clip(Box other) {
        float l = Math.min(Math.max(left, other.left), other.right);
        float t = Math.min(Math.max(top, other.top), other.bottom);
        float r = Math.max(Math.min(right, other.right), l);
        float b = Math.max(Math.min(bottom, other.bottom), t);
        return new Box(l, t, r, b);
    }

    /** Area of the intersection, in square pixels. */
    public float intersection(Box other) {
        float w = Math.min(right, other.right) - Math.max(left, other.left);
        float h = Math.min(bottom, other.bottom) - Math.max(top, other.top);
        return w > 0 && h > 0 ? w * h : 0;
    }

    /** Intersection over union, 0 to 1; 0 when both boxes are empty. */
    public float iou(Box other) {
        float inter = intersection(other);
        float union = area() + other.area() - inter;
        return union > 0 ? inter / union : 0;
    }
}

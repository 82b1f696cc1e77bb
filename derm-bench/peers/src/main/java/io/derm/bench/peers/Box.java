package io.derm.bench.peers;

/** A box with its score, in pixels of whatever it lies in. */
record Box(float left, float top, float right, float bottom, float score) {
    float iou(Box other) {
        float w = Math.min(right, other.right) - Math.max(left, other.left);
        float h = Math.min(bottom, other.bottom) - Math.max(top, other.top);
        float both = Math.max(0, w) * Math.max(0, h);
        return both / (area() + other.area() - both);
    }

    private float area() {
        return (right - left) * (bottom - top);
    }

    /** The box in the frame, cut off at its edges. */
    Box inFrame(Region letterbox) {
        double x = letterbox.scaleX();
        double y = letterbox.scaleY();
        return new Box(
                clip((left - letterbox.toLeft()) * x, letterbox.width()),
                clip((top - letterbox.toTop()) * y, letterbox.height()),
                clip((right - letterbox.toLeft()) * x, letterbox.width()),
                clip((bottom - letterbox.toTop()) * y, letterbox.height()),
                score);
    }

    private static float clip(double v, double end) {
        return (float) Math.max(0, Math.min(end, v));
    }
}

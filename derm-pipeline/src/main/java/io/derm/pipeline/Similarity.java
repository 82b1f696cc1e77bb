package io.derm.pipeline;

/**
 * A shift, zoom and turn of the plane in pixels: x' = a x - b y + shiftX, y' = b x + a y + shiftY. Immutable.
 *
 * @param a zoom times the cosine of the turn
 * @param b zoom times its sine
 */
record Similarity(double a, double b, double shiftX, double shiftY) {
    static final Similarity IDENTITY = new Similarity(1, 0, 0, 0);

    double x(double x, double y) {
        return a * x - b * y + shiftX;
    }

    double y(double x, double y) {
        return b * x + a * y + shiftY;
    }
}

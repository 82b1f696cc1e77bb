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

    /** This one after another. */
    Similarity after(Similarity o) {
        return new Similarity(a * o.a - b * o.b, b * o.a + a * o.b, x(o.shiftX, o.shiftY), y(o.shiftX, o.shiftY));
    }

    Similarity inverse() {
        double square = a * a + b * b;
        double c = a / square;
        double d = -b / square;
        return new Similarity(c, d, -(c * shiftX - d * shiftY), -(d * shiftX + c * shiftY));
    }

    Similarity shifted(double x, double y) {
        return new Similarity(a, b, shiftX + x, shiftY + y);
    }

    /** The same in pixels that are as many times larger. */
    Similarity scaled(double pixel) {
        return new Similarity(a, b, shiftX / pixel, shiftY / pixel);
    }
}

package io.derm.pipeline;

/**
 * A shift, zoom and turn of the plane in pixels: x' = a x - b y + shiftX, y' = b x + a y + shiftY. Immutable.
 *
 * @param a zoom times the cosine of the turn
 * @param b zoom times its sine
 */
record Similarity(double a, double b, double shiftX, double shiftY) {
    static final Similarity IDENTITY = new Similarity(1, 0, 0, 0);

    /** This one after another. */
    Similarity after(Similarity o) {
        return new Similarity(a * o.a - b * o.b, b * o.a + a * o.b, x(o.shiftX, o.shiftY), y(o.shiftX, o.shiftY));
    }

    /** What leads from another one to this. */
    Similarity since(Similarity o) {
        double square = o.a * o.a + o.b * o.b;
        double c = (a * o.a + b * o.b) / square;
        double d = (b * o.a - a * o.b) / square;
        return new Similarity(c, d, shiftX - c * o.shiftX + d * o.shiftY, shiftY - d * o.shiftX - c * o.shiftY);
    }

    double x(double x, double y) {
        return a * x - b * y + shiftX;
    }

    double y(double x, double y) {
        return b * x + a * y + shiftY;
    }
}

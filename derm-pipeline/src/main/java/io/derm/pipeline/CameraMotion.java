package io.derm.pipeline;

import io.derm.api.Frame;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How the picture moves from one frame to the next, told by its pixels: the similarity that brings the earlier frame's edges onto the
 * later frame, from coarse to fine (the inverse compositional algorithm of Baker and Matthews 2004). Points that do not go with the
 * others, such as those of a hand before the skin, are left out (Tukey's biweight). Works on the green channel, or the luma of NV12,
 * reduced to about {@value #WIDTH} pixels a row and freed of shading, as lamps do not go with the skin. Confined.
 */
final class CameraMotion {
    private static final int WIDTH = 320;
    private static final int LEVELS = 3;
    private static final int COARSEST = LEVELS - 1;
    /** The steepest pixel of each cell of so many pixels a side is a point; of the coarsest level, to have enough of them. */
    private static final int CELL = 5;

    private static final int COARSEST_CELL = 3;
    /** Pixels of the coarsest level that the picture may move each way. */
    private static final int SEARCH = 5;

    /** Part of the residuals' deviation that is left where another shift fits clearly better. */
    private static final double CLEARLY = 0.7;

    private static final int STEPS = 12;
    /** Pixels of a level under which a step is the last. */
    private static final double STILL = 0.02;
    /** Residual, in standard deviations, from which on a point is left out: efficient at 95 % where all go together. */
    private static final double LIMIT = 4.685;
    /** The same in the first steps: what goes its own way is told from the rest only where the fit is near. */
    private static final double ROUGH_LIMIT = 7;

    private static final int ROUGH = 3;
    /** Times the mean slope from which on a point counts no more for being steeper: edges of a hand are steeper than skin. */
    private static final double STEEP = 2.5;
    /** Deviation of the residuals over the mean slope of the points, in pixels of the coarsest level, from which on nothing is told. */
    private static final double VAGUE = 0.45;
    /** The same up to which nothing else is looked for. */
    private static final double NEAR = 0.25;

    /** Of a camera in a hand from one frame to the next, zoom as what it differs from 1 by, turn in radians; more is a misfit. */
    private static final double MOST_ZOOM_OR_TURN = 0.03;

    private static final int UNKNOWNS = 5;

    /** Pixels of the frame a pixel of the finest level. */
    private int pixel;

    private PictureLevel[] before = {};
    private PictureLevel[] now = {};
    private @Nullable Similarity last;
    private final double[] normal = new double[UNKNOWNS * UNKNOWNS];
    private final double[] right = new double[UNKNOWNS];
    private float[] sorted = {};
    private double deviation;
    /** The motion, about the middles of the pictures and in their pixels. */
    private double a;

    private double b;
    private double shiftX;
    private double shiftY;

    /** The motion from the last frame to this one, null where it cannot be told. */
    @Nullable
    Similarity next(Frame frame) {
        int lastPixel = pixel;
        pixel = Math.max(1, (frame.width() + WIDTH - 1) / WIDTH);
        PictureLevel[] free = before;
        before = now;
        now = free.length > 0 && free[0].fits(frame, pixel) ? free : levels(frame);
        boolean first = pixel != lastPixel || !before[0].fits(frame, pixel);
        now[0].reduce(frame, pixel);
        for (int k = 1; k < LEVELS; k++) {
            now[k].halve(now[k - 1]);
        }
        PictureLevel shading = now[LEVELS];
        shading.blur(now[COARSEST]);
        for (int k = 0; k < LEVELS; k++) {
            now[k].subtract(shading);
        }
        last = first
                ? null
                : motion(last == null ? Similarity.IDENTITY : last, frame.width() / 2.0, frame.height() / 2.0);
        return last;
    }

    private @Nullable Similarity motion(Similarity expected, double x, double y) {
        for (int k = 0; k < LEVELS; k++) {
            before[k].findPoints();
        }
        boolean told = coarse(expected, x, y, 1.0 / (pixel << COARSEST));
        for (int k = COARSEST - 1; k >= 0 && told; k--) {
            shiftX *= 2;
            shiftY *= 2;
            told = align(before[k], now[k]);
        }
        return told && Math.hypot(a - 1, b) < MOST_ZOOM_OR_TURN
                ? new Similarity(a, b, x - a * x + b * y + pixel * shiftX, y - b * x - a * y + pixel * shiftY)
                : null;
    }

    /** On as before, unless that does not fit and another shift does so clearly better: many a pattern fits itself elsewhere. */
    private boolean coarse(Similarity expected, double x, double y, double scale) {
        PictureLevel from = before[COARSEST];
        PictureLevel to = now[COARSEST];
        a = expected.a();
        b = expected.b();
        shiftX = scale * (expected.x(x, y) - x);
        shiftY = scale * (expected.y(x, y) - y);
        boolean steady = align(from, to);
        if (steady && deviation < NEAR * from.slope) {
            return true;
        }
        double steadyA = a;
        double steadyB = b;
        double steadyX = shiftX;
        double steadyY = shiftY;
        double steadyDeviation = steady ? deviation : Double.POSITIVE_INFINITY;
        a = 1;
        b = 0;
        search(from, to);
        if (!align(from, to) || deviation > CLEARLY * steadyDeviation) {
            a = steadyA;
            b = steadyB;
            shiftX = steadyX;
            shiftY = steadyY;
            deviation = steadyDeviation;
        }
        return deviation < VAGUE * from.slope;
    }

    /** Those that are aligned, and one for the shading. */
    private PictureLevel[] levels(Frame frame) {
        PictureLevel[] levels = new PictureLevel[LEVELS + 1];
        for (int k = 0; k <= LEVELS; k++) {
            int octave = Math.min(k, COARSEST);
            levels[k] = new PictureLevel(
                    frame.width() / pixel >> octave,
                    frame.height() / pixel >> octave,
                    octave == COARSEST ? COARSEST_CELL : CELL);
        }
        return levels;
    }

    /** The shift that brings the points closest, by the sum of absolute differences, each cut off at half the mean slope. */
    private void search(PictureLevel from, PictureLevel to) {
        float most = (float) from.slope / 2;
        shiftX = 0;
        shiftY = 0;
        float least = Float.MAX_VALUE;
        for (int dy = -SEARCH; dy <= SEARCH; dy++) {
            for (int dx = -SEARCH; dx <= SEARCH; dx++) {
                float sum = 0;
                int inside = 0;
                for (int i = 0; i < from.points; i++) {
                    int x = (int) from.x[i] + dx;
                    int y = (int) from.y[i] + dy;
                    if (x >= 0 && y >= 0 && x < to.width && y < to.height) {
                        sum += Math.min(Math.abs(to.pixels[y * to.width + x] - from.value[i]), most);
                        inside++;
                    }
                }
                if (2 * inside > from.points && sum < least * inside) {
                    least = sum / inside;
                    shiftX = dx;
                    shiftY = dy;
                }
            }
        }
    }

    /** Improves the motion; false where the points do not tell it. */
    private boolean align(PictureLevel from, PictureLevel to) {
        int n = from.points;
        if (sorted.length < n) {
            sorted = new float[n];
        }
        float cx = from.width / 2f;
        float cy = from.height / 2f;
        // Of zoom and turn, so that they are in pixels too: at the border.
        double unit = 1 / cx;
        double steepest = STEEP * STEEP * from.slope * from.slope;
        double brighter = 0;
        for (int step = 0; step < STEPS; step++) {
            int inside = 0;
            for (int i = 0; i < n; i++) {
                double x = from.x[i] - cx;
                double y = from.y[i] - cy;
                float r = to.at((float) (a * x - b * y + shiftX) + cx, (float) (b * x + a * y + shiftY) + cy)
                        - from.value[i];
                from.residual[i] = r;
                if ((i & 3) == 0 && !Float.isNaN(r)) {
                    sorted[inside++] = Math.abs(r - (float) brighter);
                }
            }
            if (inside < 2 * UNKNOWNS) {
                return false;
            }
            Arrays.sort(sorted, 0, inside);
            deviation = 1.4826 * sorted[inside / 2] + 1e-3;
            double scale = 1 / ((step < ROUGH ? ROUGH_LIMIT : LIMIT) * deviation);
            Arrays.fill(normal, 0);
            Arrays.fill(right, 0);
            for (int i = 0; i < n; i++) {
                float r = from.residual[i];
                if (!Float.isNaN(r)) {
                    double off = (r - brighter) * scale;
                    double x = (from.x[i] - cx) * unit;
                    double y = (from.y[i] - cy) * unit;
                    double gx = from.slopeX[i];
                    double gy = from.slopeY[i];
                    double w = Math.max(0, 1 - off * off);
                    double steep = (gx * gx + gy * gy) / steepest;
                    add(steep > 1 ? w * w / steep : w * w, gx * x + gy * y, gy * x - gx * y, gx, gy, r);
                }
            }
            if (!solve()) {
                return false;
            }
            goBack(1 + right[0] * unit, right[1] * unit, right[2], right[3]);
            brighter = right[4];
            if (Math.abs(right[0]) + Math.abs(right[1]) + Math.abs(right[2]) + Math.abs(right[3]) < STILL) {
                break;
            }
        }
        return true;
    }

    /** Puts the inverse of a motion of the earlier picture before the motion. */
    private void goBack(double c, double d, double x, double y) {
        double square = c * c + d * d;
        double backA = (a * c + b * d) / square;
        b = (b * c - a * d) / square;
        a = backA;
        shiftX -= a * x - b * y;
        shiftY -= b * x + a * y;
    }

    /** Adds a point to the normal equations, of which the lower half is kept: zoom, turn, shift, brightness. */
    private void add(double w, double zoom, double turn, double x, double y, double r) {
        double[] m = normal;
        m[0] += w * zoom * zoom;
        m[5] += w * turn * zoom;
        m[6] += w * turn * turn;
        m[10] += w * x * zoom;
        m[11] += w * x * turn;
        m[12] += w * x * x;
        m[15] += w * y * zoom;
        m[16] += w * y * turn;
        m[17] += w * y * x;
        m[18] += w * y * y;
        m[20] += w * zoom;
        m[21] += w * turn;
        m[22] += w * x;
        m[23] += w * y;
        m[24] += w;
        right[0] += w * zoom * r;
        right[1] += w * turn * r;
        right[2] += w * x * r;
        right[3] += w * y * r;
        right[4] += w * r;
    }

    /** By Cholesky's decomposition; false where the points do not determine the motion. */
    private boolean solve() {
        double[] m = normal;
        int n = UNKNOWNS;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = m[n * i + j];
                for (int k = 0; k < j; k++) {
                    sum -= m[n * i + k] * m[n * j + k];
                }
                if (i > j) {
                    m[n * i + j] = sum / m[n * j + j];
                } else if (sum > 1e-9) {
                    m[n * i + i] = Math.sqrt(sum);
                } else {
                    return false;
                }
            }
        }
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < i; k++) {
                right[i] -= m[n * i + k] * right[k];
            }
            right[i] /= m[n * i + i];
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int k = i + 1; k < n; k++) {
                right[i] -= m[n * k + i] * right[k];
            }
            right[i] /= m[n * i + i];
        }
        return true;
    }
}

package io.derm.pipeline;

import java.util.Arrays;

/**
 * How the picture moved from one frame to the next: a similarity (shift, zoom, turn) fitted to lesions seen in both, with those left out
 * that went elsewhere. One lesion gives the shift alone. Confined.
 */
final class CameraMotion {
    /** A pair is left out when it lies farther from the fit than this, in pixels, or than three times the median pair. */
    private static final float NEAR = 3;

    private static final int FEWEST_FOR_ZOOM = 2;
    /** Lesions have to span so many pixels for zoom and turn to be told from the jitter of their boxes. */
    private static final float LEAST_SPAN = 150;

    private float[] pairs = new float[4 * 16];
    private float[] distances = new float[16];
    private boolean[] out = new boolean[16];
    private int n;

    /** x' = a x - b y + shiftX, y' = b x + a y + shiftY. */
    float a = 1;

    float b;
    float shiftX;
    float shiftY;
    /** Whether {@link #fit} had a pair to go by. */
    boolean measured;

    void clear() {
        n = 0;
    }

    /** Adds a lesion's centre in the last frame and in this one. */
    void add(float x, float y, float newX, float newY) {
        if (4 * n == pairs.length) {
            pairs = Arrays.copyOf(pairs, 2 * pairs.length);
            distances = new float[2 * n];
            out = new boolean[2 * n];
        }
        pairs[4 * n] = x;
        pairs[4 * n + 1] = y;
        pairs[4 * n + 2] = newX;
        pairs[4 * n + 3] = newY;
        n++;
    }

    /** Fits the pairs; without any the motion goes on as it was, slower and slower, with no zoom. */
    void fit() {
        measured = n > 0;
        if (n == 0) {
            a = 1;
            b = 0;
            shiftX *= 0.9f;
            shiftY *= 0.9f;
            return;
        }
        Arrays.fill(out, 0, n, false);
        medianShift();
        for (int pass = 0; pass < 2; pass++) {
            leaveOut();
            leastSquares();
        }
    }

    private void medianShift() {
        a = 1;
        b = 0;
        for (int k = 0; k < 2; k++) {
            for (int i = 0; i < n; i++) {
                distances[i] = pairs[4 * i + 2 + k] - pairs[4 * i + k];
            }
            Arrays.sort(distances, 0, n);
            float median = (distances[(n - 1) / 2] + distances[n / 2]) / 2;
            if (k == 0) {
                shiftX = median;
            } else {
                shiftY = median;
            }
        }
    }

    private float distance(int i) {
        float dx = x(pairs[4 * i], pairs[4 * i + 1]) - pairs[4 * i + 2];
        float dy = y(pairs[4 * i], pairs[4 * i + 1]) - pairs[4 * i + 3];
        return (float) Math.sqrt(dx * dx + dy * dy);
    }

    private void leaveOut() {
        for (int i = 0; i < n; i++) {
            distances[i] = distance(i);
        }
        Arrays.sort(distances, 0, n);
        float limit = Math.max(NEAR, 3 * distances[(n - 1) / 2]);
        for (int i = 0; i < n; i++) {
            out[i] = distance(i) > limit;
        }
    }

    private void leastSquares() {
        float cx = 0;
        float cy = 0;
        float dx = 0;
        float dy = 0;
        int kept = 0;
        for (int i = 0; i < n; i++) {
            if (!out[i]) {
                cx += pairs[4 * i];
                cy += pairs[4 * i + 1];
                dx += pairs[4 * i + 2];
                dy += pairs[4 * i + 3];
                kept++;
            }
        }
        cx /= kept;
        cy /= kept;
        dx /= kept;
        dy /= kept;
        float along = 0;
        float across = 0;
        float spread = 0;
        for (int i = 0; i < n; i++) {
            if (!out[i]) {
                float x = pairs[4 * i] - cx;
                float y = pairs[4 * i + 1] - cy;
                float u = pairs[4 * i + 2] - dx;
                float v = pairs[4 * i + 3] - dy;
                along += x * u + y * v;
                across += x * v - y * u;
                spread += x * x + y * y;
            }
        }
        boolean wide = kept >= FEWEST_FOR_ZOOM && spread > LEAST_SPAN * LEAST_SPAN / 2;
        a = wide ? along / spread : 1;
        b = wide ? across / spread : 0;
        shiftX = dx - a * cx + b * cy;
        shiftY = dy - b * cx - a * cy;
    }

    float x(float x, float y) {
        return a * x - b * y + shiftX;
    }

    float y(float x, float y) {
        return b * x + a * y + shiftY;
    }

    float zoom() {
        return (float) Math.sqrt(a * a + b * b);
    }
}

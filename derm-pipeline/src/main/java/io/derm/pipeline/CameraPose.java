package io.derm.pipeline;

import java.util.Arrays;

/**
 * Where the camera is over a map of the skin: the similarity (shift, zoom, turn) from map to frame, fitted to lesions whose places on the
 * map are known, those left out that lie elsewhere. One lesion gives the shift alone. Confined.
 */
final class CameraPose {
    /** A lesion is left out when it lies farther from the fit than this, in pixels, or than three times the median one. */
    private static final float NEAR = 3;
    /**
     * What the last zoom and turn count for beside the lesions, as a sum of squared distances from their middle in pixels: the variance
     * of a box's place (1.5 pixels squared) over that of zoom or turn from frame to frame (0.012 squared).
     */
    private static final float STEADINESS = 15_000;

    private static final float SLOWING = 0.9f;

    private static final int NUMBERS = 5;
    private float[] pairs = new float[NUMBERS * 16];
    private float[] distances = new float[16];
    private boolean[] out = new boolean[16];
    private int n;

    /** x' = a x - b y + shiftX, y' = b x + a y + shiftY. */
    private float a = 1;

    private float b;
    private float shiftX;
    private float shiftY;
    private float lastA = 1;
    private float lastB;
    private float lastX;
    private float lastY;
    /** Middle of the lesions last seen, on the map, and how far it goes from frame to frame. */
    private float middleX;

    private float middleY;
    private float speedX;
    private float speedY;
    private boolean measured;

    /** To the next frame: on as the camera moved, slower and slower while it cannot be measured. */
    void next() {
        if (measured) {
            speedX = x(middleX, middleY) - (lastA * middleX - lastB * middleY + lastX);
            speedY = y(middleX, middleY) - (lastB * middleX + lastA * middleY + lastY);
        } else {
            speedX *= SLOWING;
            speedY *= SLOWING;
        }
        lastA = a;
        lastB = b;
        lastX = shiftX;
        lastY = shiftY;
        shiftX += speedX;
        shiftY += speedY;
        n = 0;
    }

    /**
     * Adds a lesion.
     *
     * @param x its place on the map
     * @param frameX where it is in the frame
     * @param weight how well its place is known
     */
    void add(float x, float y, float frameX, float frameY, float weight) {
        if (n == distances.length) {
            pairs = Arrays.copyOf(pairs, 2 * pairs.length);
            distances = new float[2 * n];
            out = new boolean[2 * n];
        }
        int o = NUMBERS * n++;
        pairs[o] = x;
        pairs[o + 1] = y;
        pairs[o + 2] = frameX;
        pairs[o + 3] = frameY;
        pairs[o + 4] = weight;
    }

    /** Fits the pose to the lesions added. */
    void fit() {
        measured = n > 0;
        if (n == 0) {
            return;
        }
        Arrays.fill(out, 0, n, false);
        medianShift();
        for (int pass = 0; pass < 3; pass++) {
            leaveOut();
            leastSquares();
        }
    }

    /** Whether the last fit had a lesion to go by. */
    boolean measured() {
        return measured;
    }

    /** The median of what the lesions say of the shift, zoom and turn being as they were. */
    private void medianShift() {
        a = lastA;
        b = lastB;
        shiftX = 0;
        shiftY = 0;
        float medianX = medianOff(2);
        float medianY = medianOff(3);
        shiftX = medianX;
        shiftY = medianY;
    }

    private float medianOff(int number) {
        for (int i = 0; i < n; i++) {
            float x = pairs[NUMBERS * i];
            float y = pairs[NUMBERS * i + 1];
            distances[i] = pairs[NUMBERS * i + number] - (number == 2 ? x(x, y) : y(x, y));
        }
        Arrays.sort(distances, 0, n);
        return (distances[(n - 1) / 2] + distances[n / 2]) / 2;
    }

    private float distance(int i) {
        int o = NUMBERS * i;
        float dx = x(pairs[o], pairs[o + 1]) - pairs[o + 2];
        float dy = y(pairs[o], pairs[o + 1]) - pairs[o + 3];
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
        int kept = 0;
        float sum = 0;
        float cx = 0;
        float cy = 0;
        float dx = 0;
        float dy = 0;
        for (int o = 0, i = 0; i < n; o += NUMBERS, i++) {
            if (!out[i]) {
                float w = pairs[o + 4];
                kept++;
                sum += w;
                cx += w * pairs[o];
                cy += w * pairs[o + 1];
                dx += w * pairs[o + 2];
                dy += w * pairs[o + 3];
            }
        }
        cx /= sum;
        cy /= sum;
        middleX = cx;
        middleY = cy;
        dx /= sum;
        dy /= sum;
        float along = 0;
        float across = 0;
        float spread = 0;
        for (int o = 0, i = 0; i < n; o += NUMBERS, i++) {
            if (!out[i]) {
                float x = pairs[o] - cx;
                float y = pairs[o + 1] - cy;
                float u = pairs[o + 2] - dx;
                float v = pairs[o + 3] - dy;
                along += pairs[o + 4] * (x * u + y * v);
                across += pairs[o + 4] * (x * v - y * u);
                spread += pairs[o + 4] * (x * x + y * y);
            }
        }
        float prior = sum / kept * STEADINESS / (lastA * lastA + lastB * lastB);
        a = (along + prior * lastA) / (spread + prior);
        b = (across + prior * lastB) / (spread + prior);
        shiftX = dx - a * cx + b * cy;
        shiftY = dy - b * cx - a * cy;
    }

    /** Frame from map. */
    float x(float mapX, float mapY) {
        return a * mapX - b * mapY + shiftX;
    }

    /** Frame from map. */
    float y(float mapX, float mapY) {
        return b * mapX + a * mapY + shiftY;
    }

    /** Map from frame. */
    float mapX(float x, float y) {
        return (a * (x - shiftX) + b * (y - shiftY)) / (a * a + b * b);
    }

    /** Map from frame. */
    float mapY(float x, float y) {
        return (a * (y - shiftY) - b * (x - shiftX)) / (a * a + b * b);
    }

    /** Frame pixels for a unit of the map. */
    float zoom() {
        return (float) Math.sqrt(a * a + b * b);
    }
}

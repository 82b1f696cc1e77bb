package io.derm.pipeline;

import io.derm.api.Box;
import java.util.Arrays;

/**
 * Where the camera is over a map of the skin: the similarity from map to frame. The pixels say how it moved since the last frame, or it
 * goes on as it did; lesions whose places on the map are known then correct it, those left out that lie elsewhere. Without pixels one
 * lesion gives the shift alone. Confined.
 */
final class CameraPose {
    /** A lesion is left out when it lies farther from the fit than this, in pixels, or than three times the median one. */
    private static final float NEAR = 3;
    /**
     * What the expected zoom and turn count for beside the lesions, as a sum of squared distances from their middle in pixels: the
     * variance of a box's place (1.5 pixels squared) over that of zoom or turn from frame to frame (0.012 squared).
     */
    private static final double STEADINESS = 15_000;
    /** The same where the pixels say how they changed. */
    private static final double STEADINESS_SEEN = 1_500_000;
    /** So many lesions count for as much as the pixels do. */
    private static final double LESIONS_FOR_PIXELS = 15;

    private static final double SLOWING = 0.9;

    private static final int NUMBERS = 5;
    private float[] pairs = new float[NUMBERS * 16];
    private float[] distances = new float[16];
    private boolean[] out = new boolean[16];
    private int n;

    /** x' = a x - b y + shiftX, y' = b x + a y + shiftY. */
    private double a = 1;

    private double b;
    private double shiftX;
    private double shiftY;
    private double lastA = 1;
    private double lastB;
    private double lastX;
    private double lastY;
    /** Middle of the lesions last seen, on the map, and how far it goes from frame to frame. */
    private double middleX;

    private double middleY;
    private double speedX;
    private double speedY;
    private boolean seen;
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
        n = 0;
        steady();
    }

    /** Goes on as the camera moved. */
    void steady() {
        seen = false;
        set(lastA, lastB, lastX + speedX, lastY + speedY);
    }

    /** Goes where the pixels say. */
    void follow(Similarity moved) {
        seen = true;
        set(
                moved.a() * lastA - moved.b() * lastB,
                moved.b() * lastA + moved.a() * lastB,
                moved.x(lastX, lastY),
                moved.y(lastX, lastY));
    }

    private void set(double toA, double toB, double toX, double toY) {
        a = toA;
        b = toB;
        shiftX = toX;
        shiftY = toY;
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

    /**
     * Fits the pose to the lesions added.
     *
     * @param frame bounds of the frame
     */
    void fit(Box frame) {
        measured = seen || n > 0;
        if (n == 0) {
            return;
        }
        double expectedA = a;
        double expectedB = b;
        double mapX = mapX(frame.centerX(), frame.centerY());
        double mapY = mapY(frame.centerX(), frame.centerY());
        if (!seen) {
            medianShift();
        }
        for (int pass = 0; pass < 3; pass++) {
            leaveOut();
            leastSquares(expectedA, expectedB, mapX, mapY, frame);
        }
    }

    /** Whether the last frame told where the camera is. */
    boolean measured() {
        return measured;
    }

    /** The median of what the lesions say of the shift, zoom and turn being as they were. */
    private void medianShift() {
        double x = medianOff(2);
        double y = medianOff(3);
        shiftX += x;
        shiftY += y;
    }

    private double medianOff(int number) {
        for (int i = 0; i < n; i++) {
            float x = pairs[NUMBERS * i];
            float y = pairs[NUMBERS * i + 1];
            distances[i] = (float) (pairs[NUMBERS * i + number] - (number == 2 ? x(x, y) : y(x, y)));
        }
        Arrays.sort(distances, 0, n);
        return (distances[(n - 1) / 2] + distances[n / 2]) / 2;
    }

    private float distance(int i) {
        int o = NUMBERS * i;
        double dx = x(pairs[o], pairs[o + 1]) - pairs[o + 2];
        double dy = y(pairs[o], pairs[o + 1]) - pairs[o + 3];
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

    /**
     * One fit.
     *
     * @param mapX where on the map the middle of the frame is expected
     */
    private void leastSquares(double expectedA, double expectedB, double mapX, double mapY, Box frame) {
        int kept = 0;
        double sum = 0;
        double cx = 0;
        double cy = 0;
        double dx = 0;
        double dy = 0;
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
        middleX = cx / sum;
        middleY = cy / sum;
        double mean = sum / kept;
        // The pixels count as a lesion in the middle of the frame.
        double pixels = seen ? mean * LESIONS_FOR_PIXELS : 0;
        double frameX = frame.centerX();
        double frameY = frame.centerY();
        sum += pixels;
        cx = (cx + pixels * mapX) / sum;
        cy = (cy + pixels * mapY) / sum;
        dx = (dx + pixels * frameX) / sum;
        dy = (dy + pixels * frameY) / sum;
        double along = pixels * ((mapX - cx) * (frameX - dx) + (mapY - cy) * (frameY - dy));
        double across = pixels * ((mapX - cx) * (frameY - dy) - (mapY - cy) * (frameX - dx));
        double spread = pixels * ((mapX - cx) * (mapX - cx) + (mapY - cy) * (mapY - cy));
        for (int o = 0, i = 0; i < n; o += NUMBERS, i++) {
            if (!out[i]) {
                double x = pairs[o] - cx;
                double y = pairs[o + 1] - cy;
                double u = pairs[o + 2] - dx;
                double v = pairs[o + 3] - dy;
                along += pairs[o + 4] * (x * u + y * v);
                across += pairs[o + 4] * (x * v - y * u);
                spread += pairs[o + 4] * (x * x + y * y);
            }
        }
        double zoom = expectedA * expectedA + expectedB * expectedB;
        double prior = mean * (seen ? STEADINESS_SEEN : STEADINESS) / zoom;
        double toA = (along + prior * expectedA) / (spread + prior);
        double toB = (across + prior * expectedB) / (spread + prior);
        set(toA, toB, dx - toA * cx + toB * cy, dy - toB * cx - toA * cy);
    }

    /** Frame from map. */
    double x(double mapX, double mapY) {
        return a * mapX - b * mapY + shiftX;
    }

    /** Frame from map. */
    double y(double mapX, double mapY) {
        return b * mapX + a * mapY + shiftY;
    }

    /** Map from frame. */
    double mapX(double x, double y) {
        return (a * (x - shiftX) + b * (y - shiftY)) / (a * a + b * b);
    }

    /** Map from frame. */
    double mapY(double x, double y) {
        return (a * (y - shiftY) - b * (x - shiftX)) / (a * a + b * b);
    }

    /** Frame pixels for a unit of the map. */
    double zoom() {
        return Math.hypot(a, b);
    }
}

package io.derm.onnx;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * How often a tensor took which values, in bounded memory whatever the number of samples: bins of equal width, a power of two, on either
 * side of 0. When a value lies outside, widths double and neighbours are added up, which loses nothing but resolution. Confined.
 */
final class Histogram {
    /** Bins on each side of 0; at least half of the wider side is in use, so a range has over a thousand bins. */
    static final int SIDE = 2048;

    private static final int CHUNK = 4096;

    private final long[] counts = new long[2 * SIDE];
    private final float[] chunk = new float[CHUNK];
    private int exponent = Integer.MIN_VALUE;
    private float min = Float.POSITIVE_INFINITY;
    private float max = Float.NEGATIVE_INFINITY;
    private long count;
    private long zeros;
    private long odd;

    /** Counts all values from index 0 to the limit; those that are not finite are counted apart. */
    void add(FloatBuffer values) {
        for (int from = 0; from < values.limit(); from += chunk.length) {
            int n = Math.min(chunk.length, values.limit() - from);
            values.get(from, chunk, 0, n);
            add(n);
        }
    }

    /** Counts the first {@code n} values of the chunk. */
    private void add(int n) {
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        int finite = 0;
        for (int i = 0; i < n; i++) {
            float v = chunk[i];
            if (Math.abs(v) <= Float.MAX_VALUE) {
                low = Math.min(low, v);
                high = Math.max(high, v);
                chunk[finite++] = v;
            }
        }
        odd += n - finite;
        if (finite == 0) {
            return;
        }
        min = Math.min(min, low);
        max = Math.max(max, high);
        widen(Math.max(Math.abs(low), Math.abs(high)));
        double perWidth = Math.scalb(1.0, -exponent);
        for (int i = 0; i < finite; i++) {
            counts[SIDE + (int) Math.floor(chunk[i] * perWidth)]++;
            zeros += chunk[i] == 0 ? 1 : 0;
        }
        count += finite;
    }

    private void widen(float magnitude) {
        if (exponent == Integer.MIN_VALUE) {
            exponent = magnitude == 0 ? -140 : Math.getExponent(magnitude) + 1 - 11;
        }
        while (magnitude >= Math.scalb((double) SIDE, exponent)) {
            for (int i = 0; i < SIDE / 2; i++) {
                counts[SIDE + i] = counts[SIDE + 2 * i] + counts[SIDE + 2 * i + 1];
                counts[SIDE - 1 - i] = counts[SIDE - 1 - 2 * i] + counts[SIDE - 2 - 2 * i];
            }
            Arrays.fill(counts, 0, SIDE / 2, 0);
            Arrays.fill(counts, SIDE + SIDE / 2, 2 * SIDE, 0);
            exponent++;
        }
    }

    /** Number of finite values. */
    long count() {
        return count;
    }

    /** Number of values that are exactly 0, as every other one is after a ReLU; they are in the first bin above 0. */
    long zeros() {
        return zeros;
    }

    /** Number of values that were not finite. */
    long notFinite() {
        return odd;
    }

    float min() {
        return count == 0 ? 0 : min;
    }

    float max() {
        return count == 0 ? 0 : max;
    }

    int bins() {
        return 2 * SIDE;
    }

    long count(int bin) {
        return counts[bin];
    }

    double width() {
        return Math.scalb(1.0, exponent == Integer.MIN_VALUE ? 0 : exponent);
    }

    /** Lower edge of a bin. */
    double edge(int bin) {
        return (bin - SIDE) * width();
    }

    /** Middle of a bin. */
    double centre(int bin) {
        return (bin - SIDE + 0.5) * width();
    }
}

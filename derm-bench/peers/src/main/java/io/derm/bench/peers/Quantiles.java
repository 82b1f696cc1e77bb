package io.derm.bench.peers;

import java.util.Arrays;

/** Quantiles of times in milliseconds. */
record Quantiles(double median, double p95) {
    /** Of nanoseconds; between two values it goes straight from one to the other. */
    static Quantiles of(long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return new Quantiles(at(sorted, 0.5), at(sorted, 0.95));
    }

    private static double at(long[] sorted, double q) {
        if (sorted.length == 0) {
            throw new IllegalArgumentException("No times, expected at least one");
        }
        double place = q * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(sorted.length - 1, below + 1);
        return (sorted[below] + (place - below) * (sorted[above] - sorted[below])) / 1e6;
    }
}

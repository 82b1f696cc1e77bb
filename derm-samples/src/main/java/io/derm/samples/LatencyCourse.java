package io.derm.samples;

/**
 * The largest latency of each stretch of an exam, in bounded memory: when its {@value #POINTS} stretches are full, neighbours
 * are joined and stretches become twice as long. Confined.
 */
final class LatencyCourse {
    private static final int POINTS = 600;

    private final double[] millis = new double[POINTS];
    private final double[] seconds = new double[POINTS];
    private int size;
    private long stretch = 1;
    private long inStretch;

    void add(long timestampMicros, long latencyNanos) {
        double value = latencyNanos / 1e6;
        if (inStretch > 0 && inStretch < stretch) {
            millis[size - 1] = Math.max(millis[size - 1], value);
            inStretch++;
            return;
        }
        if (size == POINTS) {
            for (int i = 0; i < POINTS / 2; i++) {
                millis[i] = Math.max(millis[2 * i], millis[2 * i + 1]);
                seconds[i] = seconds[2 * i];
            }
            size = POINTS / 2;
            stretch *= 2;
        }
        seconds[size] = timestampMicros / 1e6;
        millis[size] = value;
        size++;
        inStretch = 1;
    }

    double[] seconds() {
        return java.util.Arrays.copyOf(seconds, size);
    }

    double[] millis() {
        return java.util.Arrays.copyOf(millis, size);
    }
}

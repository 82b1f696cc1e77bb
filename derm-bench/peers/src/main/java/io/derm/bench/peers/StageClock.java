package io.derm.bench.peers;

import java.util.Arrays;

/** Splits the time of one exam into stages. Confined. */
final class StageClock {
    private final long[] nanos = new long[Stage.values().length];
    private long last;

    /** Starts on a frame. */
    void start() {
        Arrays.fill(nanos, 0);
        last = System.nanoTime();
    }

    /** Counts the time since the last call for a stage. */
    void end(Stage stage) {
        long now = System.nanoTime();
        nanos[stage.ordinal()] += now - last;
        last = now;
    }

    /** States a stage's time that was measured otherwise. */
    void set(Stage stage, long time) {
        nanos[stage.ordinal()] = time;
    }

    long nanos(Stage stage) {
        return nanos[stage.ordinal()];
    }
}

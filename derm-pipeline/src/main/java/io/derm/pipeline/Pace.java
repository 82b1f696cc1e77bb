package io.derm.pipeline;

import java.util.Arrays;

/** How long a stage took lately: quantiles of its last {@value #KEPT} times. Confined; recording allocates nothing. */
final class Pace {
    private static final int KEPT = 31;

    private final long[] times = new long[KEPT];
    private final long[] sorted = new long[KEPT];
    private int count;
    private int next;

    void record(long nanos) {
        times[next] = nanos;
        next = (next + 1) % KEPT;
        count = Math.min(count + 1, KEPT);
        System.arraycopy(times, 0, sorted, 0, count);
        Arrays.sort(sorted, 0, count);
    }

    /** Three of four times are longer; 0 before the first. */
    long low() {
        return count == 0 ? 0 : sorted[count / 4];
    }

    /** Three of four times are shorter; 0 before the first. */
    long high() {
        return count == 0 ? 0 : sorted[count - 1 - count / 4];
    }

    /** The longest of them; 0 before the first. */
    long longest() {
        return count == 0 ? 0 : sorted[count - 1];
    }
}

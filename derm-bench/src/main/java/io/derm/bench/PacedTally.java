package io.derm.bench;

import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/** What became of one stream's frames. Written by one thread; {@link #delivered} may be read by any, the rest once that one is done. */
final class PacedTally {
    private static final long HOUR = 3_600_000_000_000L;

    private final PacedWindow window;
    private final long deadlineNanos;
    private final Histogram latency = new Histogram(HOUR, 3);
    private final AtomicLong delivered = new AtomicLong();
    private long late;
    private long lesions;

    /**
     * A tally.
     *
     * @param deadlineNanos findings later than this after their frame's intended start are late
     */
    PacedTally(PacedWindow window, long deadlineNanos) {
        this.window = window;
        this.deadlineNanos = deadlineNanos;
    }

    /**
     * Counts a frame whose findings are there.
     *
     * @param dueNanos its intended start
     * @param nanos from that to its findings
     * @param found lesions in it
     */
    void delivered(long dueNanos, long nanos, int found) {
        delivered.incrementAndGet();
        if (window.holds(dueNanos)) {
            latency.recordValue(Math.max(0, Math.min(nanos, HOUR)));
            lesions += found;
            if (nanos > deadlineNanos) {
                late++;
            }
        }
    }

    /** Frames so far, of the window or not. */
    long delivered() {
        return delivered.get();
    }

    /** Latencies of the window's frames, in nanoseconds. */
    Histogram latency() {
        return latency;
    }

    /** The window's frames whose findings came after the deadline. */
    long late() {
        return late;
    }

    /** Lesions found in the window's frames. */
    long lesions() {
        return lesions;
    }
}

package io.derm.pipeline;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.HdrHistogram.Histogram;

/** What became of one exam's frames. Guarded by the lock of its {@link Exams}; counting allocates nothing. */
final class Tally {
    private static final long HOUR = 3_600_000_000_000L;
    /** A gap in the captures is filled with at most so many frames: an hour at 30 frames/s. */
    private static final int MAX_FILLED = 108_000;

    private final Map<Stage, Histogram> times = new EnumMap<>(Stage.class);
    private final long[] dropped = new long[DropCause.values().length];
    private long intervalNanos;
    private long captured;
    private long delivered;
    private long lastAgeNanos;
    private long lastCapturedNanos;
    private boolean gapless;

    /** An empty tally. */
    Tally() {
        for (Stage stage : Stage.values()) {
            times.put(stage, new Histogram(HOUR, 3));
        }
    }

    /**
     * Takes the pace of the source, before its first frame.
     *
     * @param nanos between two frames of a live source, 0 where it is not live or not known
     */
    void interval(long nanos) {
        intervalNanos = nanos;
    }

    void captured(long nanos) {
        captured++;
        took(Stage.CAPTURE, nanos);
    }

    void dropped(DropCause cause) {
        dropped[cause.ordinal()]++;
    }

    void took(Stage stage, long nanos) {
        Histogram h = histogram(stage);
        h.recordValue(Math.max(0, Math.min(nanos, h.getHighestTrackableValue())));
    }

    void delivered(long capturedNanos, long ageNanos) {
        delivered++;
        lastAgeNanos = ageNanos;
        took(Stage.LATENCY, ageNanos);
        if (intervalNanos == 0) {
            return;
        }
        took(Stage.RESPONSE, ageNanos);
        long gap = capturedNanos - lastCapturedNanos;
        int filled = 0;
        // Half an interval of slack: a camera's frames are never quite even.
        for (long before = intervalNanos;
                gapless && before < gap - intervalNanos / 2 && filled < MAX_FILLED;
                before += intervalNanos) {
            took(Stage.RESPONSE, ageNanos + before);
            filled++;
        }
        lastCapturedNanos = capturedNanos;
        gapless = true;
    }

    /** What comes between the last delivery and the next is no stall. */
    void interrupted() {
        gapless = false;
    }

    long captured() {
        return captured;
    }

    long delivered() {
        return delivered;
    }

    long lastAgeNanos() {
        return lastAgeNanos;
    }

    Map<DropCause, Long> dropped() {
        Map<DropCause, Long> counts = new EnumMap<>(DropCause.class);
        for (DropCause cause : DropCause.values()) {
            counts.put(cause, dropped[cause.ordinal()]);
        }
        return counts;
    }

    Histogram histogram(Stage stage) {
        return Objects.requireNonNull(times.get(stage));
    }

    Map<Stage, LatencySummary> summaries() {
        Map<Stage, LatencySummary> summaries = new EnumMap<>(Stage.class);
        times.forEach((stage, h) -> summaries.put(stage, LatencySummary.of(h)));
        return summaries;
    }
}

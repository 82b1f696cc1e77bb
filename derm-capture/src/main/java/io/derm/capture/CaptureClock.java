package io.derm.capture;

/**
 * Brings the times of a live stream to the clock of {@link System#nanoTime()}: of the latest 10 to 20 seconds the picture that took the
 * least time from its stream time to its arrival sets the difference of the two clocks, all others were held up by so much more. The
 * window follows clocks that drift apart, by 2 ms at 100 ppm. Confined.
 */
final class CaptureClock {
    private static final long WINDOW_NANOS = 10_000_000_000L;
    /** A stream that goes back further than reordered pictures do has started again. */
    private static final long RESTART_MICROS = 1_000_000;

    private long leastBefore = Long.MAX_VALUE;
    private long least = Long.MAX_VALUE;
    private long windowStart;
    private long lastMicros = Long.MIN_VALUE;

    /** Takes note that what the stream dates {@code micros} has arrived at {@code nanos}. */
    void arrived(long micros, long nanos) {
        if (lastMicros == Long.MIN_VALUE || micros < lastMicros - RESTART_MICROS) {
            leastBefore = Long.MAX_VALUE;
            least = Long.MAX_VALUE;
            windowStart = nanos;
        } else if (nanos - windowStart >= WINDOW_NANOS) {
            leastBefore = least;
            least = Long.MAX_VALUE;
            windowStart = nanos;
        }
        lastMicros = micros;
        least = Math.min(least, nanos - micros * 1000);
    }

    /** When what the stream dates {@code micros} was captured; {@code now} at the latest. Something must have arrived. */
    long captured(long micros, long now) {
        return Math.min(now, micros * 1000 + Math.min(least, leastBefore));
    }
}

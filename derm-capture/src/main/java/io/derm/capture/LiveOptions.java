package io.derm.capture;

/**
 * When a {@link LiveSource} gives up a connection and how it tries again. Immutable.
 *
 * <p>The n-th try in a row waits between 0 and {@code firstDelayMillis * 2^(n-1)}, at most {@code maxDelayMillis}, evenly spread
 * ("full jitter", so that many clients do not come back to one server at once).
 *
 * @param stallMillis how long a connection may yield no frame before it is given up; more than the time between two frames
 * @param openMillis how long an opening may take before it is given up; more than {@link CaptureOptions#timeoutMillis()},
 *     so that FFmpeg gives up first and frees what it holds
 * @param firstDelayMillis most that the first try waits
 * @param maxDelayMillis most that any try waits
 * @param stableMillis how long frames must have come for the waits to start from the first again
 * @param permanentTries how many tries in a row may end in an error that trying again does not mend
 * @param maxAbandoned how many connections that were given up may still hold a thread; no further one is tried before one
 *     comes back
 * @param giveUpMillis how long no frame may come, whatever is tried, before the source fails; 0 for a source that is not tried
 *     again, {@link #NEVER} for one that is tried for ever
 */
public record LiveOptions(
        int stallMillis,
        int openMillis,
        int firstDelayMillis,
        int maxDelayMillis,
        int stableMillis,
        int permanentTries,
        int maxAbandoned,
        int giveUpMillis) {
    /** A source that is tried for ever. */
    public static final int NEVER = -1;

    private static final LiveOptions DEFAULTS = new LiveOptions(3_000, 12_000, 100, 1_000, 10_000, 5, 4, NEVER);

    public LiveOptions {
        if (stallMillis < 1
                || openMillis < 1
                || firstDelayMillis < 0
                || maxDelayMillis < firstDelayMillis
                || stableMillis < 0
                || permanentTries < 1
                || maxAbandoned < 1
                || giveUpMillis < NEVER) {
            throw new IllegalArgumentException("Live options have a stall of " + stallMillis + " ms, an opening of "
                    + openMillis + " ms, delays of " + firstDelayMillis + " to " + maxDelayMillis + " ms, stable after "
                    + stableMillis + " ms, " + permanentTries + " tries, " + maxAbandoned + " abandoned and "
                    + giveUpMillis + " ms until giving up; expected at least 1 (delays, stable and giving up 0, or "
                    + NEVER + " for never), and delays in order");
        }
    }

    /** A stall after 3 s, 12 s to open, waits of 0.1 to 1 s, stable after 10 s, 5 tries, 4 abandoned, tried for ever. */
    public static LiveOptions defaults() {
        return DEFAULTS;
    }

    /** The same with connections given up after {@code millis} without a frame. */
    public LiveOptions withStallMillis(int millis) {
        return new LiveOptions(
                millis,
                openMillis,
                firstDelayMillis,
                maxDelayMillis,
                stableMillis,
                permanentTries,
                maxAbandoned,
                giveUpMillis);
    }

    /** The same with openings given up after {@code millis}. */
    public LiveOptions withOpenMillis(int millis) {
        return new LiveOptions(
                stallMillis,
                millis,
                firstDelayMillis,
                maxDelayMillis,
                stableMillis,
                permanentTries,
                maxAbandoned,
                giveUpMillis);
    }

    /** The same with other waits. */
    public LiveOptions withDelayMillis(int first, int max) {
        return new LiveOptions(
                stallMillis, openMillis, first, max, stableMillis, permanentTries, maxAbandoned, giveUpMillis);
    }

    /** The same with waits that start again once frames have come for {@code millis}. */
    public LiveOptions withStableMillis(int millis) {
        return new LiveOptions(
                stallMillis,
                openMillis,
                firstDelayMillis,
                maxDelayMillis,
                millis,
                permanentTries,
                maxAbandoned,
                giveUpMillis);
    }

    /** The same with at most {@code tries} in a row that end in a permanent error. */
    public LiveOptions withPermanentTries(int tries) {
        return new LiveOptions(
                stallMillis,
                openMillis,
                firstDelayMillis,
                maxDelayMillis,
                stableMillis,
                tries,
                maxAbandoned,
                giveUpMillis);
    }

    /** The same with at most {@code connections} abandoned at once. */
    public LiveOptions withMaxAbandoned(int connections) {
        return new LiveOptions(
                stallMillis,
                openMillis,
                firstDelayMillis,
                maxDelayMillis,
                stableMillis,
                permanentTries,
                connections,
                giveUpMillis);
    }

    /** The same, failing after {@code millis} without a frame; see {@link #giveUpMillis()}. */
    public LiveOptions withGiveUpMillis(int millis) {
        return new LiveOptions(
                stallMillis,
                openMillis,
                firstDelayMillis,
                maxDelayMillis,
                stableMillis,
                permanentTries,
                maxAbandoned,
                millis);
    }
}

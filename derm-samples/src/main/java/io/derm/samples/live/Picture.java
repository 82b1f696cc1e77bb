package io.derm.samples.live;

import java.util.concurrent.TimeUnit;

/**
 * A frame as viewers get it. Not copied: many share it.
 *
 * @param found what was found in it, a JSON object that is not empty
 * @param capturedNanos when it was captured
 * @param jpeg its pixels
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, and shared by intent.
record Picture(String found, long capturedNanos, byte[] jpeg) {
    /**
     * What was found, and how old the picture is. The page's clock is another: it gets durations alone.
     *
     * @param nowNanos when it is sent
     * @param heard what the page's clock showed when it sent the message that came last, in the page's own words; empty for none
     * @param heardNanos when that came, or the page itself
     */
    String json(long nowNanos, String heard, long heardNanos) {
        return "{\"ageMillis\":" + millis(nowNanos - capturedNanos)
                + ",\"heardMillisAgo\":" + millis(nowNanos - heardNanos)
                + (heard.isEmpty() ? "" : ",\"heard\":" + heard)
                + "," + found.substring(1);
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }
}

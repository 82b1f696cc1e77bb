package io.derm.pipeline;

/**
 * What a model or runtime has to show beside the live one before it takes its place. Immutable.
 *
 * @param warmUps runs before anything is measured
 * @param frames frames with something to compare, i.e. in which either of the two found something; 0 for no trial
 * @param minAgreement share of the answers in which the two agree, 0 to 1
 * @param maxSlowdown most that the median time of the new one may be of that of the live one, over 0
 * @param timeoutMillis how long it may take from its opening until so many frames were compared; without a trial, until the warm-ups are
 *     done. A frame that it is at when the time is over may take ten seconds more
 */
public record SwapOptions(int warmUps, int frames, double minAgreement, double maxSlowdown, long timeoutMillis) {
    public SwapOptions {
        if (warmUps < 0
                || frames < 0
                || !(minAgreement >= 0 && minAgreement <= 1)
                || !(maxSlowdown > 0)
                || timeoutMillis < 1) {
            throw new IllegalArgumentException("Swap options have warmUps=" + warmUps + ", frames=" + frames
                    + ", minAgreement=" + minAgreement + ", maxSlowdown=" + maxSlowdown + " and timeoutMillis="
                    + timeoutMillis + ", expected counts of at least 0, an agreement of 0 to 1, a slowdown over 0 and"
                    + " at least 1 ms");
        }
    }

    /** Three runs to warm up, 30 frames, nine of ten answers the same, at most one and a half times as slow, a minute. */
    public static SwapOptions defaults() {
        return new SwapOptions(3, 30, 0.9, 1.5, 60_000);
    }

    /** No trial: opened, warmed by one frame where one comes within a second, and switched to. */
    public static SwapOptions unchecked() {
        return new SwapOptions(1, 0, 0, Double.MAX_VALUE, 1_000);
    }

    public SwapOptions withFrames(int n) {
        return new SwapOptions(warmUps, n, minAgreement, maxSlowdown, timeoutMillis);
    }

    public SwapOptions withMinAgreement(double share) {
        return new SwapOptions(warmUps, frames, share, maxSlowdown, timeoutMillis);
    }

    public SwapOptions withMaxSlowdown(double ratio) {
        return new SwapOptions(warmUps, frames, minAgreement, ratio, timeoutMillis);
    }

    public SwapOptions withTimeoutMillis(long millis) {
        return new SwapOptions(warmUps, frames, minAgreement, maxSlowdown, millis);
    }
}

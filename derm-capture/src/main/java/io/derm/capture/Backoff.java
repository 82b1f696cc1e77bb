package io.derm.capture;

import java.util.random.RandomGenerator;

/**
 * How long to wait before each try: capped exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015). Confined.
 */
final class Backoff {
    private final int firstMillis;
    private final int maxMillis;
    private final RandomGenerator random;
    private int tries;

    Backoff(int firstMillis, int maxMillis, RandomGenerator random) {
        this.firstMillis = firstMillis;
        this.maxMillis = maxMillis;
        this.random = random;
    }

    /** Tries since the last reset. */
    int tries() {
        return tries;
    }

    /** Counts one more try and says how long it waits. */
    long nextMillis() {
        // 2^30 times one millisecond is beyond any cap.
        long ceiling = Math.min(maxMillis, (long) firstMillis << Math.min(tries, 30));
        tries++;
        return random.nextLong(ceiling + 1);
    }

    void reset() {
        tries = 0;
    }
}

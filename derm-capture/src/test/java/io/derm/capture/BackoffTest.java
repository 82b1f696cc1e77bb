package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
    /** Always the largest number that is allowed. */
    private static final class Largest implements RandomGenerator {
        @Override
        public long nextLong() {
            return Long.MAX_VALUE;
        }

        @Override
        public long nextLong(long bound) {
            return bound - 1;
        }
    }

    private static long[] next(Backoff backoff, int n) {
        return LongStream.generate(backoff::nextMillis).limit(n).toArray();
    }

    @Test
    void nextMillis_manyTries_doublesItsCeilingUpToTheCap() {
        Backoff backoff = new Backoff(100, 1000, new Largest());
        assertThat(next(backoff, 6)).containsExactly(100, 200, 400, 800, 1000, 1000);
        assertThat(next(backoff, 100)).containsOnly(1000);
        assertThat(backoff.tries()).isEqualTo(106);
    }

    @Test
    void nextMillis_afterReset_startsAgain() {
        Backoff backoff = new Backoff(100, 1000, new Largest());
        next(backoff, 5);
        backoff.reset();
        assertThat(backoff.tries()).isZero();
        assertThat(next(backoff, 2)).containsExactly(100, 200);
    }

    @Test
    void nextMillis_atTheCap_isSpreadEvenlyFromZero() {
        Backoff backoff = new Backoff(1000, 1000, new SplittableRandom(5));
        int[] tenths = new int[10];
        for (long millis : next(backoff, 10_000)) {
            tenths[(int) Math.min(9, millis / 100)]++;
        }
        // 1000 each, with a standard deviation of 30.
        for (int n : tenths) {
            assertThat(n).isBetween(850, 1150);
        }
    }

    @Test
    void nextMillis_noDelay_isZero() {
        assertThat(next(new Backoff(0, 0, new SplittableRandom(1)), 40)).containsOnly(0);
    }
}

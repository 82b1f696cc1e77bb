package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** A simulated camera whose true capture instants are known: stream time, a shared delay of 40 ms and a jitter on top. */
class CaptureClockTest {
    private static final long DELAY = 40_000_000L;
    private static final long EPOCH = -7_000_000_000L;

    private final CaptureClock clock = new CaptureClock();

    @Test
    void captured_onAJitteryNetwork_isTheInstantPlusTheLeastDelay() {
        Random random = new Random(1);
        for (int n = 0; n < 3000; n++) {
            long micros = n * 33_333L;
            long jitter = n % 7 == 0 ? 0 : (long) (random.nextDouble() * 200e6);
            long arrival = EPOCH + micros * 1000 + DELAY + jitter;
            clock.arrived(micros, arrival);
            assertThat(arrival - clock.captured(micros, arrival)).isEqualTo(jitter);
        }
    }

    @Test
    void captured_afterAStall_countsTheStall() {
        for (int n = 0; n < 30; n++) {
            clock.arrived(n * 40_000L, EPOCH + n * 40_000_000L + DELAY);
        }
        long late = EPOCH + 30 * 40_000_000L + DELAY + 3_000_000_000L;
        clock.arrived(30 * 40_000L, late);
        assertThat(late - clock.captured(30 * 40_000L, late)).isEqualTo(3_000_000_000L);
    }

    @Test
    void captured_whenClocksDriftApart_followsWithinMilliseconds() {
        // The camera's clock gains 100 ppm: without a window the error after an hour were 360 ms.
        long worst = 0;
        for (long n = 0; n < 3600 * 25; n++) {
            long trueNanos = n * 40_000_000L;
            long micros = Math.round(trueNanos / 1000.0 * (1 - 100e-6));
            clock.arrived(micros, trueNanos + DELAY);
            worst = Math.max(worst, trueNanos + DELAY - clock.captured(micros, trueNanos + DELAY));
        }
        assertThat(worst).isBetween(500_000L, 2_100_000L);
    }

    @Test
    void captured_afterTheWayGotLonger_settlesWithinTwoWindows() {
        long micros = 0;
        for (; micros < 5_000_000; micros += 40_000) {
            clock.arrived(micros, EPOCH + micros * 1000 + DELAY);
        }
        long arrival = 0;
        for (; micros < 40_000_000; micros += 40_000) {
            arrival = EPOCH + micros * 1000 + 2 * DELAY;
            clock.arrived(micros, arrival);
        }
        assertThat(arrival - clock.captured(micros - 40_000, arrival)).isZero();
    }

    @Test
    void captured_afterTheCameraStartsAgain_forgetsItsOldClock() {
        for (int n = 0; n < 100; n++) {
            clock.arrived(900_000_000 + n * 40_000L, EPOCH + n * 40_000_000L);
        }
        long arrival = EPOCH + 9_000_000_000L;
        clock.arrived(0, arrival);
        assertThat((double) (arrival - clock.captured(0, arrival))).isCloseTo(0, within(0.0));
    }

    @Test
    void captured_reorderedPictures_keepTheirOwnAges() {
        // Sent as I P B B: the P proves that nothing takes longer than it did, the B were held back.
        long[] shown = {0, 120_000, 40_000, 80_000};
        for (int i = 0; i < 4; i++) {
            clock.arrived(shown[i], 200_000_000L + i * 40_000_000L);
        }
        assertThat(clock.captured(120_000, 400_000_000L)).isEqualTo(240_000_000L);
        assertThat(clock.captured(40_000, 400_000_000L)).isEqualTo(160_000_000L);
    }

    @Test
    void captured_pictureOfTheFuture_isNow() {
        clock.arrived(0, 1_000);
        assertThat(clock.captured(1_000_000, 2_000)).isEqualTo(2_000);
    }
}

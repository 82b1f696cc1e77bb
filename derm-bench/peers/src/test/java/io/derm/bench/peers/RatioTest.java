package io.derm.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RatioTest {
    private static final int FRAMES = 10;

    /** Times around a mean with noise of a process, of a round and of a frame, in log units. */
    private static long[][][] times(Random random, double mean, double process, double round, double frame) {
        long[][][] times = new long[5][6][FRAMES];
        for (long[][] rounds : times) {
            double p = process * random.nextGaussian();
            for (long[] frames : rounds) {
                double r = round * random.nextGaussian();
                for (int f = 0; f < FRAMES; f++) {
                    frames[f] = Math.round(mean * Math.exp(p + r + frame * random.nextGaussian()));
                }
            }
        }
        return times;
    }

    @Test
    void ratio_ofTimesWithoutNoise_isExact() {
        Random random = new Random(1);
        Ratio ratio = Ratio.of(times(random, 2e7, 0, 0, 0), times(random, 3e7, 0, 0, 0));

        assertThat(ratio.ratio()).isCloseTo(1.5, within(1e-6));
        assertThat(ratio.lower()).isCloseTo(1.5, within(1e-6));
        assertThat(ratio.upper()).isCloseTo(1.5, within(1e-6));
    }

    @Test
    void ratio_ofFramesThatDifferMuch_pairsThem() {
        long[][][] derm = new long[2][1][2];
        long[][][] peer = new long[2][1][2];
        for (int p = 0; p < 2; p++) {
            derm[p][0] = new long[] {1_000_000, 50_000_000};
            peer[p][0] = new long[] {2_000_000, 100_000_000};
        }
        assertThat(Ratio.of(derm, peer).ratio()).isCloseTo(2, within(1e-9));
    }

    @Test
    void interval_ofNoisyTimes_holdsTheTruthAbout95TimesOf100() {
        // Among 300 a true rate of 95 % gives 285, spread 3.8: five spreads below is 266.
        Random random = new Random(2);
        int held = 0;
        double widths = 0;
        for (int i = 0; i < 300; i++) {
            Ratio ratio = Ratio.of(times(random, 2e7, 0.02, 0.01, 0.05), times(random, 2e7 * 1.3, 0.02, 0.01, 0.05));
            held += ratio.lower() <= 1.3 && 1.3 <= ratio.upper() ? 1 : 0;
            widths += (ratio.upper() - ratio.lower()) / 300;
        }
        assertThat(held).isBetween(266, 299);
        // Student's interval of five process means alone: 2 x 2.776 x 1.3 x sqrt(2 (0.02^2 + 0.01^2 / 6 + 0.05^2 / 60)
        // / 5) = 0.099.
        assertThat(widths).isBetween(0.08, 0.16);
    }

    @Test
    void ratio_ofOneProcess_isRefused() {
        assertThatThrownBy(() -> Ratio.of(new long[1][1][1], new long[1][1][1]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void quantiles_betweenValues_goStraight() {
        // numpy.quantile([1, 2, 3, 4, 10], [.5, .95]) = 3, 8.8
        Quantiles quantiles = Quantiles.of(new long[] {10_000_000, 2_000_000, 1_000_000, 4_000_000, 3_000_000});

        assertThat(quantiles.median()).isCloseTo(3, within(1e-9));
        assertThat(quantiles.p95()).isCloseTo(8.8, within(1e-9));
    }
}

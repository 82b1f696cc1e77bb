package io.derm.bench.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The gate's statistics on simulated latencies whose true ratio is known. */
class IntervalTest {
    private static final int FORKS = 5;
    private static final int BLOCKS = 6;
    private static final int CALLS = 5;
    private static final double MARGIN = 1.05;

    /** What makes latencies noisy, each as bad as a shared machine of two cores has shown or worse. */
    enum Noise {
        /** Every call 5 % to and fro, normal. */
        NORMAL,
        /** One call in eight is held up, for a time without finite variance (Pareto, shape 1.5). */
        HEAVY_TAILS,
        /** The machine slows down from fork to fork by up to half, for both, and each fork favours one of the two by 1 % (normal). */
        DRIFT,
        /** Slow and fast spells last some calls (AR(1), 0.9) and hit both, with call noise besides. */
        AUTOCORRELATION,
        /** All of them. */
        ALL,
        /** A machine with five times the work that it can do: calls differ by 30 %, and each fork favours one of the two by 5 % (normal). */
        OVERLOAD
    }

    /** Times as a fork sees them, subject and yardstick in turns, ABBA. */
    private static double[][] simulate(Noise noise, double ratio, int forks, RandomGenerator random) {
        boolean all = noise == Noise.ALL;
        double[][] out = new double[forks][BLOCKS];
        for (int f = 0; f < forks; f++) {
            double machine = 1;
            double favour = 0;
            if (all || noise == Noise.DRIFT) {
                machine = 1 + 0.5 * random.nextDouble() * f / forks;
                favour = 0.01 * random.nextGaussian();
            }
            double spell = 0;
            if (noise == Noise.OVERLOAD) {
                favour = 0.05 * random.nextGaussian();
            }
            for (int b = 0; b < BLOCKS; b++) {
                double[] subject = new double[CALLS];
                double[] yardstick = new double[CALLS];
                for (int c = 0; c < CALLS; c++) {
                    for (int turn = 0; turn < 2; turn++) {
                        boolean isSubject = turn == c % 2;
                        double log = (noise == Noise.OVERLOAD ? 0.3 : 0.05) * random.nextGaussian();
                        if (all || noise == Noise.AUTOCORRELATION) {
                            spell = 0.9 * spell + 0.04 * random.nextGaussian();
                            log += spell;
                        }
                        if (isSubject) {
                            log += favour;
                        }
                        double time = 40 * machine * Math.exp(log) * (isSubject ? ratio : 1);
                        if ((all || noise == Noise.HEAVY_TAILS) && random.nextInt(8) == 0) {
                            time += 5 * (Math.pow(1 - random.nextDouble(), -1 / 1.5) - 1);
                        }
                        (isSubject ? subject : yardstick)[c] = time;
                    }
                }
                out[f][b] = Block.logRatio("p50", subject, yardstick);
            }
        }
        return out;
    }

    private static Map<Status, Integer> judge(Noise noise, double ratio, int forks, int runs) {
        RandomGenerator random = new SplittableRandom(1234 + noise.ordinal());
        Map<Status, Integer> counts = new EnumMap<>(Status.class);
        for (int i = 0; i < runs; i++) {
            Verdict verdict = Verdict.twice(
                    MARGIN, simulate(noise, ratio, forks, random), () -> simulate(noise, ratio, 2 * forks, random));
            counts.merge(verdict.status(), 1, Integer::sum);
        }
        return counts;
    }

    @ParameterizedTest
    @EnumSource
    void verdict_onTheSameSpeed_raisesNoFalseAlarm(Noise noise) {
        Map<Status, Integer> counts = judge(noise, 1.00, FORKS, 1000);
        assertThat(counts.getOrDefault(Status.FAIL, 0)).isLessThanOrEqualTo(2);
        if (noise != Noise.OVERLOAD) {
            assertThat(counts.getOrDefault(Status.PASS, 0)).isGreaterThanOrEqualTo(950);
        }
    }

    // The worst that a change can be and be within its limit: exactly at the margin. 2 % are 20 of 1000.
    @ParameterizedTest
    @EnumSource
    void verdict_atTheMargin_failsAtMostTwiceInAHundred(Noise noise) {
        assertThat(judge(noise, MARGIN, FORKS, 1000).getOrDefault(Status.FAIL, 0))
                .isLessThanOrEqualTo(20);
        assertThat(judge(noise, MARGIN, Interval.FEWEST_FORKS, 1000).getOrDefault(Status.FAIL, 0))
                .isLessThanOrEqualTo(20);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OVERLOAD")
    void verdict_onASlowdownOfATenth_findsItNineTimesOfTen(Noise noise) {
        Map<Status, Integer> counts = judge(noise, 1.10, FORKS, 300);
        assertThat(counts.getOrDefault(Status.FAIL, 0)).isGreaterThanOrEqualTo(270);
        assertThat(counts.getOrDefault(Status.PASS, 0)).isZero();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OVERLOAD")
    void verdict_onASlowdownOfAFifth_findsItAlways(Noise noise) {
        assertThat(judge(noise, 1.20, FORKS, 300)).containsOnlyKeys(Status.FAIL);
    }

    // On an overloaded machine the gate finds little, and says that it has not decided rather than pass what is slower.
    @Test
    void verdict_onASlowdownOfATenthUnderOverload_seldomPasses() {
        assertThat(judge(Noise.OVERLOAD, 1.10, FORKS, 1000).getOrDefault(Status.PASS, 0))
                .isLessThanOrEqualTo(20);
    }

    @ParameterizedTest
    @EnumSource
    void interval_ofFewForks_holdsTheTruthNineteenTimesOfTwenty(Noise noise) {
        RandomGenerator random = new SplittableRandom(77);
        int held = 0;
        for (int i = 0; i < 1000; i++) {
            Interval interval = Interval.of(simulate(noise, 1.07, FORKS, random));
            held += interval.lower() <= 1.07 && interval.upper() >= 1.07 ? 1 : 0;
        }
        // Three standard errors under 950 of 1000.
        assertThat(held).isGreaterThanOrEqualTo(929);
    }

    @Test
    void interval_ofForksWithoutSpread_isStudentsWithTheirStandardError() {
        // Constant within a fork: the bootstrap's variance is that of n forks with divisor n, and Student's interval
        // follows from it.
        // mean 0.03, sample variance 0.00025; t(0.975, 4) = 2.7764 of the tables.
        double[][] forks = {{0.01}, {0.02}, {0.03}, {0.04}, {0.05}};
        Interval interval = Interval.of(forks);
        double reach = 2.7764 * Math.sqrt(0.00025 / 5);
        assertThat(interval.ratio()).isCloseTo(Math.exp(0.03), within(1e-9));
        // A thousand resamples know a standard error to some 2 %.
        assertThat(Math.log(interval.upper()) - 0.03).isCloseTo(reach, within(0.07 * reach));
        assertThat(0.03 - Math.log(interval.lower())).isCloseTo(reach, within(0.07 * reach));
    }

    @Test
    void interval_ofTwoForks_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Interval.of(new double[][] {{0}, {0}}));
    }

    @Test
    void verdict_thatIsClear_asksForNoMore() {
        double[][] slow = {{0.3}, {0.31}, {0.32}, {0.3}};
        Verdict verdict = Verdict.twice(MARGIN, slow, () -> {
            throw new AssertionError("Asked for more forks");
        });
        assertThat(verdict.status()).isEqualTo(Status.FAIL);
    }

    @Test
    void verdict_thatStraddlesTwice_isInconclusiveOverAllForks() {
        double[][] wide = {{-0.2}, {0.3}, {0.1}};
        Verdict verdict = Verdict.twice(MARGIN, wide, () -> wide);
        assertThat(verdict.status()).isEqualTo(Status.INCONCLUSIVE);
        assertThat(verdict.logRatios()).hasDimensions(6, 1);
        assertThat(Status.INCONCLUSIVE.exitCode()).isEqualTo(3);
    }
}

package io.derm.bench.gate;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * A ratio of latencies with its 95 % interval. Immutable.
 *
 * <p>Its data are paired log-ratios, a row a fork (a process, or processes that ran side by side), a number a block. Blocks of one process share its memory layout and compiled code, so
 * forks are what is independent: a hierarchical bootstrap draws forks, then blocks within each fork drawn. Of its resamples the standard
 * error is taken and widened by Student's t: the percentiles of resamples of a handful of forks cannot lie outside their range and make
 * intervals that are too narrow (Hesterberg, The American Statistician 69, 2015).
 *
 * @param ratio the estimate: exp of the mean over forks of their means
 * @param lower lower end of the interval
 * @param upper upper end of the interval
 */
public record Interval(double ratio, double lower, double upper) {
    public static final int FEWEST_FORKS = 3;
    private static final int RESAMPLES = 1000;
    private static final double LEVEL = 0.95;

    /**
     * The interval of paired log-ratios. The same numbers give the same interval.
     *
     * @param logRatios at least {@value #FEWEST_FORKS} forks of at least one block, finite
     */
    public static Interval of(double[][] logRatios) {
        int forks = logRatios.length;
        if (forks < FEWEST_FORKS) {
            throw new IllegalArgumentException(forks + " forks, expected at least " + FEWEST_FORKS);
        }
        double mean = 0;
        for (double[] fork : logRatios) {
            double forkMean = Arrays.stream(fork).average().orElse(Double.NaN);
            if (!Double.isFinite(forkMean)) {
                throw new IllegalArgumentException("Log-ratios are " + Arrays.toString(fork) + ", expected numbers");
            }
            mean += forkMean / forks;
        }
        double t = new TDistribution(forks - 1).inverseCumulativeProbability((1 + LEVEL) / 2);
        double reach = t * Math.sqrt(forks / (forks - 1.0)) * standardError(logRatios);
        return new Interval(Math.exp(mean), Math.exp(mean - reach), Math.exp(mean + reach));
    }

    private static double standardError(double[][] logRatios) {
        SplittableRandom random = new SplittableRandom(0x6A7E);
        double sum = 0;
        double squares = 0;
        double origin = logRatios[0][0];
        for (int r = 0; r < RESAMPLES; r++) {
            double resample = 0;
            for (int f = 0; f < logRatios.length; f++) {
                double[] blocks = logRatios[random.nextInt(logRatios.length)];
                double total = 0;
                for (int b = 0; b < blocks.length; b++) {
                    total += blocks[random.nextInt(blocks.length)] - origin;
                }
                resample += total / blocks.length / logRatios.length;
            }
            sum += resample;
            squares += resample * resample;
        }
        double mean = sum / RESAMPLES;
        return Math.sqrt(Math.max(0, squares / RESAMPLES - mean * mean));
    }
}

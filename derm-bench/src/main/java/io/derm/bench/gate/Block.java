package io.derm.bench.gate;

import java.util.Arrays;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;

/**
 * Times of some calls of a step and, taken in turns with them, of its yardstick.
 *
 * @param step what was timed
 * @param subject nanoseconds of each call
 * @param yardstick nanoseconds of each call; empty where there is none
 */
record Block(Step step, double[] subject, double[] yardstick) {
    /** Log of the ratio of a statistic, {@code mean} or a percentile such as {@code p50}. */
    static double logRatio(String statistic, double[] subject, double[] yardstick) {
        return Math.log(of(statistic, subject) / of(statistic, yardstick));
    }

    static double of(String statistic, double[] times) {
        return statistic.equals("mean")
                ? Arrays.stream(times).average().orElse(Double.NaN)
                : new Percentile().evaluate(times, Double.parseDouble(statistic.substring(1)));
    }
}

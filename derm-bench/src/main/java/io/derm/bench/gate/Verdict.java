package io.derm.bench.gate;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What a ratio limit came to.
 *
 * @param status pass where the whole interval lies under the margin, fail where it lies over it, else inconclusive
 * @param interval of all forks that were run
 * @param logRatios a row a fork, a number a block
 */
record Verdict(Status status, Interval interval, double[][] logRatios) {
    /** The verdict on one set of forks. */
    static Verdict once(double margin, double[][] logRatios) {
        Interval interval = Interval.of(logRatios);
        Status status = interval.lower() > margin
                ? Status.FAIL
                : interval.upper() <= margin ? Status.PASS : Status.INCONCLUSIVE;
        return new Verdict(status, interval, logRatios);
    }

    /** The verdict on a set of forks, and where the margin lies in its interval, on these and more together. */
    static Verdict twice(double margin, double[][] logRatios, Supplier<double[][]> more) {
        Verdict first = once(margin, logRatios);
        if (first.status != Status.INCONCLUSIVE) {
            return first;
        }
        return once(
                margin,
                Stream.concat(Arrays.stream(logRatios), Arrays.stream(more.get()))
                        .toArray(double[][]::new));
    }
}

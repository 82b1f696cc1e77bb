package io.derm.bench.peers;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * How many times as long a peer takes as derm, with a 95 % interval.
 *
 * <p>Exams are paired: the same frame in the same round. Processes started together share their fate (where memory lies, what the compiler did), so
 * they are what is independent: a bootstrap draws processes, then rounds within each. Its standard error is widened by Student's t, as a handful of
 * processes cannot show their whole spread.
 *
 * @param ratio geometric mean
 * @param lower lower end of the interval
 * @param upper upper end of the interval
 */
record Ratio(double ratio, double lower, double upper) {
    private static final int RESAMPLES = 2000;

    /**
     * The ratio of paired times.
     *
     * @param derm nanoseconds by process, round and frame; at least two processes
     * @param peer of the same frames in the same rounds
     */
    static Ratio of(long[][][] derm, long[][][] peer) {
        int processes = derm.length;
        if (processes < 2 || peer.length != processes) {
            throw new IllegalArgumentException(
                    processes + " and " + peer.length + " processes, expected the same number, at least 2");
        }
        double[][] rounds = new double[processes][];
        double mean = 0;
        for (int p = 0; p < processes; p++) {
            rounds[p] = new double[derm[p].length];
            for (int r = 0; r < rounds[p].length; r++) {
                rounds[p][r] = logRatio(derm[p][r], peer[p][r]);
            }
            mean += Arrays.stream(rounds[p]).average().orElse(Double.NaN) / processes;
        }
        double t = new TDistribution(processes - 1.0).inverseCumulativeProbability(0.975);
        double reach = t * Math.sqrt(processes / (processes - 1.0)) * standardError(rounds);
        return new Ratio(Math.exp(mean), Math.exp(mean - reach), Math.exp(mean + reach));
    }

    private static double logRatio(long[] derm, long[] peer) {
        double sum = 0;
        for (int i = 0; i < derm.length; i++) {
            sum += Math.log((double) peer[i] / derm[i]);
        }
        return sum / derm.length;
    }

    private static double standardError(double[][] rounds) {
        SplittableRandom random = new SplittableRandom(0xDE23);
        double[] means = new double[RESAMPLES];
        for (int i = 0; i < RESAMPLES; i++) {
            for (int p = 0; p < rounds.length; p++) {
                double[] drawn = rounds[random.nextInt(rounds.length)];
                double sum = 0;
                for (int r = 0; r < drawn.length; r++) {
                    sum += drawn[random.nextInt(drawn.length)];
                }
                means[i] += sum / drawn.length / rounds.length;
            }
        }
        double mean = Arrays.stream(means).average().orElse(Double.NaN);
        return Math.sqrt(
                Arrays.stream(means).map(m -> (m - mean) * (m - mean)).average().orElse(Double.NaN));
    }
}

package io.derm.onnx;

import java.util.function.DoubleBinaryOperator;

/** How a range is read off the values that a tensor took in calibration. */
public enum RangeMethod {
    /** All values; one outlier costs everybody resolution. */
    MIN_MAX {
        @Override
        Range range(Histogram h) {
            return new Range(Math.min(h.min(), 0), Math.max(h.max(), 0));
        }
    },
    /** All but one value in ten thousand, half of them at each end. */
    PERCENTILE {
        @Override
        Range range(Histogram h) {
            return between(h, OUTSIDE / 2, 1 - OUTSIDE / 2);
        }
    },
    /**
     * The range whose 256 levels lose the least information: the smallest Kullback-Leibler divergence of the levels' distribution from that of
     * the values (Migacz: 8-bit inference with TensorRT, GTC 2017).
     */
    ENTROPY {
        @Override
        Range range(Histogram h) {
            return shrunk(h, (low, high) -> Divergence.of(h, low, high));
        }
    },
    /** The range with the smallest mean square of the rounding and clipping errors. */
    MSE {
        @Override
        Range range(Histogram h) {
            return shrunk(h, (low, high) -> squareError(h, low, high));
        }
    };

    private static final double OUTSIDE = 1e-4;
    private static final int STEPS = 128;
    /** Of the largest value. One outlier in the 100 million values of many samples is worth a range as small as that. */
    private static final double LEAST_SHARE = 1.0 / 64;

    private static final int ROUNDS = 6;

    abstract Range range(Histogram h);

    private static Range between(Histogram h, double from, double to) {
        double low = h.min();
        double high = h.max();
        long below = 0;
        for (int i = 0; i < h.bins(); i++) {
            long until = below + h.count(i);
            if (below < from * h.count() && until >= from * h.count()) {
                low = Math.max(low, h.edge(i));
            }
            if (below < to * h.count() && until >= to * h.count()) {
                high = Math.min(high, h.edge(i + 1));
            }
            below = until;
        }
        return new Range((float) Math.min(low, 0), (float) Math.max(high, 0));
    }

    /** The best of the ranges that come of moving one end towards 0 and then the other, from all values on, until neither moves. */
    private static Range shrunk(Histogram h, DoubleBinaryOperator loss) {
        double low = Math.min(h.min(), 0);
        double high = Math.max(h.max(), 0);
        boolean lowerFirst = -low > high;
        double best = loss.applyAsDouble(low, high);
        for (int round = 0, still = 0; round < ROUNDS && still < 2; round++) {
            boolean lower = (round % 2 == 0) == lowerFirst;
            double bestLow = low;
            double bestHigh = high;
            still++;
            if ((lower ? low : high) == 0) {
                continue;
            }
            for (int i = 1; i <= STEPS; i++) {
                double share = Math.pow(LEAST_SHARE, (double) i / STEPS);
                double l = lower ? Math.min(h.min(), 0) * share : low;
                double u = lower ? high : Math.max(h.max(), 0) * share;
                double here = loss.applyAsDouble(l, u);
                if (here < best) {
                    best = here;
                    bestLow = l;
                    bestHigh = u;
                    still = 0;
                }
            }
            low = bestLow;
            high = bestHigh;
        }
        return new Range((float) low, (float) high);
    }

    private static double squareError(Histogram h, double low, double high) {
        double step = (high - low) / 255;
        double sum = 0;
        for (int i = 0; i < h.bins(); i++) {
            // 0 is a level of its own and rounds to itself.
            long n = h.count(i) - (i == Histogram.SIDE ? h.zeros() : 0);
            if (n > 0) {
                double v = h.centre(i);
                double clipped = v < low ? low - v : v > high ? v - high : 0;
                sum += n * (clipped * clipped + step * step / 12);
            }
        }
        return sum;
    }
}

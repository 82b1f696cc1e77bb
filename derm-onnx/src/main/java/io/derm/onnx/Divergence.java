package io.derm.onnx;

/** How much of the distribution of a tensor's values is lost when 256 levels over a range stand for them. */
final class Divergence {
    private static final int LEVELS = 256;
    private static final double SMOOTHING = 1e-9;

    private Divergence() {}

    /**
     * Kullback-Leibler divergence of the values clipped to the range from their 256 levels, bin by bin of the histogram. Values that are exactly 0
     * are left out: they lose nothing, and the peak of a ReLU's would count as if spread over a level.
     */
    static double of(Histogram h, double low, double high) {
        int first = Math.max(0, (int) Math.floor(low / h.width()) + Histogram.SIDE);
        int last = Math.min(h.bins() - 1, (int) Math.ceil(high / h.width()) - 1 + Histogram.SIDE);
        // Levels finer than the bins would seem to lose nothing; the search of Migacz starts at as many bins as levels,
        // too.
        if (last - first + 1 < LEVELS || h.count() == h.zeros()) {
            return Double.POSITIVE_INFINITY;
        }
        int n = last - first + 1;
        double[] inside = new double[n];
        double[] clipped = new double[n];
        for (int i = 0; i < h.bins(); i++) {
            int at = Math.max(first, Math.min(last, i)) - first;
            long count = h.count(i) - (i == Histogram.SIDE ? h.zeros() : 0);
            clipped[at] += count;
            if (i >= first && i <= last) {
                inside[at] = count;
            }
        }
        double[] levels = levelled(h, inside, first, low, (high - low) / (LEVELS - 1));
        double total = 0;
        for (double l : levels) {
            total += l;
        }
        if (total == 0) {
            return Double.POSITIVE_INFINITY;
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double p = clipped[i] / (h.count() - h.zeros());
            if (p > 0) {
                sum += p * Math.log(p / Math.max(levels[i] / total, SMOOTHING));
            }
        }
        return sum;
    }

    /** What remains of the counts when those of a level are spread evenly over its bins that are not empty. */
    private static double[] levelled(Histogram h, double[] inside, int first, double low, double step) {
        double[] sums = new double[LEVELS];
        int[] filled = new int[LEVELS];
        int[] level = new int[inside.length];
        for (int i = 0; i < inside.length; i++) {
            level[i] = (int) Math.max(0, Math.min(LEVELS - 1, Math.round((h.centre(first + i) - low) / step)));
            sums[level[i]] += inside[i];
            filled[level[i]] += inside[i] > 0 ? 1 : 0;
        }
        double[] out = new double[inside.length];
        for (int i = 0; i < inside.length; i++) {
            out[i] = inside[i] > 0 ? sums[level[i]] / filled[level[i]] : 0;
        }
        return out;
    }
}

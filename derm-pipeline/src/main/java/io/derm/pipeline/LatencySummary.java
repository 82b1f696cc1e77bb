package io.derm.pipeline;

import org.HdrHistogram.Histogram;

/**
 * Times of one stage. Immutable; all in nanoseconds.
 *
 * @param count frames measured
 */
public record LatencySummary(long count, double mean, long p50, long p90, long p99, long p999, long max) {
    static LatencySummary of(Histogram h) {
        return new LatencySummary(
                h.getTotalCount(),
                h.getMean(),
                h.getValueAtPercentile(50),
                h.getValueAtPercentile(90),
                h.getValueAtPercentile(99),
                h.getValueAtPercentile(99.9),
                h.getMaxValue());
    }
}

package io.derm.bench.gate;

import java.util.Locale;

/**
 * A line of a baseline file that something is held to.
 *
 * @param kind how it is measured
 * @param metric what is measured, e.g. {@code detect.allocated} or {@code detect.p50}
 * @param beside what a ratio is of: {@code bare} or {@code base}; empty for other kinds
 * @param relation {@code <=}, {@code =} or {@code >=}
 * @param value the most, the only or the least
 */
record Limit(Kind kind, String metric, String beside, String relation, double value) {
    /** How a limit is measured. */
    enum Kind {
        /** A count or a size that is the same in every run: any excess fails. */
        EXACT,
        /** A ratio of latencies, with its interval. */
        RATIO,
        /** A distance from stored answers. */
        DRIFT
    }

    boolean holds(double measured) {
        return switch (relation) {
            case "<=" -> measured <= value;
            case ">=" -> measured >= value;
            default -> measured == value;
        };
    }

    /** The step of a metric such as {@code detect.p50}. */
    Step step() {
        return Step.valueOf(metric.substring(0, metric.indexOf('.')).toUpperCase(Locale.ROOT));
    }

    String name() {
        return metric + (beside.isEmpty() ? "" : " / " + beside);
    }

    /** Value with the relation, e.g. {@code <= 1.05}. */
    String bound() {
        return relation + " " + Words.number(value);
    }
}

package io.derm.bench.gate;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A limit and what it came to.
 *
 * @param measured number that is held to the limit; NaN where it was not measured
 * @param verdict of a ratio that was measured
 * @param note why it was not run; empty otherwise
 */
record Outcome(
        Limit limit,
        Status status,
        double measured,
        @Nullable Verdict verdict,
        String note) {
    static Outcome of(Limit limit, double measured) {
        return new Outcome(limit, limit.holds(measured) ? Status.PASS : Status.FAIL, measured, null, "");
    }

    static Outcome of(Limit limit, Verdict verdict) {
        return new Outcome(limit, verdict.status(), verdict.interval().ratio(), verdict, "");
    }

    static Outcome notRun(Limit limit, String reason) {
        return new Outcome(limit, Status.NOT_RUN, Double.NaN, null, reason);
    }

    /** The number with its interval where it has one. */
    String shown() {
        if (verdict == null) {
            return Double.isNaN(measured) ? "-" : Words.number(measured);
        }
        return String.format(
                Locale.ROOT,
                "%.3f [%.3f, %.3f]",
                measured,
                verdict.interval().lower(),
                verdict.interval().upper());
    }

    String details() {
        if (verdict == null) {
            return note;
        }
        return verdict.logRatios().length + " forks of " + verdict.logRatios()[0].length + " blocks";
    }
}

package io.derm.bench.gate;

import java.util.Collection;

/** What a limit, or all of them, came to. */
enum Status {
    PASS("pass", 0),
    FAIL("FAIL", 1),
    /** The margin lies within the interval after a second run with more forks. Not a pass. */
    INCONCLUSIVE("inconclusive", 3),
    /** Not measured, because what it is about is not here, e.g. a GPU. Neither a pass nor a failure. */
    NOT_RUN("not run", 0);

    private final String words;
    private final int exitCode;

    Status(String words, int exitCode) {
        this.words = words;
        this.exitCode = exitCode;
    }

    String words() {
        return words;
    }

    int exitCode() {
        return exitCode;
    }

    /** One failure fails all, then one that is inconclusive makes all so. Nothing measured is no pass either. */
    static Status ofAll(Collection<Status> all) {
        for (Status worst : new Status[] {FAIL, INCONCLUSIVE, PASS}) {
            if (all.contains(worst)) {
                return worst;
            }
        }
        return INCONCLUSIVE;
    }
}

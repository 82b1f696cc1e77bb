package io.derm.api;

import java.util.Optional;

/**
 * Which runtime gives the answers, and which it stands in for. Immutable.
 *
 * @param runtime name of the runtime; empty where that is not known
 * @param insteadOf name of the runtime that was asked for and failed while it ran, if one did
 */
public record RuntimeUse(String runtime, Optional<String> insteadOf) {
    /** Nothing is known of the runtime. */
    public static final RuntimeUse UNKNOWN = of("");

    /** A runtime that was asked for. */
    public static RuntimeUse of(String runtime) {
        return new RuntimeUse(runtime, Optional.empty());
    }

    /** Whether the runtime stands in for one that failed. */
    public boolean fellBack() {
        return insteadOf.isPresent();
    }

    @Override
    public String toString() {
        return (runtime.isEmpty() ? "unknown" : runtime)
                + insteadOf.map(name -> " instead of " + name).orElse("");
    }
}

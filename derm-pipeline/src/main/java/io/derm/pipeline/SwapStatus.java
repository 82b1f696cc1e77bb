package io.derm.pipeline;

import java.util.OptionalDouble;

/**
 * The latest swap of a model or runtime. Immutable.
 *
 * @param name what is to take the live one's place, as it was named
 * @param compared frames compared so far
 * @param frames frames that will be
 * @param agreement share of the answers in which the two agree; empty before the first
 * @param liveNanos median time of the live one on the frames of the trial, 0 before the first
 * @param candidateNanos median time of the new one on them, 0 before the first
 * @param reason why it was refused, in words for a person; else empty
 */
public record SwapStatus(
        SwapState state,
        String name,
        int compared,
        int frames,
        OptionalDouble agreement,
        long liveNanos,
        long candidateNanos,
        String reason) {
    static final SwapStatus NONE = new SwapStatus(SwapState.NONE, "", 0, 0, OptionalDouble.empty(), 0, 0, "");

    SwapStatus ended(SwapState as, String why) {
        return new SwapStatus(as, name, compared, frames, agreement, liveNanos, candidateNanos, why);
    }

    /** Whether the trial goes on. */
    public boolean underway() {
        return state == SwapState.OPENING || state == SwapState.ON_TRIAL;
    }
}

package io.derm.pipeline;

/** Where the swap of a model or runtime stands. */
public enum SwapState {
    /** None was asked for yet. */
    NONE,
    /** The new one is being opened. */
    OPENING,
    /** It answers the frames that the live one answers, and is compared with it. */
    ON_TRIAL,
    /** It took the live one's place, which has been closed. */
    SWITCHED,
    /**
     * The live one stayed; the reason says why. The new one was closed, or will be on the trial's thread: where the trial was ended before it
     * came back from being opened or from a frame, once it does.
     */
    REFUSED
}

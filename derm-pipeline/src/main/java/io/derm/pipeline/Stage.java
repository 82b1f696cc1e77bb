package io.derm.pipeline;

/** What a frame goes through, in order. */
public enum Stage {
    /** Waiting for and decoding a frame. */
    CAPTURE,
    /** {@link io.derm.api.Detector#detect}. */
    DETECT,
    /** {@link io.derm.api.Classifier#classify} of the boxes of the frame; frames without one do not count. */
    CLASSIFY,
    /** The caller's {@link ExamListener}. */
    DELIVER,
    /** The frame's age when its findings are in the listener's hands: since its capture, waiting between stages included. */
    LATENCY,
    /**
     * Of a live source with a known rate: as {@link #LATENCY}, with the frames that were dropped or never came counted as answered by
     * the findings that came next. So a stall shows for as long as it lasted (Tene's coordinated omission). A pause is no stall.
     */
    RESPONSE
}

package io.derm.pipeline;

/** What a frame goes through, in order. */
public enum Stage {
    /** Waiting for and decoding a frame. */
    CAPTURE,
    /** {@link io.derm.api.Detector#detect}. */
    DETECT,
    /** {@link io.derm.api.Classifier#classify} of all boxes of the frame. */
    CLASSIFY,
    /** Tracking and the caller's {@link ExamListener}. */
    DELIVER,
    /** From the capture of the frame to its findings being in the listener's hands, waiting between stages included. */
    LATENCY
}

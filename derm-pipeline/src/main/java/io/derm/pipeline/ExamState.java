package io.derm.pipeline;

/** Where an exam stands. */
public enum ExamState {
    /** It has not run yet. */
    READY,
    /** Frames are captured and examined. */
    RUNNING,
    /** No frame enters detection; frames already in a stage are delivered. */
    PAUSED,
    /** The source is over, or {@link Exam#drain()} was called: no frame is captured, those captured are delivered. */
    DRAINING,
    /** {@link Exam#stop()} was called: calls in flight end, nothing is delivered. */
    STOPPING,
    /** Something failed: what was ahead of it is delivered. */
    FAILING,
    /** {@link Exam#run} is over, without a failure. */
    ENDED,
    /** {@link Exam#run} is over and threw. */
    FAILED
}

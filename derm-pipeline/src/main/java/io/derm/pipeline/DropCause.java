package io.derm.pipeline;

/** Why a frame that was captured was not delivered. */
public enum DropCause {
    /** A newer one took its place before the next stage could take it. */
    BUSY,
    /** It was older than the deadline before a stage. */
    DEADLINE,
    /** It came while the exam was paused. */
    PAUSED,
    /** It came from a live source after {@link Exam#drain()}. */
    DRAINING,
    /** It was on its way at {@link Exam#stop()}. */
    STOPPED,
    /** It met a failure of a stage or the listener, or came behind one that did. */
    FAILURE
}

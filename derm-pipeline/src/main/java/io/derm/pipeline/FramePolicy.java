package io.derm.pipeline;

/** Which frames of a source are examined. */
public enum FramePolicy {
    /** {@link #LATEST} of a live source, {@link #EVERY} of any other. */
    BY_SOURCE,
    /** The newest one whenever the stages can take it; the others are dropped and counted. The source is never held back. */
    LATEST,
    /** Each; a slow stage holds the source back. */
    EVERY
}

package io.derm.pipeline;

/** Which frames of a source are examined. */
public enum FramePolicy {
    /**
     * {@link #LATEST} of a live source, {@link #EVERY} of any other, by what {@link io.derm.api.FrameSource#info()} says when the first
     * frame is there: a source that connects by itself does not know sooner.
     */
    BY_SOURCE,
    /** The newest one whenever the stages can take it; the others are dropped and counted. The source is never held back. */
    LATEST,
    /** Each; a slow stage holds the source back. */
    EVERY
}

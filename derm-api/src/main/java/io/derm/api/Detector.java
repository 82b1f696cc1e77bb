package io.derm.api;

import java.util.List;

/**
 * Finds objects in frames.
 *
 * <p>Confined: one thread at a time, or as many as {@link #concurrency()} says. Whoever opens a detector closes it; {@link #close()} is
 * idempotent and later calls of {@link #detect} throw {@link IllegalStateException}.
 */
public interface Detector extends AutoCloseable {
    /**
     * Finds the objects in a frame.
     *
     * @param frame borrowed until the call returns
     * @return the objects, highest score first, boxes in pixels of the frame and clipped to it; a list of the caller's own
     * @throws InferenceException if the model's numbers cannot be used, e.g. because they are not finite
     * @throws IllegalStateException if the detector is closed
     */
    List<Detection> detect(Frame frame);

    /** How many threads may be in {@link #detect} at once, always the same; one by this default. */
    default int concurrency() {
        return 1;
    }

    /** The model behind this detector. */
    Model model();

    /** The runtime that gave the last answer, or will give the first. This default knows of none. */
    default RuntimeUse runtime() {
        return RuntimeUse.UNKNOWN;
    }

    /**
     * Mean score from which on what was found in several frames is taken for real, as whoever made the model measured it, 0 to 1. This
     * default knows of none and gives 0.
     */
    default double confirmScore() {
        return 0;
    }

    @Override
    void close();
}

package io.derm.api;

import java.util.List;

/**
 * Assesses regions of frames. It takes the frame and the regions rather than cropped images, so that a runtime crops from
 * pixels that it already holds.
 *
 * <p>Confined: one thread at a time. Whoever opens a classifier closes it; {@link #close()} is idempotent and later calls
 * of {@link #classify} throw {@link IllegalStateException}.
 */
public interface Classifier extends AutoCloseable {
    /**
     * Assesses each of the regions.
     *
     * @param frame borrowed until the call returns
     * @param regions boxes in pixels of the frame, each meeting the frame in more than a line
     * @return one assessment a region, in the order of the regions; empty for no regions
     * @throws IllegalArgumentException if a region lies outside the frame
     * @throws InferenceException if the model's numbers cannot be used, e.g. because they are not finite
     * @throws IllegalStateException if the classifier is closed
     */
    List<Assessment> classify(Frame frame, List<Box> regions);

    /** The model behind this classifier. */
    Model model();

    /** The runtime that gave the last answer, or will give the first. This default knows of none. */
    default RuntimeUse runtime() {
        return RuntimeUse.UNKNOWN;
    }

    @Override
    void close();
}

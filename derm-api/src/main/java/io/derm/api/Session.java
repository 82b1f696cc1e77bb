package io.derm.api;

import java.util.List;

/**
 * A model made ready to run. It owns the input tensor and gets pixels into it on its own device.
 *
 * <p>Confined: one thread at a time runs it. {@link #close()} may come from any thread, waits for a run in flight, is
 * idempotent, and later runs throw {@link IllegalStateException}. In steady state a run allocates no memory that grows with
 * the size of the frame or of the tensors.
 */
public interface Session extends AutoCloseable {
    /** Inputs, outputs and metadata of the model. */
    Signature signature();

    /** The most regions that one run takes: the model's own batch size, or the session's limit where it is free. */
    int maxBatch();

    /**
     * Runs the model on regions of a frame, one batch element a region.
     *
     * <p>Each region is brought into the tensor by {@link ImageMapping#of(ImageInput, Box, int, int)}. Where the model's batch
     * size is fixed and there are fewer regions, the rest of the batch is padding whose outputs mean nothing.
     *
     * @param input how pixels become numbers; passing an equal one each time costs nothing
     * @param frame borrowed until the call returns
     * @param regions 1 to {@link #maxBatch()} boxes in pixels of the frame
     * @return the outputs, valid until the next run; float16 outputs are given as float32
     * @throws IllegalArgumentException if the number of regions does not fit, or the input does not fit the model
     * @throws InferenceException if the runtime fails
     * @throws IllegalStateException if the session is closed
     */
    Tensors run(ImageInput input, Frame frame, List<Box> regions);

    /**
     * Runs the model on ready-made tensors, for parity tests and calibration.
     *
     * @param inputs one tensor for each of the model's inputs, by name, of its type and shape
     * @return the outputs, valid until the next run; float16 outputs are given as float32
     * @throws IllegalArgumentException if an input is missing or does not fit
     * @throws InferenceException if the runtime fails
     * @throws IllegalStateException if the session is closed
     */
    Tensors run(Tensors inputs);

    /**
     * Declares which rows of the outputs are read from the next run of a frame on, in place of what was declared before. A session
     * whose outputs live on a device may then bring back those rows alone; one for which that would save nothing ignores it, as
     * this default does.
     *
     * <p>It concerns {@link #run(ImageInput, Frame, List)} with one region. Runs of several regions, {@link #run(Tensors)} and outputs
     * that no filter names give every number; a filter of an output that there is not has no effect. A session may set up memory
     * here: declare once, not once a frame. Outputs of the last run stay valid. Called by the thread that runs the session; after
     * {@link #close()} it has no effect.
     *
     * @param filters each naming other outputs, companions included; empty to have everything again
     * @throws IllegalArgumentException if an output is named twice and the session would filter it
     */
    default void filter(List<RowFilter> filters) {}

    /** The runtime that gave the last answer, or will give the first. This default knows of none. */
    default RuntimeUse runtime() {
        return RuntimeUse.UNKNOWN;
    }

    @Override
    void close();
}

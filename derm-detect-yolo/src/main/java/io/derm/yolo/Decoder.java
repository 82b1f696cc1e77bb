package io.derm.yolo;

import io.derm.api.InferenceException;
import io.derm.api.RowFilter;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import java.util.List;

/** Reads a model's outputs for the first element of the batch. Decoding allocates nothing in steady state. Confined. */
interface Decoder {
    /** Stands for a number of classes that the outputs' shapes do not give. */
    int UNKNOWN_CLASSES = -1;

    /**
     * Adds the boxes over the threshold, in network pixels.
     *
     * @return the number of classes that the outputs have, or {@link #UNKNOWN_CLASSES}
     * @throws InferenceException if there are numbers that cannot be used
     */
    int decode(Tensors outputs, Candidates into);

    /**
     * Filters that keep every row that {@link #decode} could make a box of, at this decoder's threshold. Of other rows it looks at
     * the scores alone.
     *
     * @param outputs as the last {@link #decode} read them
     * @return empty where there is nothing to leave out
     */
    default List<RowFilter> filters(Tensors outputs) {
        return List.of();
    }

    /** Whether the model has suppressed duplicates itself. */
    default boolean suppressed() {
        return false;
    }

    /** The decoder of a layout. */
    static Decoder of(
            YoloLayout layout, Signature signature, String modelName, int width, int height, double scoreThreshold) {
        return switch (layout) {
            case DARKNET, ZOO -> new HeadDecoder(layout, signature, modelName, width, height, scoreThreshold);
            case BOXES_CONFS, HUNGLC007, OPENCV_ROWS, DEEPSTREAM ->
                new RowDecoder(layout, signature, modelName, width, height, scoreThreshold);
            case TAO_BATCHED_NMS -> new SuppressedDecoder(modelName, width, height, scoreThreshold);
        };
    }

    /** Slack for scores that a runtime's rounding has put outside 0 to 1. */
    float SCORE_SLACK = 1e-3f;

    /** A score as it is read, checked to be a probability. */
    static float probability(Tensor tensor, int index, float value, String modelName) {
        if (!(value >= -SCORE_SLACK && value <= 1 + SCORE_SLACK)) {
            throw Float.isFinite(value)
                    ? notProbability(tensor, index, value, modelName)
                    : notFinite(tensor, index, value, modelName);
        }
        return value;
    }

    /** A number as it is read, checked to be finite. */
    static float finite(Tensor tensor, int index, float value, String modelName) {
        if (!Float.isFinite(value)) {
            throw notFinite(tensor, index, value, modelName);
        }
        return value;
    }

    static InferenceException notFinite(Tensor tensor, int index, float value, String modelName) {
        return new InferenceException(
                130,
                "Output " + tensor + " of " + modelName + " has " + value + " at element " + index
                        + ", expected finite numbers",
                "Check the weights and derm.input.mean and derm.input.std; a float16 model may overflow.");
    }

    private static InferenceException notProbability(Tensor tensor, int index, float value, String modelName) {
        return new InferenceException(
                131,
                "Output " + tensor + " of " + modelName + " has " + value + " at element " + index
                        + " where a probability of 0 to 1 is expected",
                "Name the layout with derm.decoder=… (" + YoloLayout.choices()
                        + "); for darknet heads check derm.new_coords.");
    }

    /** An output whose shape at run time is not what its layout has. */
    static InferenceException badShape(Tensor tensor, String modelName, String expected) {
        return new InferenceException(
                132,
                "Output " + tensor + " of " + modelName + " cannot be read, expected " + expected,
                "Name the layout with derm.decoder=… (" + YoloLayout.choices() + ").");
    }
}

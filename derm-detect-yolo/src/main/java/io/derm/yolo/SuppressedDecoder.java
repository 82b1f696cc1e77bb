package io.derm.yolo;

import io.derm.api.ElementType;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import java.nio.FloatBuffer;

/** Decodes what the BatchedNMS plugin of TensorRT has already suppressed: {@link YoloLayout#TAO_BATCHED_NMS}. */
final class SuppressedDecoder implements Decoder {
    private final String modelName;
    private final int netWidth;
    private final int netHeight;
    private final float threshold;

    SuppressedDecoder(String modelName, int netWidth, int netHeight, double threshold) {
        this.modelName = modelName;
        this.netWidth = netWidth;
        this.netHeight = netHeight;
        this.threshold = (float) threshold;
    }

    @Override
    public int decode(Tensors outputs, Candidates into) {
        Tensor counts = outputs.get(0);
        Tensor boxes = outputs.get(1);
        Tensor scores = outputs.get(2);
        Tensor classes = outputs.get(3);
        int slots = scores.dim(-1);
        if (counts.info().type() != ElementType.INT32
                || boxes.dim(-1) != 4
                || boxes.dim(-2) != slots
                || classes.dim(-1) != slots) {
            throw Decoder.badShape(boxes, modelName, "[B,K,4] beside [B,K] in " + scores + " and " + classes);
        }
        int count = counts.bytes().getInt(0);
        if (count < 0 || count > slots) {
            throw Decoder.badShape(counts, modelName, "a count of 0 to " + slots + ", not " + count);
        }
        FloatBuffer box = boxes.floats();
        for (int i = 0; i < count; i++) {
            float score = Decoder.probability(scores, i, scores.floats().get(i), modelName);
            float c = Decoder.finite(classes, i, classes.floats().get(i), modelName);
            if (c != (int) c || c < 0) {
                throw RowDecoder.notClass(classes, i, c, modelName);
            }
            double l = Decoder.finite(boxes, 4 * i, box.get(4 * i), modelName);
            double t = Decoder.finite(boxes, 4 * i + 1, box.get(4 * i + 1), modelName);
            double r = Decoder.finite(boxes, 4 * i + 2, box.get(4 * i + 2), modelName);
            double b = Decoder.finite(boxes, 4 * i + 3, box.get(4 * i + 3), modelName);
            if (score > threshold) {
                into.add(l * netWidth, t * netHeight, r * netWidth, b * netHeight, score, (int) c);
            }
        }
        return UNKNOWN_CLASSES;
    }

    @Override
    public boolean suppressed() {
        return true;
    }
}

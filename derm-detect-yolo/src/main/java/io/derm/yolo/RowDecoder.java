package io.derm.yolo;

import io.derm.api.InferenceException;
import io.derm.api.RowFilter;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Decodes rows of finished boxes: {@link YoloLayout#BOXES_CONFS}, {@link YoloLayout#HUNGLC007}, {@link YoloLayout#OPENCV_ROWS} and
 * {@link YoloLayout#DEEPSTREAM}. Scores are taken as they are; a row may give one box for each class over the threshold.
 */
final class RowDecoder implements Decoder {
    private final YoloLayout layout;
    private final String modelName;
    private final int netWidth;
    private final int netHeight;
    private final float threshold;
    private final int boxesIndex;
    private final int confsIndex;
    private final int[] stretch = new int[1024];

    RowDecoder(
            YoloLayout layout, Signature signature, String modelName, int netWidth, int netHeight, double threshold) {
        this.layout = layout;
        this.modelName = modelName;
        this.netWidth = netWidth;
        this.netHeight = netHeight;
        this.threshold = (float) threshold;
        this.boxesIndex = layout == YoloLayout.BOXES_CONFS ? YoloLayout.boxes(signature.outputs()) : 0;
        this.confsIndex = layout == YoloLayout.BOXES_CONFS ? YoloLayout.confs(signature.outputs()) : 0;
    }

    @Override
    public int decode(Tensors outputs, Candidates into) {
        return switch (layout) {
            case BOXES_CONFS -> {
                Tensor boxes = outputs.get(boxesIndex);
                Tensor confs = outputs.get(confsIndex);
                int rows = confs.info().rank() == 3 ? confs.dim(1) : -1;
                int rank = boxes.info().rank();
                boolean single = rank == 3 || (rank == 4 && boxes.dim(2) == 1);
                if (!single || boxes.dim(-1) != 4 || boxes.dim(1) != rows) {
                    throw Decoder.badShape(boxes, modelName, "[B,N,1,4] beside [B,N,C] in " + confs);
                }
                yield rows(boxes, 4, confs, 0, confs.dim(2), rows, into);
            }
            case HUNGLC007 -> {
                Tensor out = outputs.get(0);
                yield rows(out, out.dim(2), out, 4, out.dim(2) - 4, out.dim(1), into);
            }
            case OPENCV_ROWS -> {
                int classes = outputs.get(0).dim(-1) - 5;
                for (int i = 0; i < outputs.size(); i++) {
                    Tensor out = outputs.get(i);
                    if (out.dim(-1) - 5 != classes) {
                        throw Decoder.badShape(out, modelName, "rows of " + (5 + classes) + " as in the first output");
                    }
                    rows(out, 5 + classes, out, 5, classes, out.dim(-2), into);
                }
                yield classes;
            }
            case DEEPSTREAM -> classRows(outputs.get(0), into);
            default -> throw new IllegalStateException(layout + " has no rows");
        };
    }

    @Override
    public List<RowFilter> filters(Tensors outputs) {
        List<RowFilter> filters = new ArrayList<>();
        if (layout == YoloLayout.BOXES_CONFS) {
            Tensor boxes = outputs.get(boxesIndex);
            Tensor confs = outputs.get(confsIndex);
            if (confs.elements() > 0 && boxes.dim(0) == confs.dim(0)) {
                filters.add(filter(confs, 0, confs.dim(2)).withCompanion(boxes.info()));
            }
            return filters;
        }
        for (Tensor out : outputs.list()) {
            if (out.elements() > 0) {
                filters.add(
                        switch (layout) {
                            case HUNGLC007 -> filter(out, 4, out.dim(-1) - 4);
                            case OPENCV_ROWS -> filter(out, 5, out.dim(-1) - 5);
                            default -> filter(out, 4, 1);
                        });
            }
        }
        return filters;
    }

    private RowFilter filter(Tensor out, int first, int count) {
        return RowFilter.of(out.info(), out.dim(-1), 1, first, count, threshold, 0);
    }

    private int rows(Tensor boxes, int boxStep, Tensor scores, int first, int classes, int rows, Candidates into) {
        if (classes < 1) {
            throw Decoder.badShape(scores, modelName, "at least one class");
        }
        int scoreStep = first + classes;
        if (first == 0) {
            dense(boxes, boxStep, scores, classes, rows * classes, into);
            return classes;
        }
        for (int row = 0; row < rows; row++) {
            int at = row * scoreStep + first;
            for (int c = 0; c < classes; c++) {
                consider(boxes, row * boxStep, scores, at + c, c, into);
            }
        }
        return classes;
    }

    /**
     * Looks at scores that lie without gaps, which can be a million. Among floats of 0 to the threshold, bits grow with the number; so
     * the sign of {@code (bits of threshold - bits) | bits} over a stretch tells whether all are of that kind, in a loop that the
     * compiler can vectorise. Only stretches with others, NaN and negative numbers among them, are looked at one by one.
     */
    private void dense(Tensor boxes, int boxStep, Tensor scores, int classes, int count, Candidates into) {
        IntBuffer bits = scores.bytes().asIntBuffer();
        int limit = Float.floatToRawIntBits(threshold);
        for (int from = 0; from < count; from += stretch.length) {
            int length = Math.min(stretch.length, count - from);
            bits.get(from, stretch, 0, length);
            int signs = 0;
            for (int i = 0; i < length; i++) {
                signs |= (limit - stretch[i]) | stretch[i];
            }
            for (int i = from; signs < 0 && i < from + length; i++) {
                consider(boxes, i / classes * boxStep, scores, i, i % classes, into);
            }
        }
    }

    private void consider(Tensor boxes, int boxAt, Tensor scores, int at, int classIndex, Candidates into) {
        float score = scores.floats().get(at);
        // Written so that NaN and negative numbers come through to the check.
        if (score <= threshold && score >= -SCORE_SLACK) {
            return;
        }
        Decoder.probability(scores, at, score, modelName);
        add(boxes, boxAt, score, classIndex, into);
    }

    private int classRows(Tensor out, Candidates into) {
        if (out.info().rank() != 3 || out.dim(2) != 6) {
            throw Decoder.badShape(out, modelName, "[B,N,6]");
        }
        FloatBuffer values = out.floats();
        for (int row = 0; row < out.dim(1); row++) {
            int at = row * 6;
            float score = values.get(at + 4);
            if (score <= threshold && score >= -SCORE_SLACK) {
                continue;
            }
            Decoder.probability(out, at + 4, score, modelName);
            float c = Decoder.finite(out, at + 5, values.get(at + 5), modelName);
            if (c != (int) c || c < 0) {
                throw notClass(out, at + 5, c, modelName);
            }
            add(out, at, score, (int) c, into);
        }
        return UNKNOWN_CLASSES;
    }

    static InferenceException notClass(Tensor out, int index, float value, String modelName) {
        return new InferenceException(
                134,
                "Output " + out + " of " + modelName + " has " + value + " at element " + index
                        + " where the index of a class is expected",
                "Name the layout with derm.decoder=… (" + YoloLayout.choices()
                        + "); rows of YOLOv5 and later are none of them.");
    }

    private void add(Tensor boxes, int at, float score, int classIndex, Candidates into) {
        FloatBuffer v = boxes.floats();
        double a = Decoder.finite(boxes, at, v.get(at), modelName);
        double b = Decoder.finite(boxes, at + 1, v.get(at + 1), modelName);
        double c = Decoder.finite(boxes, at + 2, v.get(at + 2), modelName);
        double d = Decoder.finite(boxes, at + 3, v.get(at + 3), modelName);
        switch (layout) {
            case BOXES_CONFS -> into.add(a * netWidth, b * netHeight, c * netWidth, d * netHeight, score, classIndex);
            case HUNGLC007 -> into.add(b * netWidth, a * netHeight, d * netWidth, c * netHeight, score, classIndex);
            case OPENCV_ROWS ->
                into.add(
                        (a - c / 2) * netWidth,
                        (b - d / 2) * netHeight,
                        (a + c / 2) * netWidth,
                        (b + d / 2) * netHeight,
                        score,
                        classIndex);
            default -> into.add(a, b, c, d, score, classIndex);
        }
    }
}

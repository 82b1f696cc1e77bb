package io.derm.yolo;

import io.derm.api.InferenceException;
import io.derm.api.ModelException;
import io.derm.api.RowFilter;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes grids of anchors: {@link YoloLayout#DARKNET} and {@link YoloLayout#ZOO}.
 *
 * <p>For anchor (pw, ph) in cell (col, row) of a grid of W x H, with s = {@code scale_x_y}, in network pixels:
 * {@code cx = (sigmoid(x) * s - (s - 1) / 2 + col) * netW / W}, {@code w = exp(w) * pw}, and likewise vertically; with
 * {@code new_coords} the sigmoid is already in the network and {@code w = (2 * w)^2 * pw}. Score is objectness times class. As in darknet a
 * cell may give one box for each class over the threshold ({@code get_yolo_box} and {@code get_yolo_detections} of yolo_layer.c,
 * AlexeyAB/darknet).
 */
final class HeadDecoder implements Decoder {
    private final YoloLayout layout;
    private final Signature signature;
    private final String modelName;
    private final int netWidth;
    private final int netHeight;
    private final double threshold;
    private final boolean newCoords;
    private final boolean logits;
    private final float objectnessOver;
    private final int darknetAnchors;
    private int[] cells;
    private @Nullable Anchors anchors;

    HeadDecoder(
            YoloLayout layout, Signature signature, String modelName, int netWidth, int netHeight, double threshold) {
        this.layout = layout;
        this.signature = signature;
        this.modelName = modelName;
        this.netWidth = netWidth;
        this.netHeight = netHeight;
        this.threshold = threshold;
        this.newCoords = new Metadata(signature, modelName).newCoords() && layout == YoloLayout.DARKNET;
        this.logits = layout == YoloLayout.DARKNET && !newCoords;
        this.objectnessOver = (float) (logits ? Math.log(threshold / (1 - threshold)) : threshold);
        int heads = signature.outputs().size();
        this.darknetAnchors = Anchors.perHead(signature, modelName, heads);
        this.cells = new int[heads];
        checkAtOpen();
    }

    /** Finds at opening what shapes without free sides already tell. */
    private void checkAtOpen() {
        boolean free = false;
        int perHead = darknetAnchors;
        for (int h = 0; h < cells.length; h++) {
            TensorInfo out = signature.outputs().get(h);
            int rows = out.dim(layout == YoloLayout.DARKNET ? 2 : 1);
            int cols = out.dim(layout == YoloLayout.DARKNET ? 3 : 2);
            free |= rows < 0 || cols < 0;
            cells[h] = rows * cols;
            if (layout == YoloLayout.DARKNET && (out.dim(1) % perHead != 0 || out.dim(1) / perHead < 6)) {
                throw new ModelException(
                        44,
                        "Output " + out + " of " + modelName + " has " + out.dim(1) + " channels, expected " + perHead
                                + " anchors times 5 + classes",
                        "State derm.anchors and derm.masks as in the model's cfg, or name the layout with derm.decoder=… ("
                                + YoloLayout.choices() + ").");
            }
            if (layout == YoloLayout.ZOO) {
                perHead = out.dim(3);
                free |= perHead < 0;
            }
        }
        if (!free) {
            anchors = Anchors.of(signature, modelName, cells, perHead);
        }
    }

    @Override
    public int decode(Tensors outputs, Candidates into) {
        Anchors resolved = anchorsFor(outputs);
        int classes = 0;
        float lowest = Float.POSITIVE_INFINITY;
        for (int h = 0; h < outputs.size(); h++) {
            Tensor out = outputs.get(h);
            int perHead = resolved.widths()[h].length;
            boolean planar = layout == YoloLayout.DARKNET;
            if (!planar && out.dim(3) != perHead) {
                throw Decoder.badShape(out, modelName, perHead + " anchors in dimension 3");
            }
            int fields = planar ? out.dim(1) / perHead : out.dim(4);
            if (fields < 6 || (h > 0 && fields - 5 != classes)) {
                throw Decoder.badShape(out, modelName, "5 numbers and as many classes as the other outputs");
            }
            classes = fields - 5;
            lowest = Math.min(lowest, decodeHead(out, h, classes, resolved, into));
        }
        if (logits && lowest >= 0) {
            throw new InferenceException(
                    133,
                    "Outputs " + signature.outputs() + " of " + modelName
                            + " have no negative objectness, expected numbers before the sigmoid",
                    "State derm.new_coords=1 if the model's cfg has new_coords=1, or name the layout with derm.decoder=… ("
                            + YoloLayout.choices() + ").");
        }
        return classes;
    }

    @Override
    public List<RowFilter> filters(Tensors outputs) {
        if (objectnessOver == Float.NEGATIVE_INFINITY) {
            return List.of();
        }
        // Negative before the sigmoid, so that what is left out does not look like numbers after it.
        float absent = logits ? Math.min(objectnessOver, -1) : 0;
        List<RowFilter> filters = new ArrayList<>();
        for (Tensor out : outputs.list()) {
            if (out.elements() > 0) {
                boolean planar = layout == YoloLayout.DARKNET;
                int fields = planar ? out.dim(1) / darknetAnchors : out.dim(4);
                int plane = planar ? out.dim(2) * out.dim(3) : 1;
                filters.add(RowFilter.of(out.info(), fields, plane, 4, 1, objectnessOver, absent));
            }
        }
        return filters;
    }

    private Anchors anchorsFor(Tensors outputs) {
        boolean same = true;
        int[] found = cells;
        for (int h = 0; h < found.length; h++) {
            Tensor out = outputs.get(h);
            int size = layout == YoloLayout.DARKNET ? out.dim(2) * out.dim(3) : out.dim(1) * out.dim(2);
            if (found[h] != size) {
                found = same ? Arrays.copyOf(found, found.length) : found;
                found[h] = size;
                same = false;
            }
        }
        Anchors known = anchors;
        if (same && known != null) {
            return known;
        }
        int perHead =
                layout == YoloLayout.DARKNET ? darknetAnchors : outputs.get(0).dim(3);
        Anchors resolved = Anchors.of(signature, modelName, found, perHead);
        cells = found;
        anchors = resolved;
        return resolved;
    }

    /** Decodes one head and gives the lowest objectness in it. */
    private float decodeHead(Tensor out, int head, int classes, Anchors resolved, Candidates into) {
        boolean planar = layout == YoloLayout.DARKNET;
        int rows = out.dim(planar ? 2 : 1);
        int cols = out.dim(planar ? 3 : 2);
        int count = rows * cols;
        int perHead = resolved.widths()[head].length;
        int fields = 5 + classes;
        // Darknet has a plane for each field of each anchor; the zoo has all fields of a cell's anchors together.
        int fieldStep = planar ? count : 1;
        int cellStep = planar ? 1 : perHead * fields;
        int anchorStep = planar ? fields * count : fields;
        FloatBuffer values = out.floats();
        double s = resolved.scale()[head];
        double shift = (s - 1) / 2;
        double strideX = netWidth / (double) cols;
        double strideY = netHeight / (double) rows;
        float lowest = Float.POSITIVE_INFINITY;
        for (int a = 0; a < perHead; a++) {
            double pw = resolved.widths()[head][a];
            double ph = resolved.heights()[head][a];
            for (int cell = 0; cell < count; cell++) {
                int at = a * anchorStep + cell * cellStep;
                float rawObjectness = values.get(at + 4 * fieldStep);
                if (rawObjectness < lowest) {
                    lowest = rawObjectness;
                }
                // Written so that NaN comes through to the check.
                if (rawObjectness <= objectnessOver) {
                    continue;
                }
                double objectness = score(out, at + 4 * fieldStep, rawObjectness);
                for (int c = 0; c < classes; c++) {
                    int classAt = at + (5 + c) * fieldStep;
                    double score = objectness * score(out, classAt, values.get(classAt));
                    if (score > threshold) {
                        double x = number(out, at);
                        double y = number(out, at + fieldStep);
                        double w = number(out, at + 2 * fieldStep);
                        double h = number(out, at + 3 * fieldStep);
                        double cx = ((newCoords ? x : sigmoid(x)) * s - shift + cell % cols) * strideX;
                        double cy = ((newCoords ? y : sigmoid(y)) * s - shift + cell / cols) * strideY;
                        double halfW = (newCoords ? 4 * w * w : Math.exp(w)) * pw / 2;
                        double halfH = (newCoords ? 4 * h * h : Math.exp(h)) * ph / 2;
                        into.add(cx - halfW, cy - halfH, cx + halfW, cy + halfH, score, c);
                    }
                }
            }
        }
        if (lowest == Float.NEGATIVE_INFINITY || (!logits && lowest < -SCORE_SLACK)) {
            throw notLogit(out, fieldStep, cellStep, anchorStep, perHead, count, lowest);
        }
        return lowest;
    }

    private double score(Tensor out, int index, float raw) {
        return logits
                ? sigmoid(Decoder.finite(out, index, raw, modelName))
                : Decoder.probability(out, index, raw, modelName);
    }

    private double number(Tensor out, int index) {
        return Decoder.finite(out, index, out.floats().get(index), modelName);
    }

    private InferenceException notLogit(
            Tensor out, int fieldStep, int cellStep, int anchorStep, int perHead, int count, float lowest) {
        for (int a = 0; a < perHead; a++) {
            for (int cell = 0; cell < count; cell++) {
                int at = a * anchorStep + cell * cellStep + 4 * fieldStep;
                if (out.floats().get(at) == lowest) {
                    Decoder.probability(out, at, lowest, modelName);
                }
            }
        }
        throw new IllegalStateException("The lowest objectness of " + out + " is not in it");
    }

    private static double sigmoid(double v) {
        return 1 / (1 + Math.exp(-v));
    }
}

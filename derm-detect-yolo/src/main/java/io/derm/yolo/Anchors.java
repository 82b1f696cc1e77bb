package io.derm.yolo;

import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Anchors and {@code scale_x_y} of each head, heads in output order: from the metadata, else those of the published YOLOv4 (three
 * heads) and YOLOv4-tiny (two heads), cfg/yolov4.cfg and cfg/yolov4-tiny.cfg of AlexeyAB/darknet. Immutable by convention.
 *
 * @param widths of each head's anchors, network pixels
 * @param heights of each head's anchors, network pixels
 * @param scale {@code scale_x_y} of each head
 */
record Anchors(double[][] widths, double[][] heights, double[] scale) {
    private static final Logger LOG = LoggerFactory.getLogger(Anchors.class);
    private static final double[][] YOLOV4 = {
        {12, 16}, {19, 36}, {40, 28}, {36, 75}, {76, 55}, {72, 146}, {142, 110}, {192, 243}, {459, 401}
    };
    private static final double[][] TINY = {{10, 14}, {23, 27}, {37, 58}, {81, 82}, {135, 169}, {344, 319}};
    // By rising stride. The tiny model leaves out its first anchor: a quirk of its cfg that the weights were trained
    // with.
    private static final int[][] YOLOV4_MASKS = {{0, 1, 2}, {3, 4, 5}, {6, 7, 8}};
    private static final int[][] TINY_MASKS = {{1, 2, 3}, {3, 4, 5}};
    private static final double[] YOLOV4_SCALE = {1.2, 1.1, 1.05};
    private static final double TINY_SCALE = 1.05;
    private static final double NEW_COORDS_SCALE = 2;

    /** Anchors a head, as far as the metadata says: the length of the masks, else an even share, else three. */
    static int perHead(Signature signature, String modelName, int heads) {
        Metadata meta = new Metadata(signature, modelName);
        return meta.masks()
                .map(m -> m[0].length)
                .or(() -> meta.anchors().map(a -> Math.max(1, a.length / heads)))
                .orElse(3);
    }

    /**
     * Anchors for heads of these sizes.
     *
     * @param cells number of cells of each head, in output order; more cells is a smaller stride
     * @param perHead anchors of each head as the outputs' shapes have it
     * @throws ModelException if the metadata does not fit the heads, or says nothing and there is no published model like it
     */
    static Anchors of(Signature signature, String modelName, int[] cells, int perHead) {
        Metadata meta = new Metadata(signature, modelName);
        int heads = cells.length;
        double[][] anchors = meta.anchors().orElseGet(() -> {
            double[][] published = published(modelName, heads);
            LOG.warn(
                    "{} does not state its anchors; taking those of {}. State {} if it was trained with others.",
                    modelName,
                    heads == 2 ? "YOLOv4-tiny" : "YOLOv4",
                    ModelKeys.ANCHORS);
            return published;
        });
        int[][] masks = meta.masks().orElseGet(() -> byStride(modelName, cells, anchors.length));
        if (masks.length != heads) {
            throw mismatch(modelName, ModelKeys.MASKS + " for " + count(masks.length), count(heads));
        }
        double[][] widths = new double[heads][perHead];
        double[][] heights = new double[heads][perHead];
        for (int h = 0; h < heads; h++) {
            if (masks[h].length != perHead) {
                throw mismatch(
                        modelName,
                        masks[h].length + " anchors in " + ModelKeys.MASKS + " for head " + h,
                        perHead + " as its output has");
            }
            for (int a = 0; a < perHead; a++) {
                int index = masks[h][a];
                if (index >= anchors.length) {
                    throw mismatch(
                            modelName,
                            "anchor " + index + " in " + ModelKeys.MASKS,
                            "an index under " + anchors.length + ", the number of anchors");
                }
                widths[h][a] = anchors[index][0];
                heights[h][a] = anchors[index][1];
            }
        }
        return new Anchors(widths, heights, scale(meta, modelName, cells));
    }

    private static double[][] published(String modelName, int heads) {
        return switch (heads) {
            case 2 -> TINY;
            case 3 -> YOLOV4;
            default ->
                throw new ModelException(
                        45,
                        "Model " + modelName + " has " + count(heads) + " and no " + ModelKeys.ANCHORS
                                + ", expected 3 as YOLOv4 or 2 as YOLOv4-tiny",
                        "State " + ModelKeys.ANCHORS + " and " + ModelKeys.MASKS + " as in the model's cfg.");
        };
    }

    private static int[][] byStride(String modelName, int[] cells, int anchors) {
        int[][] rising;
        if (cells.length == 3 && anchors == YOLOV4.length) {
            rising = YOLOV4_MASKS;
        } else if (cells.length == 2 && anchors == TINY.length) {
            rising = TINY_MASKS;
        } else if (cells.length == 1) {
            rising = new int[][] {IntStream.range(0, anchors).toArray()};
        } else {
            throw new ModelException(
                    44,
                    "Model " + modelName + " has " + count(cells.length) + " and " + anchors + " anchors but no "
                            + ModelKeys.MASKS + ", expected 3 heads with 9 or 2 with 6 anchors",
                    "State " + ModelKeys.MASKS + " as in the model's cfg, e.g. 6,7,8;3,4,5;0,1,2.");
        }
        int[][] masks = new int[cells.length][];
        int rank = 0;
        for (int head : risingStride(cells)) {
            masks[head] = rising[rank++];
        }
        return masks;
    }

    private static double[] scale(Metadata meta, String modelName, int[] cells) {
        double[] given = meta.scaleXY().orElseGet(() -> new double[0]);
        if (given.length == cells.length) {
            return given;
        }
        double[] scale = new double[cells.length];
        if (given.length > 1) {
            throw mismatch(modelName, given.length + " numbers in " + ModelKeys.SCALE_X_Y, "one, or " + cells.length);
        } else if (given.length == 1) {
            Arrays.fill(scale, given[0]);
        } else if (meta.newCoords()) {
            Arrays.fill(scale, NEW_COORDS_SCALE);
        } else if (cells.length == 3 && !modelName.toLowerCase(Locale.ROOT).contains("tiny")) {
            int rank = 0;
            for (int head : risingStride(cells)) {
                scale[head] = YOLOV4_SCALE[rank++];
            }
        } else if (cells.length == 2 || cells.length == 3) {
            Arrays.fill(scale, TINY_SCALE);
        } else {
            Arrays.fill(scale, 1);
        }
        return scale;
    }

    private static int[] risingStride(int[] cells) {
        return IntStream.range(0, cells.length)
                .boxed()
                .sorted(Comparator.comparingInt((Integer h) -> cells[h]).reversed())
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private static String count(int heads) {
        return heads + (heads == 1 ? " head" : " heads");
    }

    private static ModelException mismatch(String modelName, String found, String expected) {
        return new ModelException(
                44,
                "Metadata of " + modelName + " has " + found + ", expected " + expected,
                "State " + ModelKeys.ANCHORS + ", " + ModelKeys.MASKS + " and " + ModelKeys.SCALE_X_Y
                        + " as in the model's cfg, heads in output order.");
    }
}

package io.derm.bench;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.ElementType;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import io.derm.yolo.YoloLayout;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Outputs of a YOLOv4 of 416 x 416 in any layout, with objects put into them that are known: each lies in a cell of the finest grid and
 * is seen by its three anchors, with one score higher than the others. So a third of the candidates are left after suppression.
 *
 * @param signature of the model that would give them
 * @param outputs three heads, or their 10647 rows
 * @param objects what a detector must make of them, highest score first, in pixels of a frame of 416 x 416
 */
record PreparedOutputs(Signature signature, Tensors outputs, List<Detection> objects) {
    static final int SIDE = 416;
    /** Objects stand two cells apart. */
    static final int MOST_CANDIDATES = 3 * 26 * 26;

    private static final int[] GRIDS = {52, 26, 13};
    private static final int[][] ANCHORS = {{12, 16}, {19, 36}, {40, 28}};
    private static final int ROWS = 3 * (52 * 52 + 26 * 26 + 13 * 13);
    /** Logit of what is nothing, and of a class that is sure: its sigmoid is 1 in float32. */
    private static final float NOTHING = -9;

    private static final float SURE = 25;
    /** Of the box of the first anchor; each overlaps it by 0.8 and more. */
    private static final float[] SIZES = {1, 0.9f, 1.1f};

    /** One object as one of its anchors sees it. */
    private record Candidate(int cell, int anchor, float x, float y, float w, float h, float score, int classIndex) {}

    static PreparedOutputs of(YoloLayout layout, int classes, int candidates) {
        if (candidates < 3 || candidates % 3 != 0 || candidates > MOST_CANDIDATES) {
            throw new IllegalArgumentException("Candidates are " + candidates
                    + ", expected a multiple of 3, at least 3 and at most " + MOST_CANDIDATES);
        }
        List<Detection> objects = new ArrayList<>();
        List<Candidate> all = new ArrayList<>();
        for (int n = 0; n < candidates / 3; n++) {
            int column = n % 26 * 2;
            int row = n / 26 * 2;
            float x = 8 * column + 4;
            float y = 8 * row + 4;
            float w = 5 + n % 4;
            float h = 6 + n % 3;
            float score = 0.95f - 0.0004f * n;
            int c = n % classes;
            objects.add(new Detection(Box.ofCenter(x, y, w, h), score, c, "class " + c));
            for (int a = 0; a < 3; a++) {
                all.add(new Candidate(row * 52 + column, a, x, y, w * SIZES[a], h * SIZES[a], score - 0.15f * a, c));
            }
        }
        boolean nhwc = layout == YoloLayout.HUNGLC007 || layout == YoloLayout.ZOO;
        TensorInfo input = new TensorInfo(
                "image", ElementType.FLOAT32, nhwc ? List.of(1, SIDE, SIDE, 3) : List.of(1, 3, SIDE, SIDE));
        Tensors outputs = outputs(layout, classes, all);
        return new PreparedOutputs(
                new Signature(
                        List.of(input),
                        outputs.list().stream().map(Tensor::info).toList(),
                        Map.of(
                                ModelKeys.DECODER,
                                layout.decoderName(),
                                ModelKeys.ANCHORS,
                                "12,16 19,36 40,28 36,75 76,55 72,146 142,110 192,243 459,401",
                                ModelKeys.MASKS,
                                "0,1,2;3,4,5;6,7,8",
                                ModelKeys.SCALE_X_Y,
                                "1.2,1.1,1.05")),
                outputs,
                objects);
    }

    private static Tensors outputs(YoloLayout layout, int classes, List<Candidate> all) {
        return switch (layout) {
            case DARKNET, ZOO -> heads(layout == YoloLayout.DARKNET, classes, all);
            case BOXES_CONFS -> {
                Tensor boxes = tensor("boxes", 1, ROWS, 1, 4);
                Tensor confs = tensor("confs", 1, ROWS, classes);
                for (Candidate k : all) {
                    corners(boxes.floats(), 4 * row(k), k, SIDE, false);
                    confs.floats().put(row(k) * classes + k.classIndex(), k.score());
                }
                yield Tensors.of(boxes, confs);
            }
            case HUNGLC007 -> {
                Tensor rows = tensor("rows", 1, ROWS, 4 + classes);
                for (Candidate k : all) {
                    int at = row(k) * (4 + classes);
                    corners(rows.floats(), at, k, SIDE, true);
                    rows.floats().put(at + 4 + k.classIndex(), k.score());
                }
                yield Tensors.of(rows);
            }
            case OPENCV_ROWS -> {
                Tensor rows = tensor("rows", ROWS, 5 + classes);
                for (Candidate k : all) {
                    int at = row(k) * (5 + classes);
                    put(rows.floats(), at, k.x() / SIDE, k.y() / SIDE, k.w() / SIDE, k.h() / SIDE, k.score());
                    rows.floats().put(at + 5 + k.classIndex(), k.score());
                }
                yield Tensors.of(rows);
            }
            case DEEPSTREAM -> {
                Tensor rows = tensor("rows", 1, ROWS, 6);
                for (Candidate k : all) {
                    corners(rows.floats(), row(k) * 6, k, 1, false);
                    put(rows.floats(), row(k) * 6 + 4, k.score(), k.classIndex());
                }
                yield Tensors.of(rows);
            }
            case TAO_BATCHED_NMS ->
                suppressed(all.stream().filter(k -> k.anchor() == 0).toList());
        };
    }

    private static Tensors heads(boolean darknet, int classes, List<Candidate> all) {
        int fields = 5 + classes;
        List<Tensor> heads = new ArrayList<>();
        for (int h = 0; h < GRIDS.length; h++) {
            int grid = GRIDS[h];
            Tensor head = darknet
                    ? tensor("head" + h, 1, 3 * fields, grid, grid)
                    : tensor("head" + h, 1, grid, grid, 3, fields);
            FloatBuffer v = head.floats();
            if (darknet) {
                for (int i = 0; i < head.elements(); i++) {
                    v.put(i, NOTHING);
                }
            }
            for (Candidate k : h == 0 ? all : List.<Candidate>of()) {
                int cells = grid * grid;
                int step = darknet ? cells : 1;
                int at = darknet ? k.anchor() * fields * cells + k.cell() : (k.cell() * 3 + k.anchor()) * fields;
                // The centre of a cell, whatever scale_x_y is.
                v.put(at, 0).put(at + step, 0);
                v.put(at + 2 * step, (float) Math.log(k.w() / ANCHORS[k.anchor()][0]));
                v.put(at + 3 * step, (float) Math.log(k.h() / ANCHORS[k.anchor()][1]));
                float objectness = darknet ? (float) Math.log(k.score() / (1 - k.score())) : k.score();
                v.put(at + 4 * step, objectness);
                v.put(at + (5 + k.classIndex()) * step, darknet ? SURE : 1);
            }
            heads.add(head);
        }
        return new Tensors(heads);
    }

    private static Tensors suppressed(List<Candidate> best) {
        int n = best.size();
        Tensor counts = Tensor.allocate("BatchedNMS", ElementType.INT32, 1, 1);
        Tensor boxes = tensor("BatchedNMS_1", 1, n, 4);
        Tensor scores = tensor("BatchedNMS_2", 1, n);
        Tensor classes = tensor("BatchedNMS_3", 1, n);
        counts.ints().put(0, n);
        for (int i = 0; i < n; i++) {
            corners(boxes.floats(), 4 * i, best.get(i), SIDE, false);
            scores.floats().put(i, best.get(i).score());
            classes.floats().put(i, best.get(i).classIndex());
        }
        return Tensors.of(counts, boxes, scores, classes);
    }

    private static Tensor tensor(String name, int... shape) {
        return Tensor.allocate(name, ElementType.FLOAT32, shape);
    }

    /** Row of a candidate where those of all heads follow one another, cell by cell. */
    private static int row(Candidate k) {
        return 3 * k.cell() + k.anchor();
    }

    private static void corners(FloatBuffer to, int at, Candidate k, float unit, boolean topFirst) {
        float l = (k.x() - k.w() / 2) / unit;
        float t = (k.y() - k.h() / 2) / unit;
        float r = (k.x() + k.w() / 2) / unit;
        float b = (k.y() + k.h() / 2) / unit;
        if (topFirst) {
            put(to, at, t, l, b, r);
        } else {
            put(to, at, l, t, r, b);
        }
    }

    private static void put(FloatBuffer to, int at, float... values) {
        for (int i = 0; i < values.length; i++) {
            to.put(at + i, values[i]);
        }
    }
}

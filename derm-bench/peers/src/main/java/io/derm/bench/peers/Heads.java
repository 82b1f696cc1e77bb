package io.derm.bench.peers;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Reads the demo detector's heads in plain Java, as users of every library but derm have to. Stateless. */
final class Heads {
    private static final int FIELDS = 6;
    /** Objectness below this cannot reach the threshold, whatever its class: no exponential is needed to leave it out. */
    private static final float OBJECTNESS = (float) Math.log(Demo.SCORE_THRESHOLD / (1 - Demo.SCORE_THRESHOLD));

    private Heads() {}

    /** Adds the boxes of a head that are over the threshold, in pixels of the detector's input. */
    static void decode(FloatBuffer head, int index, List<Box> into) {
        int grid = Demo.GRIDS[index];
        int cells = grid * grid;
        float stride = (float) Demo.DETECTOR_SIDE / grid;
        for (int a = 0; a < 3; a++) {
            int at = a * FIELDS * cells;
            for (int cell = 0; cell < cells; cell++) {
                float objectness = head.get(at + 4 * cells + cell);
                if (objectness <= OBJECTNESS) {
                    continue;
                }
                double score = sigmoid(objectness) * sigmoid(head.get(at + 5 * cells + cell));
                if (score > Demo.SCORE_THRESHOLD) {
                    double x = centre(head.get(at + cell), cell % grid) * stride;
                    double y = centre(head.get(at + cells + cell), cell / grid) * stride;
                    double w = Math.exp(head.get(at + 2 * cells + cell)) * Demo.ANCHORS[index][2 * a] / 2;
                    double h = Math.exp(head.get(at + 3 * cells + cell)) * Demo.ANCHORS[index][2 * a + 1] / 2;
                    into.add(
                            new Box((float) (x - w), (float) (y - h), (float) (x + w), (float) (y + h), (float) score));
                }
            }
        }
    }

    private static double centre(float v, int cell) {
        return sigmoid(v) * Demo.SCALE_XY - (Demo.SCALE_XY - 1) / 2 + cell;
    }

    private static double sigmoid(double v) {
        return 1 / (1 + Math.exp(-v));
    }

    /** Greedy suppression; what is left comes in pixels of the frame, highest score first. */
    static List<Box> suppress(List<Box> boxes, Region letterbox) {
        boxes.sort(Comparator.comparingDouble(Box::score).reversed());
        List<Box> kept = new ArrayList<>();
        for (Box box : boxes) {
            if (kept.stream().noneMatch(k -> k.iou(box) > Demo.IOU_THRESHOLD)) {
                kept.add(box);
            }
        }
        kept.replaceAll(box -> box.inFrame(letterbox));
        return kept;
    }

    /** The finding of a box by the classifier's numbers for it. */
    static Finding finding(Box box, FloatBuffer logits, int region) {
        double[] p = new double[Demo.CLASSES];
        double highest = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < Demo.CLASSES; c++) {
            p[c] = logits.get(Demo.CLASSES * region + c) / Demo.TEMPERATURE;
            highest = Math.max(highest, p[c]);
        }
        double sum = 0;
        for (int c = 0; c < Demo.CLASSES; c++) {
            p[c] = Math.exp(p[c] - highest);
            sum += p[c];
        }
        return new Finding(
                box.left(),
                box.top(),
                box.right(),
                box.bottom(),
                box.score(),
                (float) (p[0] / sum),
                (float) ((p[1] + p[3]) / sum),
                (float) (p[2] / sum));
    }
}

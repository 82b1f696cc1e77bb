package io.derm.samples;

import io.derm.api.Box;
import io.derm.api.Detection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Precision, recall and average precision of boxes of one class, as COCO defines them: within an image detections take, best
 * score first, the free truth they overlap most, from an IoU on; average precision is the mean of the interpolated precision at
 * 101 levels of recall (cocodataset/cocoapi, {@code cocoeval.py}). Confined.
 */
final class DetectionMetrics {
    private final double minIou;
    private final List<double[]> hits = new ArrayList<>();
    private int truths;
    private int images;

    DetectionMetrics(double minIou) {
        this.minIou = minIou;
    }

    /** Adds an image. Detections are in any order. */
    void add(List<Box> truth, List<Detection> detections) {
        images++;
        truths += truth.size();
        boolean[] taken = new boolean[truth.size()];
        List<Detection> sorted = new ArrayList<>(detections);
        sorted.sort(Comparator.comparingDouble(Detection::score).reversed());
        for (Detection d : sorted) {
            int best = -1;
            double bestIou = minIou;
            for (int t = 0; t < truth.size(); t++) {
                double iou = truth.get(t).iou(d.box());
                if (!taken[t] && iou >= bestIou) {
                    best = t;
                    bestIou = iou;
                }
            }
            if (best >= 0) {
                taken[best] = true;
            }
            hits.add(new double[] {d.score(), best >= 0 ? 1 : 0});
        }
    }

    /** What holds when only detections of at least this score count. */
    record Point(double score, double recall, double falsePerImage, double precision) {}

    /** Mean of the interpolated precision at recall 0, 0.01 ... 1. */
    double averagePrecision() {
        List<Point> curve = curve();
        double[] best = new double[101];
        for (Point p : curve) {
            for (int r = 0; r <= 100 && r / 100.0 <= p.recall() + 1e-12; r++) {
                best[r] = Math.max(best[r], p.precision());
            }
        }
        return Arrays.stream(best).average().orElse(0);
    }

    /** At a given lowest score. */
    Point at(double score) {
        Point last = new Point(score, 0, 0, 1);
        for (Point p : curve()) {
            if (p.score() < score) {
                break;
            }
            last = p;
        }
        return last;
    }

    /** At the highest score that reaches a recall; at the lowest there is where none does. */
    Point atRecall(double recall) {
        Point last = new Point(1, 0, 0, 1);
        for (Point p : curve()) {
            last = p;
            if (p.recall() >= recall) {
                break;
            }
        }
        return last;
    }

    private List<Point> curve() {
        List<double[]> sorted = new ArrayList<>(hits);
        sorted.sort(Comparator.comparingDouble((double[] h) -> h[0]).reversed());
        List<Point> curve = new ArrayList<>(sorted.size());
        int right = 0;
        for (int i = 0; i < sorted.size(); i++) {
            right += (int) sorted.get(i)[1];
            boolean lastOfItsScore = i + 1 == sorted.size() || sorted.get(i + 1)[0] < sorted.get(i)[0];
            if (lastOfItsScore) {
                int wrong = i + 1 - right;
                curve.add(new Point(
                        sorted.get(i)[0],
                        truths == 0 ? 0 : right / (double) truths,
                        images == 0 ? 0 : wrong / (double) images,
                        right / (double) (i + 1)));
            }
        }
        return curve;
    }

    int truths() {
        return truths;
    }

    int images() {
        return images;
    }
}

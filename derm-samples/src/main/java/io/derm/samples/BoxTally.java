package io.derm.samples;

import io.derm.api.Box;
import io.derm.api.Detection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiPredicate;

/** Gathers how far two detectors' answers are apart. Confined. */
final class BoxTally {
    /** Overlap from which on two boxes match. */
    static final double MIN_IOU = 0.5;

    private final double threshold;
    private int images;
    private int differing;
    private int matched;
    private double maxCorner;
    private double sumCorner;
    private double maxScore;
    private double sumScore;
    private int onlyA;
    private double highestOnlyA;
    private int onlyB;
    private double highestOnlyB;
    private double highestUnmatched;

    BoxTally(double threshold) {
        this.threshold = threshold;
    }

    private record Match(int a, int b, double iou) {}

    /**
     * Adds the answers to an image: detections over the threshold and such under it as may be their counterparts.
     */
    void add(List<Detection> a, List<Detection> b) {
        int[] ofA = unmatched(a);
        int[] ofB = unmatched(b);
        // What both answer with comes first, so that no weak box takes the counterpart of a strong one.
        match(a, b, ofA, ofB, (x, y) -> answers(x) && answers(y));
        match(a, b, ofA, ofB, (x, y) -> answers(x) || answers(y));
        int before = onlyA + onlyB;
        for (int i = 0; i < ofA.length; i++) {
            if (ofA[i] >= 0) {
                count(a.get(i), b.get(ofA[i]));
            }
            if (answers(a.get(i)) && !(ofA[i] >= 0 && answers(b.get(ofA[i])))) {
                onlyA++;
                highestOnlyA = Math.max(highestOnlyA, a.get(i).score());
                highestUnmatched =
                        Math.max(highestUnmatched, ofA[i] < 0 ? a.get(i).score() : 0);
            }
        }
        for (int i = 0; i < ofB.length; i++) {
            if (answers(b.get(i)) && !(ofB[i] >= 0 && answers(a.get(ofB[i])))) {
                onlyB++;
                highestOnlyB = Math.max(highestOnlyB, b.get(i).score());
                highestUnmatched =
                        Math.max(highestUnmatched, ofB[i] < 0 ? b.get(i).score() : 0);
            }
        }
        images++;
        differing += onlyA + onlyB > before ? 1 : 0;
    }

    private static int[] unmatched(List<Detection> detections) {
        int[] of = new int[detections.size()];
        Arrays.fill(of, -1);
        return of;
    }

    private boolean answers(Detection d) {
        return d.score() > threshold;
    }

    /** Matches what is free yet and wanted, the largest overlap first. */
    private static void match(
            List<Detection> a, List<Detection> b, int[] ofA, int[] ofB, BiPredicate<Detection, Detection> wanted) {
        List<Match> matches = new ArrayList<>();
        for (int i = 0; i < a.size(); i++) {
            for (int j = 0; j < b.size(); j++) {
                Detection x = a.get(i);
                Detection y = b.get(j);
                if (ofA[i] < 0 && ofB[j] < 0 && x.label().equals(y.label()) && wanted.test(x, y)) {
                    double iou = x.box().iou(y.box());
                    if (iou >= MIN_IOU) {
                        matches.add(new Match(i, j, iou));
                    }
                }
            }
        }
        matches.sort(Comparator.comparingDouble(Match::iou).reversed());
        for (Match m : matches) {
            if (ofA[m.a()] < 0 && ofB[m.b()] < 0) {
                ofA[m.a()] = m.b();
                ofB[m.b()] = m.a();
            }
        }
    }

    private void count(Detection a, Detection b) {
        double corner = corner(a.box(), b.box());
        double score = Math.abs((double) a.score() - b.score());
        matched++;
        maxCorner = Math.max(maxCorner, corner);
        sumCorner += corner;
        maxScore = Math.max(maxScore, score);
        sumScore += score;
    }

    private static double corner(Box a, Box b) {
        double x = Math.max(Math.abs((double) a.left() - b.left()), Math.abs((double) a.right() - b.right()));
        double y = Math.max(Math.abs((double) a.top() - b.top()), Math.abs((double) a.bottom() - b.bottom()));
        return Math.max(x, y);
    }

    BoxDifference result() {
        return new BoxDifference(
                threshold,
                images,
                differing,
                matched,
                maxCorner,
                matched == 0 ? 0 : sumCorner / matched,
                maxScore,
                matched == 0 ? 0 : sumScore / matched,
                onlyA,
                highestOnlyA,
                onlyB,
                highestOnlyB,
                highestUnmatched);
    }
}

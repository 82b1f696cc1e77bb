package io.derm.bench.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How far a peer's findings are from derm's: without agreement no time of either says anything.
 *
 * @param findings how many were compared
 * @param ties how many of them have another most probable class, derm's two highest probabilities being so close that the tolerance allows it
 * @param iou the lowest overlap of two boxes of one lesion
 * @param score the most by which a score differs
 * @param probability the most by which a probability differs
 */
record Agreement(int findings, int ties, double iou, double score, double probability) {
    /**
     * How far a finding may be from derm's.
     *
     * @param iou the lowest overlap of their boxes
     * @param score the most by which their scores differ
     * @param probability the most by which a probability differs
     */
    record Tolerance(double iou, double score, double probability) {
        /** The same computation, to rounding. */
        static final Tolerance SAME = new Tolerance(0.95, 0.02, 0.03);
        /** The same findings, of models in eight bits. */
        static final Tolerance INT8 = new Tolerance(0.8, 0.1, 0.2);
    }

    /** A peer found or said something else than derm. */
    static final class Disagreement extends Exception {
        private static final long serialVersionUID = 1;

        Disagreement(String message) {
            super(message);
        }
    }

    /**
     * Holds findings to derm's, frame by frame: as many, each with its counterpart in the same place, of the same most probable class unless it is a tie.
     *
     * @throws Disagreement if they differ by more than that, or if there are none at all
     */
    static Agreement require(String peer, Tolerance most, List<List<Finding>> derm, List<List<Finding>> found)
            throws Disagreement {
        if (derm.size() != found.size()) {
            throw new Disagreement(peer + " examined " + found.size() + " frames, derm " + derm.size());
        }
        int count = 0;
        int ties = 0;
        double iou = 1;
        double score = 0;
        double probability = 0;
        for (int frame = 0; frame < derm.size(); frame++) {
            String where = "Frame " + frame + ": " + peer;
            if (derm.get(frame).size() != found.get(frame).size()) {
                throw new Disagreement(where + " has " + found.get(frame).size() + " findings, derm "
                        + derm.get(frame).size());
            }
            List<Finding> left = new ArrayList<>(found.get(frame));
            for (Finding expected : derm.get(frame)) {
                Finding f = nearest(expected, left);
                left.remove(f);
                if (!(f.iou(expected) >= most.iou)
                        || !(Math.abs(f.score() - expected.score()) <= most.score)
                        || !(f.distance(expected) <= most.probability)
                        || (f.answer() != expected.answer() && expected.lead() > 2 * most.probability)) {
                    throw new Disagreement(where + " has " + f + ", derm " + expected);
                }
                ties += f.answer() == expected.answer() ? 0 : 1;
                iou = Math.min(iou, f.iou(expected));
                score = Math.max(score, Math.abs(f.score() - expected.score()));
                probability = Math.max(probability, f.distance(expected));
                count++;
            }
        }
        if (count == 0) {
            throw new Disagreement("derm finds nothing in these frames, expected lesions to compare");
        }
        return new Agreement(count, ties, iou, score, probability);
    }

    private static Finding nearest(Finding expected, List<Finding> found) {
        Finding nearest = found.get(0);
        for (Finding f : found) {
            if (f.iou(expected) > nearest.iou(expected)) {
                nearest = f;
            }
        }
        return nearest;
    }

    String words() {
        return String.format(
                Locale.ROOT,
                "%d findings, lowest IoU %.4f, scores within %.4f, probabilities within %.4f, %s",
                findings,
                iou,
                score,
                probability,
                ties == 0 ? "all classes the same" : "all classes the same but " + ties + " near ties");
    }
}

package io.derm.samples;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** How well a score tells positives from negatives. Confined. */
final class RocCurve {
    private record Case(double score, boolean positive) {}

    private final List<Case> cases = new ArrayList<>();
    private int positives;

    void add(double score, boolean positive) {
        cases.add(new Case(score, positive));
        positives += positive ? 1 : 0;
    }

    int size() {
        return cases.size();
    }

    /**
     * Area under the curve: the share of pairs of a positive and a negative in which the positive scores higher, ties counting
     * half (Hanley and McNeil, Radiology 1982).
     */
    double area() {
        List<Case> sorted = new ArrayList<>(cases);
        sorted.sort(Comparator.comparingDouble(Case::score));
        double pairs = 0;
        int negativesBelow = 0;
        int i = 0;
        while (i < sorted.size()) {
            int p = 0;
            int n = 0;
            double score = sorted.get(i).score();
            for (; i < sorted.size() && sorted.get(i).score() == score; i++) {
                if (sorted.get(i).positive()) {
                    p++;
                } else {
                    n++;
                }
            }
            pairs += p * (negativesBelow + n / 2.0);
            negativesBelow += n;
        }
        return pairs / ((double) positives * (cases.size() - positives));
    }

    /** The highest sensitivity at a specificity of at least the given one, over all thresholds. */
    double sensitivityAt(double specificity) {
        List<Case> sorted = new ArrayList<>(cases);
        sorted.sort(Comparator.comparingDouble(Case::score).reversed());
        int negatives = cases.size() - positives;
        int p = 0;
        int n = 0;
        double best = 0;
        for (int i = 0; i < sorted.size(); i++) {
            if (sorted.get(i).positive()) {
                p++;
            } else {
                n++;
            }
            boolean lastOfItsScore = i + 1 == sorted.size()
                    || sorted.get(i + 1).score() < sorted.get(i).score();
            if (lastOfItsScore && (negatives - n) >= specificity * negatives) {
                best = Math.max(best, p / (double) positives);
            }
        }
        return best;
    }
}

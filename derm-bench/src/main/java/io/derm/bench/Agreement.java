package io.derm.bench;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.LesionClass;
import java.util.List;

/** Whether two ways to the same findings agree, without which no time of either says anything. Stateless. */
final class Agreement {
    private static final List<LesionClass> CLASSES = List.of(LesionClass.values());

    private Agreement() {}

    /**
     * Holds detections to others, in order.
     *
     * @param pixels the most by which a side of a box may differ
     * @param score the most by which a score may differ
     * @throws IllegalStateException if they differ by more
     */
    static void require(List<Detection> expected, List<Detection> found, double pixels, double score) {
        requireCount(expected.size(), found.size(), "detections");
        for (int i = 0; i < expected.size(); i++) {
            require(i, expected.get(i), found.get(i), pixels, score);
        }
    }

    /** As {@link #require(List, List, double, double)}, of the i-th alone. */
    static void require(int i, Detection expected, Detection found, double pixels, double score) {
        if (expected.classIndex() != found.classIndex()
                || !(Math.abs(expected.score() - found.score()) <= score)
                || !(distance(expected.box(), found.box()) <= pixels)) {
            throw new IllegalStateException("Detection " + i + " is " + found + ", expected " + expected);
        }
    }

    /**
     * Holds assessments to others, in order.
     *
     * @param probability the most by which a probability may differ
     * @throws IllegalStateException if they differ by more
     */
    static void requireAssessments(List<Assessment> expected, List<Assessment> found, double probability) {
        requireCount(expected.size(), found.size(), "assessments");
        for (int i = 0; i < expected.size(); i++) {
            require(i, expected.get(i), found.get(i), probability);
        }
    }

    /** As {@link #requireAssessments}, of the i-th alone. */
    static void require(int i, Assessment expected, Assessment found, double probability) {
        for (LesionClass c : CLASSES) {
            if (!(Math.abs(expected.probability(c) - found.probability(c)) <= probability)) {
                throw new IllegalStateException("Assessment " + i + " is " + found + ", expected " + expected);
            }
        }
    }

    static void requireCount(int expected, int found, String what) {
        if (expected != found) {
            throw new IllegalStateException("Found " + found + " " + what + ", expected " + expected);
        }
    }

    private static double distance(Box a, Box b) {
        return Math.max(
                Math.max(Math.abs(a.left() - b.left()), Math.abs(a.top() - b.top())),
                Math.max(Math.abs(a.right() - b.right()), Math.abs(a.bottom() - b.bottom())));
    }
}

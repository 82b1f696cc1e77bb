package io.derm.bench.gate;

import java.util.Locale;

/** What is timed: a piece of work on one frame. */
enum Step {
    /** {@code Detector.detect}; beside it a bare run of its model. */
    DETECT,
    /** {@code Classifier.classify} of three regions; beside it a bare run of its model on a batch of three. */
    CLASSIFY,
    /** Detection, then classification of what was found; beside it a bare run of each model. */
    EXAM;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}

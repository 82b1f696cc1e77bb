package io.derm.samples;

import io.derm.api.LesionClass;
import java.util.Map;

/**
 * How far the probabilities of classifier B are from those of classifier A. Immutable.
 *
 * @param images number of images that both answered
 * @param differing number of those to which they gave different classes
 * @param max largest difference of the probability of each class; empty where there were no such images
 * @param mean mean difference of the probability of each class
 */
record ProbabilityDifference(int images, int differing, Map<LesionClass, Double> max, Map<LesionClass, Double> mean) {
    ProbabilityDifference {
        max = Map.copyOf(max);
        mean = Map.copyOf(mean);
    }

    /** The largest of all classes. */
    double worst() {
        return max.values().stream().mapToDouble(v -> v).max().orElse(0);
    }
}

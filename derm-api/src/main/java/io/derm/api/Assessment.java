package io.derm.api;

import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a {@link Classifier} says of one region. Immutable.
 *
 * @param lesionClass the answer; {@link LesionClass#UNKNOWN} also when the evidence for the others is too weak
 * @param probabilities calibrated probability of each of the three classes, summing to 1
 * @param labels calibrated probability of each of the model's own classes, by label, in the model's order
 */
public record Assessment(LesionClass lesionClass, Map<LesionClass, Float> probabilities, Map<String, Float> labels) {
    public Assessment {
        if (probabilities.size() != LesionClass.values().length) {
            throw new IllegalArgumentException("Probabilities name " + probabilities.keySet() + ", expected all of "
                    + java.util.List.of(LesionClass.values()));
        }
        float sum = 0;
        for (float p : probabilities.values()) {
            if (!(p >= 0 && p <= 1.0001f)) {
                throw new IllegalArgumentException("Probability is " + p + ", expected 0 to 1");
            }
            sum += p;
        }
        if (Math.abs(sum - 1) > 1e-3f) {
            throw new IllegalArgumentException("Probabilities sum to " + sum + ", expected 1");
        }
        probabilities = Collections.unmodifiableMap(new EnumMap<>(probabilities));
        labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    }

    /** Probability of one class, 0 to 1. */
    public float probability(LesionClass c) {
        return probabilities.getOrDefault(c, 0f);
    }
}

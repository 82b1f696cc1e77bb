package io.derm.samples;

import io.derm.api.LesionClass;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a classifier reached on crops of known lesions. Immutable.
 *
 * @param crops number of crops
 * @param melanomaArea area under the ROC curve of P(melanoma); NaN without both melanomas and others
 * @param melanomaSensitivity the highest at a specificity of {@link #SPECIFICITY}; NaN without melanomas, 0 without any crop
 * @param confusion number of crops by truth, then by answer; classes without any are left out
 */
record ClassificationResult(
        int crops,
        double melanomaArea,
        double melanomaSensitivity,
        Map<LesionClass, Map<LesionClass, Integer>> confusion) {
    /** Specificity at which sensitivity is taken. */
    static final double SPECIFICITY = 0.85;

    ClassificationResult {
        Map<LesionClass, Map<LesionClass, Integer>> copy = new EnumMap<>(LesionClass.class);
        confusion.forEach((truth, answers) -> copy.put(truth, Map.copyOf(answers)));
        confusion = Map.copyOf(copy);
    }

    /** How many crops of one class were taken for another. */
    int answered(LesionClass truth, LesionClass answer) {
        return confusion.getOrDefault(truth, Map.of()).getOrDefault(answer, 0);
    }
}

package io.derm.samples;

import io.derm.api.LesionClass;
import java.util.List;

/**
 * What a classifier reached on crops of known lesions. Immutable.
 *
 * @param crops number of crops
 * @param melanomaArea area under the ROC curve of P(melanoma); NaN without both melanomas and others
 * @param melanomaSensitivity the highest at a specificity of {@link #SPECIFICITY}; NaN without melanomas
 * @param confusion number of crops by truth, then by answer, in the order of {@link LesionClass}
 */
record ClassificationResult(int crops, double melanomaArea, double melanomaSensitivity, List<List<Integer>> confusion) {
    /** Specificity at which sensitivity is taken. */
    static final double SPECIFICITY = 0.85;

    ClassificationResult {
        confusion = confusion.stream().map(List::copyOf).toList();
    }

    /** How many crops of one class were taken for another. */
    int answered(LesionClass truth, LesionClass answer) {
        return confusion.get(truth.ordinal()).get(answer.ordinal());
    }
}

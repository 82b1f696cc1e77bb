package io.derm.api;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a {@link Classifier} says of one region. Immutable.
 *
 * @param lesionClass the answer; {@link LesionClass#UNKNOWN} also when the evidence for the others is too weak
 * @param probabilities calibrated probability of each of the three classes, summing to 1
 * @param labels calibrated probability of each of the model's own classes, by label, in the model's order
 * @param noLesion the part of the probability of {@link LesionClass#UNKNOWN} that is of things which are no lesions, as by
 *     {@link LabelMap#noLesion()}; 0 where the model knows no such class
 */
public record Assessment(
        LesionClass lesionClass, Map<LesionClass, Float> probabilities, Map<String, Float> labels, float noLesion) {
    private static final List<LesionClass> CLASSES = List.of(LesionClass.values());

    public Assessment {
        if (probabilities.size() != CLASSES.size()) {
            throw new IllegalArgumentException(
                    "Probabilities name " + probabilities.keySet() + ", expected all of " + CLASSES);
        }
        FloatMap<LesionClass> three = probabilities instanceof FloatMap<LesionClass> already
                ? already
                : FloatMap.copyOf(new EnumMap<>(probabilities));
        float sum = 0;
        for (int i = 0; i < CLASSES.size(); i++) {
            float p = three.value(CLASSES.get(i));
            if (!(p >= 0 && p <= 1.0001f)) {
                throw new IllegalArgumentException("Probability is " + p + ", expected 0 to 1");
            }
            sum += p;
        }
        if (Math.abs(sum - 1) > 1e-3f) {
            throw new IllegalArgumentException("Probabilities sum to " + sum + ", expected 1");
        }
        float unknown = three.value(LesionClass.UNKNOWN);
        if (!(noLesion >= 0 && noLesion <= unknown + 1e-3f)) {
            throw new IllegalArgumentException(
                    "Probability of no lesion is " + noLesion + ", expected 0 to that of UNKNOWN, " + unknown);
        }
        probabilities = three;
        labels = FloatMap.copyOf(labels);
    }

    /** An assessment by a model without a class for things that are no lesions. */
    public Assessment(LesionClass lesionClass, Map<LesionClass, Float> probabilities, Map<String, Float> labels) {
        this(lesionClass, probabilities, labels, 0);
    }

    /**
     * An assessment out of plain numbers, which takes the least memory: both maps are views of them.
     *
     * @param labels names of the model's classes, each different, in the model's order
     * @param ofLabels probability of each of them; copied
     * @param noLesion the part of {@code unknown} that is of things which are no lesions
     * @throws IllegalArgumentException if there are not as many numbers as labels, a label comes twice, or the three probabilities are
     *     not 0 to 1 and sum to 1, or {@code noLesion} is not 0 to {@code unknown}
     */
    public static Assessment of(
            LesionClass lesionClass,
            float benign,
            float unknown,
            float melanoma,
            List<String> labels,
            float[] ofLabels,
            float noLesion) {
        List<String> names = List.copyOf(labels);
        if (names.size() != ofLabels.length) {
            throw new IllegalArgumentException(
                    "Labels are " + names + " with " + ofLabels.length + " probabilities, expected as many");
        }
        for (int i = 1; i < names.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (names.get(i).equals(names.get(j))) {
                    throw new IllegalArgumentException(
                            "Label '" + names.get(i) + "' comes twice in " + names + ", expected each once");
                }
            }
        }
        float[] three = new float[CLASSES.size()];
        three[LesionClass.BENIGN.ordinal()] = benign;
        three[LesionClass.UNKNOWN.ordinal()] = unknown;
        three[LesionClass.MELANOMA.ordinal()] = melanoma;
        return new Assessment(
                lesionClass, new FloatMap<>(CLASSES, three), new FloatMap<>(names, ofLabels.clone()), noLesion);
    }

    /**
     * As {@link #of(LesionClass, float, float, float, List, float[], float)} by a model without a class for things that are no
     * lesions.
     */
    public static Assessment of(
            LesionClass lesionClass,
            float benign,
            float unknown,
            float melanoma,
            List<String> labels,
            float[] ofLabels) {
        return of(lesionClass, benign, unknown, melanoma, labels, ofLabels, 0);
    }

    /** Probability of one class, 0 to 1. */
    public float probability(LesionClass c) {
        return ((FloatMap<LesionClass>) probabilities).value(c);
    }
}

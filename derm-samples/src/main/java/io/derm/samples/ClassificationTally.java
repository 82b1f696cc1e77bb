package io.derm.samples;

import io.derm.api.Assessment;
import io.derm.api.LesionClass;
import java.util.EnumMap;
import java.util.Map;

/** Gathers a classifier's answers to crops of known lesions. Confined. */
final class ClassificationTally {
    private final RocCurve melanoma = new RocCurve();
    private final Map<LesionClass, Map<LesionClass, Integer>> confusion = new EnumMap<>(LesionClass.class);

    void add(DataSet.Crop crop, Assessment answer) {
        melanoma.add(answer.probability(LesionClass.MELANOMA), crop.lesionClass() == LesionClass.MELANOMA);
        confusion
                .computeIfAbsent(crop.lesionClass(), c -> new EnumMap<>(LesionClass.class))
                .merge(answer.lesionClass(), 1, Integer::sum);
    }

    ClassificationResult result() {
        return new ClassificationResult(
                melanoma.size(), melanoma.area(), melanoma.sensitivityAt(ClassificationResult.SPECIFICITY), confusion);
    }
}

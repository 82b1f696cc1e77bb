package io.derm.samples;

import io.derm.api.Assessment;
import io.derm.api.LesionClass;
import java.util.Arrays;
import java.util.List;

/** Gathers a classifier's answers to crops of known lesions. Confined. */
final class ClassificationTally {
    private final RocCurve melanoma = new RocCurve();
    private final int[][] confusion = new int[LesionClass.values().length][LesionClass.values().length];

    void add(DataSet.Crop crop, Assessment answer) {
        melanoma.add(answer.probability(LesionClass.MELANOMA), crop.lesionClass() == LesionClass.MELANOMA);
        confusion[crop.lesionClass().ordinal()][answer.lesionClass().ordinal()]++;
    }

    ClassificationResult result() {
        List<List<Integer>> rows = Arrays.stream(confusion)
                .map(row -> Arrays.stream(row).boxed().toList())
                .toList();
        return new ClassificationResult(
                melanoma.size(), melanoma.area(), melanoma.sensitivityAt(ClassificationResult.SPECIFICITY), rows);
    }
}

package io.derm.samples;

import io.derm.api.Assessment;
import io.derm.api.LesionClass;
import java.util.EnumMap;
import java.util.Map;

/** Gathers how far two classifiers' answers are apart. Confined. */
final class ProbabilityTally {
    private final Map<LesionClass, Double> max = new EnumMap<>(LesionClass.class);
    private final Map<LesionClass, Double> sum = new EnumMap<>(LesionClass.class);
    private int images;
    private int differing;

    void add(Assessment a, Assessment b) {
        images++;
        differing += a.lesionClass() == b.lesionClass() ? 0 : 1;
        for (LesionClass c : LesionClass.values()) {
            double difference = Math.abs((double) a.probability(c) - b.probability(c));
            max.merge(c, difference, Math::max);
            sum.merge(c, difference, Double::sum);
        }
    }

    ProbabilityDifference result() {
        Map<LesionClass, Double> mean = new EnumMap<>(LesionClass.class);
        sum.forEach((c, total) -> mean.put(c, total / images));
        return new ProbabilityDifference(images, differing, max, mean);
    }
}

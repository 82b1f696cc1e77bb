package io.derm.bench.gate;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.LesionClass;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What a step gave its caller. */
record Results(List<Detection> found, List<Assessment> assessed) {
    /**
     * Makes the same results anew at each call, as thriftily as can be: what a call allocates is the part of a step's allocation that its
     * caller asked for, and nothing beside it.
     */
    Supplier<Results> again() {
        List<List<String>> labels = new ArrayList<>();
        List<float[]> ofLabels = new ArrayList<>();
        for (Assessment a : assessed) {
            labels.add(List.copyOf(a.labels().keySet()));
            float[] values = new float[a.labels().size()];
            int n = 0;
            for (float p : a.labels().values()) {
                values[n++] = p;
            }
            ofLabels.add(values);
        }
        return () -> {
            List<Detection> detections = new ArrayList<>(found.size());
            for (int i = 0; i < found.size(); i++) {
                Detection d = found.get(i);
                Box b = d.box();
                detections.add(new Detection(
                        new Box(b.left(), b.top(), b.right(), b.bottom()), d.score(), d.classIndex(), d.label()));
            }
            List<Assessment> assessments = new ArrayList<>(assessed.size());
            for (int i = 0; i < assessed.size(); i++) {
                Assessment a = assessed.get(i);
                assessments.add(Assessment.of(
                        a.lesionClass(),
                        a.probability(LesionClass.BENIGN),
                        a.probability(LesionClass.UNKNOWN),
                        a.probability(LesionClass.MELANOMA),
                        labels.get(i),
                        ofLabels.get(i),
                        a.noLesion()));
            }
            return new Results(detections, assessments);
        };
    }
}

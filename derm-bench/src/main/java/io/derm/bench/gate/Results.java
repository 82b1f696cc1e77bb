package io.derm.bench.gate;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.LesionClass;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a step gave its caller. */
record Results(List<Detection> found, List<Assessment> assessed) {
    /** The same results made anew, as thriftily as can be: what it allocates is the part of a step's allocation that its caller asked for. */
    Results copy() {
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
            Map<LesionClass, Float> probabilities = new EnumMap<>(LesionClass.class);
            for (LesionClass c : LesionClass.values()) {
                probabilities.put(c, a.probability(c));
            }
            Map<String, Float> labels = new LinkedHashMap<>();
            a.labels().forEach((label, p) -> labels.put(label, Float.valueOf(p.floatValue())));
            assessments.add(new Assessment(a.lesionClass(), probabilities, labels));
        }
        return new Results(detections, assessments);
    }
}

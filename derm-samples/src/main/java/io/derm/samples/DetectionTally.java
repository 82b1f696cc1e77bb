package io.derm.samples;

import io.derm.api.Detection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Gathers a detector's answers to labelled scenes. Confined. */
final class DetectionTally {
    private static final double HIGH_RECALL = 0.95;

    private final double minIou;
    private final double threshold;
    private final DetectionMetrics all;
    private final Map<String, DetectionMetrics> byTone = new TreeMap<>();

    /** A tally in which a box counts as found from an overlap on, with recall taken at a score. */
    DetectionTally(double minIou, double threshold) {
        this.minIou = minIou;
        this.threshold = threshold;
        this.all = new DetectionMetrics(minIou);
    }

    /** Adds an answer: detections down to {@link Evaluation#CURVE_THRESHOLD}, in any order. */
    void add(DataSet.Scene scene, List<Detection> found) {
        all.add(scene.lesions(), found);
        if (!scene.tone().isEmpty()) {
            byTone.computeIfAbsent(scene.tone(), t -> new DetectionMetrics(minIou))
                    .add(scene.lesions(), found);
        }
    }

    DetectionResult result() {
        Map<String, DetectionResult.Tone> tones = new TreeMap<>();
        byTone.forEach((tone, m) -> tones.put(
                tone, new DetectionResult.Tone(m.truths(), m.at(threshold).recall())));
        return new DetectionResult(
                all.images(),
                all.truths(),
                minIou,
                threshold,
                all.averagePrecision(),
                all.atRecall(HIGH_RECALL),
                all.at(threshold),
                tones);
    }
}

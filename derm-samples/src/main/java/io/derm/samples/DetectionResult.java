package io.derm.samples;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a detector reached on scenes whose lesions are known. Immutable.
 *
 * @param images number of scenes
 * @param lesions number of lesions in them
 * @param minIou overlap from which on a box counted as found
 * @param threshold score of {@code atThreshold} and {@code byTone}
 * @param averagePrecision mean precision over recall, all detections taken, 0 to 1
 * @param atHighRecall at the highest score that finds 95 of 100 lesions
 * @param atThreshold when only detections of at least {@code threshold} count
 * @param byTone by Fitzpatrick type, in order; empty where types are not known
 */
record DetectionResult(
        int images,
        int lesions,
        double minIou,
        double threshold,
        double averagePrecision,
        DetectionMetrics.Point atHighRecall,
        DetectionMetrics.Point atThreshold,
        Map<String, Tone> byTone) {
    /** Recall on one type of skin. */
    record Tone(int lesions, double recall) {}

    DetectionResult {
        byTone = Collections.unmodifiableMap(new TreeMap<>(byTone));
    }

    /** Mean recall of the types, each counting the same. */
    double meanRecallOfTones() {
        return byTone.values().stream().mapToDouble(Tone::recall).average().orElse(0);
    }
}

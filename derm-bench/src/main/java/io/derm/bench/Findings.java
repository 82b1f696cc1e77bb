package io.derm.bench;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.pipeline.FrameFindings;
import io.derm.pipeline.Sighting;
import java.util.List;

/**
 * What a detector and a classifier make of a frame, one after the other on one thread: what an exam's findings are held to. Immutable.
 *
 * @param detections as the detector gave them
 * @param assessments one for each
 */
record Findings(List<Detection> detections, List<Assessment> assessments) {
    /** Of a box's side, in pixels; other threads may add in another order. */
    private static final double PIXELS = 0.5;

    private static final double PROBABILITY = 0.01;

    static Findings of(Detector detector, Classifier classifier, Frame frame) {
        List<Detection> detections = detector.detect(frame);
        return new Findings(detections, classifier.classify(frame, boxes(detections)));
    }

    private static List<Box> boxes(List<Detection> detections) {
        return detections.stream().map(Detection::box).toList();
    }

    List<Box> boxes() {
        return boxes(detections);
    }

    /**
     * Holds an exam's findings in this frame to these.
     *
     * @throws IllegalStateException if they differ
     */
    void require(FrameFindings found) {
        List<Sighting> sightings = found.sightings();
        Agreement.requireCount(detections.size(), sightings.size(), "sightings");
        // No lists of its own: it runs for every frame of exams whose allocation is measured.
        for (int i = 0; i < detections.size(); i++) {
            Sighting sighting = sightings.get(i);
            Agreement.require(i, detections.get(i), sighting.detection(), PIXELS, PROBABILITY);
            if (sighting.assessed()) {
                Agreement.require(i, assessments.get(i), sighting.assessment(), PROBABILITY);
            }
        }
    }
}

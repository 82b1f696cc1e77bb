package io.derm.samples;

import io.derm.api.Classifier;
import io.derm.api.Detector;
import java.util.List;

/** Runs a model on the labelled images of a data set. Stateless. */
final class Evaluation {
    /** Score threshold to open a detector with: low enough for the whole precision-recall curve. */
    static final double CURVE_THRESHOLD = 0.01;

    private Evaluation() {}

    /**
     * Evaluates a detector on the scenes.
     *
     * @param detector opened with {@link #CURVE_THRESHOLD}; stays open
     * @param minIou overlap from which on a box counts as found
     * @param threshold score at which recall and false boxes are taken
     * @param afterEach called after each image
     */
    static DetectionResult detector(
            Detector detector, DataSet data, double minIou, double threshold, Runnable afterEach) throws Exception {
        DetectionTally tally = new DetectionTally(minIou, threshold);
        for (DataSet.Scene scene : data.scenes()) {
            ImageJob.open(scene.file().toString(), (name, frame) -> tally.add(scene, detector.detect(frame)));
            afterEach.run();
        }
        return tally.result();
    }

    /**
     * Evaluates a classifier on the crops.
     *
     * @param classifier stays open
     * @param afterEach called after each image
     */
    static ClassificationResult classifier(Classifier classifier, DataSet data, Runnable afterEach) throws Exception {
        ClassificationTally tally = new ClassificationTally();
        for (DataSet.Crop crop : data.crops()) {
            ImageJob.open(
                    crop.file().toString(),
                    (name, frame) -> tally.add(
                            crop,
                            classifier.classify(frame, List.of(frame.bounds())).get(0)));
            afterEach.run();
        }
        return tally.result();
    }
}

package io.derm.samples;

import java.util.List;
import java.util.Optional;

/**
 * How far model B is from model A on the same images. Immutable.
 *
 * @param models what was compared, and by which runtimes
 * @param task {@code detect}, {@code classify} or what else the models are for; empty where that is not recognised
 * @param crops whether the images are crops of lesions
 * @param images number of images
 * @param outputs by output of A; empty where outputs cannot be compared
 * @param notes what was not compared, and why
 * @param boxes of detectors
 * @param probabilities of classifiers
 * @param detection against the labels, where there are boxes
 * @param classification against the labels, where there are crops
 */
record ComparisonResult(
        Both<Participant> models,
        Optional<String> task,
        boolean crops,
        int images,
        List<OutputDifference> outputs,
        List<String> notes,
        Optional<BoxDifference> boxes,
        Optional<ProbabilityDifference> probabilities,
        Optional<Both<DetectionResult>> detection,
        Optional<Both<ClassificationResult>> classification) {
    /**
     * One of the models.
     *
     * @param name with the first digits of its SHA-256
     * @param runtime that ran it
     * @param inputSize width and height that images were brought to
     * @param unread on how many images its decoder could not read the outputs
     * @param whyUnread what was wrong with the first of those
     */
    record Participant(String name, String runtime, String inputSize, int unread, Optional<String> whyUnread) {}

    ComparisonResult {
        outputs = List.copyOf(outputs);
        notes = List.copyOf(notes);
    }

    /** By how much B's mean average precision is below A's, 0 to 1; negative where it is above. */
    Optional<Double> averagePrecisionDrop() {
        return detection.map(d -> d.a().averagePrecision() - d.b().averagePrecision());
    }

    /** By how much B's recall at the threshold is below A's. */
    Optional<Double> recallDrop() {
        return detection.map(
                d -> d.a().atThreshold().recall() - d.b().atThreshold().recall());
    }

    /** By how much B's sensitivity for melanoma is below A's; NaN where there are no melanomas. */
    Optional<Double> sensitivityDrop() {
        return classification.map(c -> c.a().melanomaSensitivity() - c.b().melanomaSensitivity());
    }

    /** By how much B's area under the ROC curve of melanoma is below A's; NaN where there are not both melanomas and others. */
    Optional<Double> areaDrop() {
        return classification.map(c -> c.a().melanomaArea() - c.b().melanomaArea());
    }
}

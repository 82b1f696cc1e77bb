package io.derm.yolo;

import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Which of a detector's boxes are kept. What is empty here comes from the model's metadata, and what that does not say
 * from the constants below. Immutable.
 *
 * @param scoreThreshold a box is kept if its score is greater, 0 up to but not including 1
 * @param iouThreshold of two boxes of one class the lower one goes if they overlap by more, 0 to 1
 * @param nms how overlap is measured
 * @param betaNms exponent of the distance term of {@link Nms#DIOU}, over 0
 * @param maxCandidates only so many, those with the highest scores, enter the suppression
 * @param maxDetections only so many, those with the highest scores, come out of it
 */
public record YoloOptions(
        OptionalDouble scoreThreshold,
        OptionalDouble iouThreshold,
        Optional<Nms> nms,
        OptionalDouble betaNms,
        int maxCandidates,
        int maxDetections) {

    /** How non-maximum suppression measures the overlap of two boxes of one class. */
    public enum Nms {
        /** Intersection over union. */
        GREEDY,
        /**
         * Intersection over union less {@code (d / c) ^ beta}, where d is the squared distance of the centres and c the squared
         * diagonal of the smallest box around both (Zheng et al., Distance-IoU Loss, AAAI 2020; {@code diounms} of darknet).
         */
        DIOU
    }

    /** Metadata entry with the score threshold that suits the model. */
    public static final String SCORE_THRESHOLD_KEY = "derm.score_threshold";
    /** Metadata entry with what {@link io.derm.api.Detector#confirmScore()} gives. */
    public static final String CONFIRM_SCORE_KEY = "derm.confirm_score";
    /** Metadata entry with the overlap threshold that suits the model. */
    public static final String IOU_THRESHOLD_KEY = "derm.iou_threshold";

    static final double DEFAULT_SCORE_THRESHOLD = 0.25;
    static final double DEFAULT_IOU_THRESHOLD = 0.45;
    static final double DEFAULT_BETA_NMS = 0.6;

    public YoloOptions {
        if (scoreThreshold.isPresent()) {
            requireScoreThreshold(scoreThreshold.getAsDouble());
        }
        if (iouThreshold.isPresent()) {
            requireIouThreshold(iouThreshold.getAsDouble());
        }
        if (betaNms.isPresent()) {
            requireBeta(betaNms.getAsDouble());
        }
        if (maxCandidates < 1 || maxDetections < 1) {
            throw new IllegalArgumentException("Options have maxCandidates=" + maxCandidates + " and maxDetections="
                    + maxDetections + ", expected at least 1 of each");
        }
    }

    /** Everything as the model says, at most 1000 candidates and 300 detections a frame. */
    public static YoloOptions defaults() {
        return new YoloOptions(
                OptionalDouble.empty(), OptionalDouble.empty(), Optional.empty(), OptionalDouble.empty(), 1000, 300);
    }

    public YoloOptions withScoreThreshold(double threshold) {
        return new YoloOptions(OptionalDouble.of(threshold), iouThreshold, nms, betaNms, maxCandidates, maxDetections);
    }

    public YoloOptions withIouThreshold(double threshold) {
        return new YoloOptions(
                scoreThreshold, OptionalDouble.of(threshold), nms, betaNms, maxCandidates, maxDetections);
    }

    public YoloOptions withNms(Nms kind) {
        return new YoloOptions(scoreThreshold, iouThreshold, Optional.of(kind), betaNms, maxCandidates, maxDetections);
    }

    public YoloOptions withBetaNms(double beta) {
        return new YoloOptions(
                scoreThreshold, iouThreshold, nms, OptionalDouble.of(beta), maxCandidates, maxDetections);
    }

    public YoloOptions withMaxCandidates(int n) {
        return new YoloOptions(scoreThreshold, iouThreshold, nms, betaNms, n, maxDetections);
    }

    public YoloOptions withMaxDetections(int n) {
        return new YoloOptions(scoreThreshold, iouThreshold, nms, betaNms, maxCandidates, n);
    }

    private static double requireScoreThreshold(double t) {
        if (!(t >= 0 && t < 1)) {
            throw new IllegalArgumentException("Score threshold is " + t + ", expected 0 up to but not including 1");
        }
        return t;
    }

    private static double requireConfirmScore(double s) {
        if (!(s >= 0 && s <= 1)) {
            throw new IllegalArgumentException("Confirm score is " + s + ", expected 0 to 1");
        }
        return s;
    }

    private static double requireIouThreshold(double t) {
        if (!(t >= 0 && t <= 1)) {
            throw new IllegalArgumentException("Overlap threshold is " + t + ", expected 0 to 1");
        }
        return t;
    }

    private static double requireBeta(double beta) {
        if (!(beta > 0 && beta <= 10)) {
            throw new IllegalArgumentException("beta_nms is " + beta + ", expected over 0 and up to 10");
        }
        return beta;
    }

    /** What holds for one model: these options over its metadata over the defaults. */
    Selection resolve(Signature signature, String modelName) {
        Metadata meta = new Metadata(signature, modelName);
        try {
            return new Selection(
                    requireScoreThreshold(
                            scoreThreshold.orElseGet(() -> meta.number(SCORE_THRESHOLD_KEY, DEFAULT_SCORE_THRESHOLD))),
                    requireIouThreshold(
                            iouThreshold.orElseGet(() -> meta.number(IOU_THRESHOLD_KEY, DEFAULT_IOU_THRESHOLD))),
                    nms.orElseGet(() -> meta.nms()),
                    requireBeta(betaNms.orElseGet(() -> meta.number(ModelKeys.BETA_NMS, DEFAULT_BETA_NMS))),
                    maxCandidates,
                    maxDetections,
                    requireConfirmScore(meta.number(CONFIRM_SCORE_KEY, 0)));
        } catch (IllegalArgumentException e) {
            throw new ModelException(
                    47, "Metadata of " + modelName + ": " + e.getMessage(), "Mend the entry or override it.", e);
        }
    }

    /** Resolved options. */
    record Selection(
            double scoreThreshold,
            double iouThreshold,
            Nms nms,
            double betaNms,
            int maxCandidates,
            int maxDetections,
            double confirmScore) {}
}

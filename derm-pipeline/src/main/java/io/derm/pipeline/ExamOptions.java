package io.derm.pipeline;

import java.util.OptionalDouble;

/**
 * Settings of an exam. Immutable.
 *
 * @param confirmSightings sightings after which a lesion is reported, at least 1
 * @param confirmScore mean detection score of its sightings from which on a lesion is reported, 0 to 1; where empty
 *     {@link io.derm.api.Detector#confirmScore()}, in the mean too where detectors take each other's place
 * @param dismissNoLesion mean probability of {@link io.derm.api.Assessment#noLesion()} from which on a lesion is not reported, over 0 to 1; 1 to
 *     report what the classifier holds for no lesion too. What is mostly assessed as a melanoma is reported in any case
 * @param forgetFrames frames without a sighting after which a lesion that comes back gets a new number, at least 1; a frame that shows no
 *     lesion, and no skin that tells where the camera went, counts as thirty
 * @param classifyEvery sightings of a lesion after which it is classified again though none was a better look than those before, at
 *     least 1: 1 for every sighting
 * @param policy which frames are examined
 * @param deadlineMillis age at which a frame is dropped before its next stage, the listener included; 0 for never
 */
public record ExamOptions(
        int confirmSightings,
        OptionalDouble confirmScore,
        double dismissNoLesion,
        int forgetFrames,
        int classifyEvery,
        FramePolicy policy,
        long deadlineMillis) {
    public ExamOptions {
        if (confirmSightings < 1 || forgetFrames < 1 || classifyEvery < 1 || deadlineMillis < 0) {
            throw new IllegalArgumentException("Exam options have confirmSightings=" + confirmSightings
                    + ", forgetFrames=" + forgetFrames + ", classifyEvery=" + classifyEvery + " and deadlineMillis="
                    + deadlineMillis + ", expected at least 1 of the first three and no negative deadline");
        }
        double score = confirmScore.orElse(0);
        if (!(score >= 0 && score <= 1)) {
            throw new IllegalArgumentException("Exam options have confirmScore=" + score + ", expected 0 to 1");
        }
        if (!(dismissNoLesion > 0 && dismissNoLesion <= 1)) {
            throw new IllegalArgumentException(
                    "Exam options have dismissNoLesion=" + dismissNoLesion + ", expected over 0 to 1");
        }
    }

    /**
     * Confirmed at the eighth sighting if their scores are in the mean what the detector asks for and the classifier does not rather
     * see no lesion, forgotten after 900 frames, classified at better looks and every 15 sightings, frames as the source is live or
     * not, no deadline.
     */
    public static ExamOptions defaults() {
        return new ExamOptions(8, OptionalDouble.empty(), 0.35, 900, 15, FramePolicy.BY_SOURCE, 0);
    }

    public ExamOptions withConfirmSightings(int n) {
        return new ExamOptions(n, confirmScore, dismissNoLesion, forgetFrames, classifyEvery, policy, deadlineMillis);
    }

    public ExamOptions withConfirmScore(double score) {
        return new ExamOptions(
                confirmSightings,
                OptionalDouble.of(score),
                dismissNoLesion,
                forgetFrames,
                classifyEvery,
                policy,
                deadlineMillis);
    }

    public ExamOptions withDismissNoLesion(double probability) {
        return new ExamOptions(
                confirmSightings, confirmScore, probability, forgetFrames, classifyEvery, policy, deadlineMillis);
    }

    public ExamOptions withForgetFrames(int frames) {
        return new ExamOptions(
                confirmSightings, confirmScore, dismissNoLesion, frames, classifyEvery, policy, deadlineMillis);
    }

    public ExamOptions withClassifyEvery(int sightings) {
        return new ExamOptions(
                confirmSightings, confirmScore, dismissNoLesion, forgetFrames, sightings, policy, deadlineMillis);
    }

    public ExamOptions withPolicy(FramePolicy frames) {
        return new ExamOptions(
                confirmSightings, confirmScore, dismissNoLesion, forgetFrames, classifyEvery, frames, deadlineMillis);
    }

    public ExamOptions withDeadlineMillis(long millis) {
        return new ExamOptions(
                confirmSightings, confirmScore, dismissNoLesion, forgetFrames, classifyEvery, policy, millis);
    }
}

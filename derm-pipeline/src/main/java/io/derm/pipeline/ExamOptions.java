package io.derm.pipeline;

/**
 * Settings of an exam. Immutable.
 *
 * @param confirmSightings sightings after which a lesion is reported, at least 1
 * @param forgetFrames frames without a sighting after which a lesion that comes back gets a new number, at least 1
 */
public record ExamOptions(int confirmSightings, int forgetFrames) {
    public ExamOptions {
        if (confirmSightings < 1 || forgetFrames < 1) {
            throw new IllegalArgumentException("Exam options have confirmSightings=" + confirmSightings
                    + " and forgetFrames=" + forgetFrames + ", expected at least 1 of each");
        }
    }

    /** Confirmed at the third sighting, forgotten after 45 frames. */
    public static ExamOptions defaults() {
        return new ExamOptions(3, 45);
    }

    public ExamOptions withConfirmSightings(int n) {
        return new ExamOptions(n, forgetFrames);
    }
}

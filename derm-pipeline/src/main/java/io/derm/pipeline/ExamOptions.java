package io.derm.pipeline;

/**
 * Settings of an exam. Immutable.
 *
 * @param confirmSightings sightings after which a lesion is reported, at least 1
 * @param forgetFrames frames without a sighting after which a lesion that comes back gets a new number, at least 1
 * @param policy which frames are examined
 * @param deadlineMillis age at which a frame is dropped before its next stage, the listener included; 0 for never
 */
public record ExamOptions(int confirmSightings, int forgetFrames, FramePolicy policy, long deadlineMillis) {
    public ExamOptions {
        if (confirmSightings < 1 || forgetFrames < 1 || deadlineMillis < 0) {
            throw new IllegalArgumentException("Exam options have confirmSightings=" + confirmSightings
                    + ", forgetFrames=" + forgetFrames + " and deadlineMillis=" + deadlineMillis
                    + ", expected at least 1 of the first two and no negative deadline");
        }
    }

    /** Confirmed at the third sighting, forgotten after 45 frames, frames as the source is live or not, no deadline. */
    public static ExamOptions defaults() {
        return new ExamOptions(3, 45, FramePolicy.BY_SOURCE, 0);
    }

    public ExamOptions withConfirmSightings(int n) {
        return new ExamOptions(n, forgetFrames, policy, deadlineMillis);
    }

    public ExamOptions withPolicy(FramePolicy frames) {
        return new ExamOptions(confirmSightings, forgetFrames, frames, deadlineMillis);
    }

    public ExamOptions withDeadlineMillis(long millis) {
        return new ExamOptions(confirmSightings, forgetFrames, policy, millis);
    }
}

package io.derm.samples;

import io.derm.api.SourceInfo;
import io.derm.pipeline.ExamOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which lesions an exam reports, and when it classifies them. */
final class EvidenceOptions {
    @Option(
            names = "--confirm-sightings",
            paramLabel = "N",
            description = "Sightings after which a lesion is reported (default: 8; 1 for still pictures).")
    private @Nullable Integer confirmSightings;

    @Option(
            names = "--confirm-score",
            paramLabel = "S",
            description =
                    "Mean score of a lesion's sightings from which on it is reported (default: what the detector's model says, else 0).")
    private @Nullable Double confirmScore;

    @Option(
            names = "--dismiss-no-lesion",
            paramLabel = "P",
            description =
                    "Mean probability of no lesion from which on one is not reported, where the classifier knows it (default: 0.35; 1 for never).")
    private @Nullable Double dismissNoLesion;

    @Option(
            names = "--forget-frames",
            paramLabel = "N",
            description = "Frames after which a lesion that comes back gets a new number (default: 900).")
    private @Nullable Integer forgetFrames;

    @Option(
            names = "--classify-every",
            paramLabel = "N",
            description =
                    "Sightings after which a lesion is classified again without a better look (default: 15; 1 for still pictures).")
    private @Nullable Integer classifyEvery;

    /** What was asked for, over what suits the source. */
    ExamOptions of(SourceInfo source) {
        ExamOptions o = ExamOptions.defaults();
        if (!source.live() && source.framesPerSecond() <= 1) {
            // A lesion in a still picture is not seen again.
            o = o.withConfirmSightings(1).withConfirmScore(0).withClassifyEvery(1);
        }
        if (confirmSightings != null) {
            o = o.withConfirmSightings(confirmSightings);
        }
        if (confirmScore != null) {
            o = o.withConfirmScore(confirmScore);
        }
        if (dismissNoLesion != null) {
            o = o.withDismissNoLesion(dismissNoLesion);
        }
        if (forgetFrames != null) {
            o = o.withForgetFrames(forgetFrames);
        }
        if (classifyEvery != null) {
            o = o.withClassifyEvery(classifyEvery);
        }
        return o;
    }
}

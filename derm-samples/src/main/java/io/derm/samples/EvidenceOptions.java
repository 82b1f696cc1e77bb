package io.derm.samples;

import io.derm.api.SourceInfo;
import io.derm.pipeline.ExamOptions;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which lesions an exam reports, and when it classifies them. */
final class EvidenceOptions implements CheckedOptions {
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

    @Override
    public void check() {
        over(ExamOptions.defaults());
    }

    /** What was asked for, over what suits the source. */
    ExamOptions of(SourceInfo source) {
        ExamOptions o = ExamOptions.defaults();
        if (!source.live() && source.framesPerSecond() <= 1) {
            // A lesion in a still picture is not seen again.
            o = o.withConfirmSightings(1).withConfirmScore(0).withClassifyEvery(1);
        }
        return over(o);
    }

    private ExamOptions over(ExamOptions base) {
        ExamOptions o = set("--confirm-sightings", confirmSightings, base, ExamOptions::withConfirmSightings);
        o = set("--confirm-score", confirmScore, o, ExamOptions::withConfirmScore);
        o = set("--dismiss-no-lesion", dismissNoLesion, o, ExamOptions::withDismissNoLesion);
        o = set("--forget-frames", forgetFrames, o, ExamOptions::withForgetFrames);
        return set("--classify-every", classifyEvery, o, ExamOptions::withClassifyEvery);
    }

    private static <T> ExamOptions set(
            String option, @Nullable T value, ExamOptions base, BiFunction<ExamOptions, T, ExamOptions> with) {
        try {
            return value == null ? base : with.apply(base, value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + " is " + value + ": " + e.getMessage(), e);
        }
    }
}

package io.derm.samples;

import io.derm.yolo.YoloOptions;
import java.util.function.DoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of commands that detect. */
final class DetectionOptions implements CheckedOptions {
    @Option(names = "--threshold", paramLabel = "T", description = "Lowest detection score, 0 to 1.")
    private @Nullable Double threshold;

    @Option(
            names = "--nms",
            paramLabel = "T",
            description = "Overlap from which on the weaker of two boxes goes, 0 to 1.")
    private @Nullable Double nms;

    @Override
    public void check() {
        yolo();
    }

    /**
     * Options of the detector.
     *
     * @throws IllegalArgumentException if one is out of range; it names the option
     */
    YoloOptions yolo() {
        YoloOptions options = YoloOptions.defaults();
        if (threshold != null) {
            options = set("--threshold", threshold, options::withScoreThreshold);
        }
        return nms == null ? options : set("--nms", nms, options::withIouThreshold);
    }

    private static YoloOptions set(String option, double value, DoubleFunction<YoloOptions> with) {
        try {
            return with.apply(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + ": " + e.getMessage(), e);
        }
    }
}

package io.derm.samples;

import io.derm.yolo.YoloOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of commands that detect. */
final class DetectionOptions {
    @Option(names = "--threshold", paramLabel = "T", description = "Lowest detection score, 0 to 1.")
    private @Nullable Double threshold;

    @Option(
            names = "--nms",
            paramLabel = "T",
            description = "Overlap from which on the weaker of two boxes goes, 0 to 1.")
    private @Nullable Double nms;

    YoloOptions yolo() {
        YoloOptions options = YoloOptions.defaults();
        options = threshold == null ? options : options.withScoreThreshold(threshold);
        return nms == null ? options : options.withIouThreshold(nms);
    }
}

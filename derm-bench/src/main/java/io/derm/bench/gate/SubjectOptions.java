package io.derm.bench.gate;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say what is measured; a fork is started with the same. */
final class SubjectOptions {
    @Option(
            names = "--detector",
            paramLabel = "NAME",
            description = "Class, CLASS#FACTORY or ServiceLoader name of a Detector (default: derm's YOLOv4).")
    @Nullable
    String detector;

    @Option(
            names = "--classifier",
            paramLabel = "NAME",
            description = "Class, CLASS#FACTORY or ServiceLoader name of a Classifier (default: derm's EfficientNet).")
    @Nullable
    String classifier;

    @Option(
            names = "--runtime",
            paramLabel = "NAME",
            description = "Name of a runtime ('auto', 'onnxruntime', ...) or class or CLASS#FACTORY of one"
                    + " (default: onnxruntime).")
    String runtime = "onnxruntime";

    @Option(
            names = "--detector-model",
            paramLabel = "FILE",
            description = "ONNX file for derm's detector (default: demo).")
    @Nullable
    String detectorModel;

    @Option(
            names = "--classifier-model",
            paramLabel = "FILE",
            description = "ONNX file for derm's classifier (default: demo).")
    @Nullable
    String classifierModel;

    @Option(
            names = "--frames",
            paramLabel = "SOURCE",
            description = "Image, folder or video whose first three frames are used (default: three phantoms).")
    @Nullable
    String frames;

    @Option(names = "--threads", description = "CPU threads a model (default: ${DEFAULT-VALUE}).")
    int threads = 1;

    /** The arguments that say the same. */
    List<String> arguments() {
        List<String> out = new ArrayList<>(List.of("--runtime=" + runtime, "--threads=" + threads));
        add(out, "--detector", detector);
        add(out, "--classifier", classifier);
        add(out, "--detector-model", detectorModel);
        add(out, "--classifier-model", classifierModel);
        add(out, "--frames", frames);
        return out;
    }

    private static void add(List<String> out, String name, @Nullable String value) {
        if (value != null) {
            out.add(name + "=" + value);
        }
    }
}

package io.derm.samples;

import com.google.inject.Module;
import com.google.inject.util.Modules;
import io.derm.api.InferenceRuntime;
import io.derm.api.SessionOptions;
import io.derm.samples.wiring.ClassifierModule;
import io.derm.samples.wiring.DetectorModule;
import io.derm.yolo.YoloOptions;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that run a detector and a classifier. */
final class ModelsOption {
    static final String DETECTOR = "detector";
    static final String CLASSIFIER = "classifier";

    @Option(names = "--detector", paramLabel = "FILE", description = "ONNX model that finds (default: the demo model).")
    private @Nullable Path detectorFile;

    @Option(
            names = "--classifier",
            paramLabel = "FILE",
            description = "ONNX model that assesses (default: the demo model).")
    private @Nullable Path classifierFile;

    @Option(names = "--labels", paramLabel = "FILE", description = "What the classifier's classes count as.")
    private @Nullable Path labels;

    @Mixin
    private final RuntimeOption runtimeOption = new RuntimeOption();

    @Mixin
    private final RuntimeProperties properties = new RuntimeProperties();

    @Mixin
    private final PrecisionOption precision = new PrecisionOption();

    Optional<Path> detectorFile() {
        return Optional.ofNullable(detectorFile);
    }

    Optional<Path> classifierFile() {
        return Optional.ofNullable(classifierFile);
    }

    Optional<Path> labels() {
        return Optional.ofNullable(labels);
    }

    RuntimeProperties properties() {
        return properties;
    }

    PrecisionOption precision() {
        return precision;
    }

    /**
     * The runtime asked for.
     *
     * @throws io.derm.api.RuntimeUnavailableException if it does not work here
     * @throws IllegalArgumentException if an option given is none of its own
     */
    InferenceRuntime runtime() {
        InferenceRuntime runtime = runtimeOption.find();
        properties.check(Map.of(DETECTOR, runtime, CLASSIFIER, runtime));
        return runtime;
    }

    /**
     * Binds both models but not the runtime.
     *
     * @param runtime as {@link #runtime} found it
     * @param detectors how many work at once
     */
    Module modules(InferenceRuntime runtime, YoloOptions yolo, SessionOptions session, int detectors) {
        return Modules.combine(
                new DetectorModule(
                        () -> precision.detector(detectorFile(), runtime),
                        yolo,
                        properties.of(DETECTOR, runtime, session),
                        detectors),
                new ClassifierModule(
                        () -> precision.classifier(classifierFile(), runtime),
                        labels(),
                        properties.of(CLASSIFIER, runtime, session)));
    }
}

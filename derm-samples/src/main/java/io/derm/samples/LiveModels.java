package io.derm.samples;

import io.derm.api.Classifier;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.samples.DemoModel.Precision;
import io.derm.trt.TrtRuntime;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** The models and runtimes that a live exam can be switched to: the demo models in each precision, and files of one's own. Thread-safe. */
final class LiveModels {
    static final String DEMO = "demo ";

    private final DemoModel demo;
    private final Map<String, Path> files;
    private final Map<String, Model> made = new ConcurrentHashMap<>();

    /** @param file of one's own, if there is one */
    LiveModels(DemoModel demo, Optional<Path> file) {
        this.demo = demo;
        this.files = file.map(f -> Map.of(String.valueOf(f.getFileName()), f)).orElse(Map.of());
    }

    /** What there is for a runtime, by name. */
    List<String> names(String runtime) {
        List<String> names = new ArrayList<>(files.keySet());
        for (Precision precision : Precision.values()) {
            if (precision != Precision.fp16 || runtime.equals(TrtRuntime.NAME)) {
                names.add(DEMO + precision);
            }
        }
        return names;
    }

    /** Names of the runtimes that work here. */
    static List<String> runtimes() {
        return Runtimes.all().stream()
                .filter(r -> r.availability().available())
                .map(InferenceRuntime::name)
                .toList();
    }

    /**
     * A model by its name, as a runtime wants it written.
     *
     * @throws IllegalArgumentException if there is none of that name for the runtime
     */
    Model model(String name, String runtime) {
        if (!names(runtime).contains(name)) {
            throw new IllegalArgumentException(
                    "Model is '" + name + "', expected one of " + names(runtime) + " for " + runtime);
        }
        return made.computeIfAbsent(name + " " + runtime, key -> make(name, runtime));
    }

    private Model make(String name, String runtime) {
        Path file = files.get(name);
        return file != null ? Model.of(file) : demo.in(Precision.valueOf(name.substring(DEMO.length())), runtime);
    }

    /** What the command line asks for, by the name that it has here. */
    String first(Optional<Precision> precision) {
        return files.keySet().stream().findFirst().orElse(DEMO + precision.orElse(Precision.fp32));
    }

    /** How models are opened. */
    record Openers(
            YoloOptions yolo,
            EffnetOptions effnet,
            Function<InferenceRuntime, SessionOptions> detectorSession,
            Function<InferenceRuntime, SessionOptions> classifierSession) {
        /** @param threshold negative for that of the options or the model */
        YoloDetector detector(InferenceRuntime runtime, Model model, double threshold) {
            YoloOptions options = threshold < 0 ? yolo : yolo.withScoreThreshold(threshold);
            return YoloDetector.open(Runtimes.withFallback(runtime), model, detectorSession.apply(runtime), options);
        }

        Classifier classifier(InferenceRuntime runtime, Model model) {
            return EffnetClassifier.open(
                    Runtimes.withFallback(runtime), model, classifierSession.apply(runtime), effnet);
        }
    }
}

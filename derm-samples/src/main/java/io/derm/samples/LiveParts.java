package io.derm.samples;

import io.derm.api.Classifier;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.pipeline.SwapOptions;
import io.derm.pipeline.SwapStatus;
import io.derm.pipeline.SwappableClassifier;
import io.derm.pipeline.SwappableDetector;
import io.derm.samples.live.Controls.Part;
import io.derm.yolo.YoloDetector;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** The two models of a live exam, which can be replaced while it runs. Thread-safe but for the models themselves. Owns both. */
final class LiveParts implements AutoCloseable {
    /** A page is for looking: one three times as slow may still keep up, and its time is shown. */
    private static final SwapOptions TRIAL = SwapOptions.defaults().withMaxSlowdown(3);

    /** What a name stands for. */
    record Running(String model, String runtime, double threshold) {}

    final LiveModels detectors;
    final LiveModels classifiers;
    final SwappableDetector detector;
    final SwappableClassifier classifier;
    final LiveAnswers answers = new LiveAnswers();
    private final LiveModels.Openers openers;
    private final Function<String, InferenceRuntime> runtimes;
    private final Map<Part, Map<String, Running>> named =
            Map.of(Part.DETECTOR, new ConcurrentHashMap<>(), Part.CLASSIFIER, new ConcurrentHashMap<>());
    private final Map<String, String> precisions = new ConcurrentHashMap<>();

    LiveParts(
            LiveModels detectors,
            LiveModels classifiers,
            String detectorModel,
            String classifierModel,
            String runtime,
            LiveModels.Openers openers,
            Function<String, InferenceRuntime> runtimes) {
        this.detectors = detectors;
        this.classifiers = classifiers;
        this.openers = openers;
        this.runtimes = runtimes;
        String first = detectorModel + " on " + runtime;
        // Its threshold is the model's own, and known once it is open.
        detector = new SwappableDetector(first, () -> {
            YoloDetector opened =
                    openers.detector(runtimes.apply(runtime), detectors.model(detectorModel, runtime), -1);
            of(Part.DETECTOR).put(first, new Running(detectorModel, runtime, opened.scoreThreshold()));
            return answers.of(opened, opened.scoreThreshold());
        });
        try {
            String name = name(Part.CLASSIFIER, new Running(classifierModel, runtime, 0));
            classifier = new SwappableClassifier(
                    name, () -> classifier(runtimes.apply(runtime), classifiers.model(classifierModel, runtime)));
        } catch (RuntimeException | Error e) {
            detector.close();
            throw e;
        }
    }

    Running running(Part part) {
        Running found = of(part).get(part == Part.DETECTOR ? detector.name() : classifier.name());
        if (found == null) {
            throw new IllegalStateException("No model is named so");
        }
        return found;
    }

    /** What a swap was to switch to; empty where there was none, and where it was to the threshold, which is not on trial. */
    Optional<Running> tried(Part part, SwapStatus swap) {
        return Optional.ofNullable(of(part).get(swap.name()))
                .filter(tried -> tried.threshold() == running(part).threshold());
    }

    /** As the model's metadata has it. */
    String precision(Part part) {
        Model model = part == Part.DETECTOR ? detector.model() : classifier.model();
        return precisions.computeIfAbsent(model.sha256(), digest -> PrecisionOption.of(model));
    }

    private Map<String, Running> of(Part part) {
        return Objects.requireNonNull(named.get(part));
    }

    private String name(Part part, Running running) {
        String name = running.model() + " on " + running.runtime()
                + (running.threshold() > 0 ? ", score over " + score(running.threshold()) : "");
        of(part).put(name, running);
        return name;
    }

    /** To two places, and to more where it has more: two thresholds share no name. */
    private static String score(double threshold) {
        String two = String.format(Locale.ROOT, "%.2f", threshold);
        return Double.parseDouble(two) == threshold ? two : Double.toString(threshold);
    }

    void swap(Part part, String model, String runtime, boolean unchecked) {
        // What cannot be is told at once, not on trial.
        InferenceRuntime on = runtimes.apply(runtime);
        SwapOptions options = unchecked ? SwapOptions.unchecked() : TRIAL;
        if (part == Part.DETECTOR) {
            Model of = detectors.model(model, runtime);
            propose(on, of, new Running(model, runtime, running(part).threshold()), options);
        } else {
            Model of = classifiers.model(model, runtime);
            String name = name(Part.CLASSIFIER, new Running(model, runtime, 0));
            classifier.propose(name, () -> classifier(on, of), options);
        }
    }

    void threshold(double score) {
        if (!(score >= 0.01 && score <= 0.99)) {
            throw new IllegalArgumentException("Lowest score is " + score + ", expected 0.01 to 0.99");
        }
        Running now = running(Part.DETECTOR);
        propose(
                runtimes.apply(now.runtime()),
                detectors.model(now.model(), now.runtime()),
                new Running(now.model(), now.runtime(), score),
                // The same model: other boxes are what is asked for.
                SwapOptions.unchecked());
    }

    private void propose(InferenceRuntime runtime, Model model, Running as, SwapOptions options) {
        detector.propose(
                name(Part.DETECTOR, as),
                () -> answers.of(openers.detector(runtime, model, as.threshold()), as.threshold()),
                options);
    }

    private Classifier classifier(InferenceRuntime runtime, Model model) {
        return answers.of(openers.classifier(runtime, model));
    }

    @Override
    public void close() {
        try (detector) {
            classifier.close();
        }
    }
}

package io.derm.bench.gate;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.DermException;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.InferenceRuntime;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.models.DemoModels;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The detector and the classifier that are measured. Confined. */
final class Subject implements AutoCloseable {
    private final InferenceRuntime runtime;
    private final Detector detector;
    private final Classifier classifier;

    private Subject(InferenceRuntime runtime, Detector detector, Classifier classifier) {
        this.runtime = runtime;
        this.detector = detector;
        this.classifier = classifier;
    }

    static Subject open(SubjectOptions options) {
        SessionOptions session = SessionOptions.defaults().withThreads(options.threads);
        InferenceRuntime fallback = Runtimes.find("onnxruntime");
        InferenceRuntime runtime = options.runtime.contains(".")
                ? Named.make(InferenceRuntime.class, options.runtime, fallback, session)
                : Runtimes.find(options.runtime);
        Detector detector = options.detector != null
                ? Named.make(Detector.class, options.detector, runtime, session)
                : YoloDetector.open(
                        runtime,
                        options.detectorModel == null
                                ? DemoModels.detector()
                                : Model.of(Path.of(options.detectorModel)),
                        session,
                        YoloOptions.defaults());
        try {
            Classifier classifier = options.classifier != null
                    ? Named.make(Classifier.class, options.classifier, runtime, session)
                    : EffnetClassifier.open(
                            runtime,
                            options.classifierModel == null
                                    ? DemoModels.classifier()
                                    : Model.of(Path.of(options.classifierModel)),
                            session,
                            EffnetOptions.defaults());
            return new Subject(runtime, detector, classifier);
        } catch (RuntimeException | Error e) {
            detector.close();
            throw e;
        }
    }

    InferenceRuntime runtime() {
        return runtime;
    }

    Detector detector() {
        return detector;
    }

    Classifier classifier() {
        return classifier;
    }

    /** Runs a step and gives its results. */
    Results run(Step step, Frame frame, List<Box> regions) {
        return switch (step) {
            case DETECT -> new Results(detector.detect(frame), List.of());
            case CLASSIFY -> new Results(List.of(), classifier.classify(frame, regions));
            case EXAM -> {
                List<Detection> found = detector.detect(frame);
                List<Box> boxes = new ArrayList<>(found.size());
                for (int i = 0; i < found.size(); i++) {
                    boxes.add(found.get(i).box());
                }
                yield new Results(found, classifier.classify(frame, boxes));
            }
        };
    }

    /** Answers for frames: of the regions given, or of what was found where there are none. */
    Answers answers(GateFrames frames, Answers stored) {
        List<Answers.Found> found = new ArrayList<>();
        List<Answers.Assessed> assessed = new ArrayList<>();
        for (int i = 0; i < frames.size(); i++) {
            int index = i;
            Frame frame = frames.get(i);
            List<Detection> detections = detector.detect(frame);
            for (Detection d : detections) {
                found.add(new Answers.Found(i, d.box(), d.score(), d.classIndex()));
            }
            List<Box> regions = stored.frames().isEmpty()
                    ? detections.stream().map(Detection::box).toList()
                    : stored.assessed().stream()
                            .filter(a -> a.frame() == index)
                            .map(Answers.Assessed::region)
                            .toList();
            List<Assessment> all = classifier.classify(frame, regions);
            for (int r = 0; r < regions.size(); r++) {
                Assessment a = all.get(r);
                assessed.add(new Answers.Assessed(
                        i,
                        regions.get(r),
                        a.probability(LesionClass.BENIGN),
                        a.probability(LesionClass.UNKNOWN),
                        a.probability(LesionClass.MELANOMA)));
            }
        }
        return new Answers(frames.digest(), found, assessed);
    }

    /** How many regions the exam step of the first frame has. */
    int found(GateFrames frames) {
        int n = detector.detect(frames.get(0)).size();
        if (n == 0) {
            throw new DermException(
                    708,
                    "Nothing is detected in the first frame, expected lesions to examine",
                    "Give frames that show some by --frames, or check the detector.");
        }
        return n;
    }

    @Override
    public void close() {
        try (detector) {
            classifier.close();
        }
    }
}

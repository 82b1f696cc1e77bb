package io.derm.bench.peers;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.InferenceRuntime;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.ort.KernelAlone;
import io.derm.ort.OrtRuntime;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * derm as its README uses it. Its stages cannot be timed in its calls alone: a session brings pixels into its tensor and runs the model in one. So
 * the image kernel is timed once more by itself after the exam, and the rest of a session's run counts as the model's.
 */
final class DermPeer implements Peer {
    private final TimedRuntime runtime = new TimedRuntime(new OrtRuntime());
    private final YoloDetector detector;
    private final EffnetClassifier classifier;
    private final KernelAlone letterbox;
    private final KernelAlone crops;
    private final Setting setting;

    DermPeer(byte[] detectorModel, byte[] classifierModel, Setting setting) {
        this.setting = setting;
        detector = detector(runtime, detectorModel, setting);
        classifier = EffnetClassifier.open(
                runtime, Model.of("classifier.onnx", classifierModel), options(setting), EffnetOptions.defaults());
        letterbox = new KernelAlone(detector.input(), 1);
        crops = new KernelAlone(classifier.input(), Demo.MOST_REGIONS);
    }

    private static SessionOptions options(Setting setting) {
        return new SessionOptions(
                setting.threads(),
                setting.batched() ? Demo.MOST_REGIONS : 1,
                setting.spin() ? Map.of("session.intra_op.allow_spinning", "1") : Map.of());
    }

    static YoloDetector detector(InferenceRuntime runtime, byte[] model, Setting setting) {
        return YoloDetector.open(runtime, Model.of("detector.onnx", model), options(setting), YoloOptions.defaults());
    }

    YoloDetector detector() {
        return detector;
    }

    EffnetClassifier classifier() {
        return classifier;
    }

    @Override
    public String about() {
        return "derm, " + runtime.availability().detail() + ", " + setting.words();
    }

    @Override
    public List<Finding> exam(Picture picture, StageClock clock) {
        try (Frame frame = frame(picture)) {
            return exam(frame);
        }
    }

    private List<Finding> exam(Frame frame) {
        List<Detection> detections = detector.detect(frame);
        List<Box> boxes = new ArrayList<>(detections.size());
        for (Detection detection : detections) {
            boxes.add(detection.box());
        }
        List<Assessment> assessments = classifier.classify(frame, boxes);
        List<Finding> findings = new ArrayList<>(boxes.size());
        for (int i = 0; i < boxes.size(); i++) {
            findings.add(finding(detections.get(i), assessments.get(i)));
        }
        return findings;
    }

    static Finding finding(Detection detection, Assessment assessment) {
        Box box = detection.box();
        return new Finding(
                box.left(),
                box.top(),
                box.right(),
                box.bottom(),
                detection.score(),
                assessment.probability(LesionClass.BENIGN),
                assessment.probability(LesionClass.UNKNOWN),
                assessment.probability(LesionClass.MELANOMA));
    }

    static Frame frame(Picture picture) {
        return Frame.wrap(picture.pixels(), picture.width(), picture.height(), 3 * picture.width(), PixelFormat.BGR24);
    }

    @Override
    public void stages(Picture picture, StageClock clock) {
        try (Frame frame = frame(picture)) {
            List<Box> boxes = new ArrayList<>();
            runtime.takeNanos();
            clock.start();
            List<Detection> detections = detector.detect(frame);
            for (Detection detection : detections) {
                boxes.add(detection.box());
            }
            clock.end(Stage.DECODE);
            long detect = runtime.takeNanos();
            List<Assessment> assessments = classifier.classify(frame, boxes);
            clock.end(Stage.CLASSIFIER);
            if (assessments.size() != boxes.size()) {
                throw new IllegalStateException(assessments.size() + " assessments, expected " + boxes.size());
            }
            letterbox.write(frame, frame.bounds(), 0);
            clock.end(Stage.LETTERBOX);
            for (int i = 0; i < boxes.size(); i++) {
                crops.write(frame, boxes.get(i), i % Demo.MOST_REGIONS);
            }
            clock.end(Stage.CROPS);
            clock.set(Stage.DETECTOR, detect - clock.nanos(Stage.LETTERBOX));
            clock.set(Stage.DECODE, clock.nanos(Stage.DECODE) - detect);
            clock.set(Stage.CLASSIFIER, clock.nanos(Stage.CLASSIFIER) - clock.nanos(Stage.CROPS));
        }
    }

    @Override
    public FloatBuffer detectorInput() {
        return letterbox.tensor();
    }

    @Override
    public void close() {
        try (detector) {
            classifier.close();
        }
    }
}

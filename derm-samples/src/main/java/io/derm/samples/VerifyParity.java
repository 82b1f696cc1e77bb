package io.derm.samples;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.InferenceRuntime;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.samples.VerifyModels.Network;
import io.derm.samples.VerifyModels.Precision;
import io.derm.samples.VerifyModels.Variant;
import io.derm.samples.VerifyRun.Detecting;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/** The section that holds the GPU's answers to those of ONNX Runtime in float32 on the same phantoms. */
final class VerifyParity {
    static final String TITLE = "Answers against the CPU in float32";

    /** Score over which a box answers. */
    private static final double THRESHOLD = 0.35;
    /** Of a box's left, top, right or bottom, in pixels. */
    private static final double MAX_CORNER = 2;
    /** Of a score or probability. */
    private static final double MAX_SCORE = 0.02;
    /** Of mAP50 or melanoma sensitivity: a point; one lesion where there are fewer than a hundred. */
    private static final double MAX_DROP = 0.01;
    /** Of YOLOv4's outputs, root mean square over root mean square; float16 emulated on the CPU gives 0.0007. */
    private static final double MAX_OUTPUT_RMS = 0.01;

    private static final int FORMAT_SCENES = 8;
    private static final int LARGE_SCENES = 2;

    private final VerifyRun run;
    private final InferenceRuntime cpu = Runtimes.find(VerifyGpu.REFERENCE);

    VerifyParity(VerifyRun run) {
        this.run = run;
    }

    void run(VerifySection section) throws Exception {
        VerifyTable detectors = section.table(
                "detectors",
                "Demo detector",
                "precision",
                "images",
                "matched boxes",
                "largest corner px",
                "largest score",
                "only CPU",
                "only GPU",
                "mAP50 CPU",
                "mAP50 GPU");
        VerifyTable classifiers = section.table(
                "classifiers",
                "Demo classifier",
                "precision",
                "crops",
                "largest probability",
                "other class",
                "sensitivity CPU",
                "sensitivity GPU",
                "AUC CPU",
                "AUC GPU");
        VerifyTable outputs = section.table(
                "outputs", "YOLOv4-608, raw outputs", "precision", "output", "relative RMS", "relative max", "cosine");
        VerifyTable formats = section.table(
                "formats",
                "Kinds of frames, demo models in FP16",
                "frames",
                "matched boxes",
                "largest corner px",
                "largest score",
                "largest probability");
        for (Precision p : Precision.values()) {
            part(section, Network.DETECTOR, p, () -> detector(section, detectors, p));
            part(section, Network.CLASSIFIER, p, () -> classifier(section, classifiers, p));
        }
        part(section, Network.DETECTOR, Precision.FP16, () -> formats(section, formats));
        part(section, Network.DETECTOR, Precision.FP16, () -> filtered(section));
        for (Precision p : Precision.values()) {
            if (run.leftOut(new Variant(Network.YOLOV4, p)).isEmpty()) {
                part(section, Network.YOLOV4, p, () -> outputs(section, outputs, p));
            }
        }
    }

    private interface Part {
        void run() throws Exception;
    }

    /** Runs a part where its engine is there and there is time; what goes wrong in it stays in it. */
    private void part(VerifySection section, Network network, Precision precision, Part part) throws Exception {
        String what = new Variant(network, precision).toString();
        if (!run.has(network, precision)) {
            section.notRun(what + ": there is no engine");
        } else if (run.deadline().over()) {
            section.notRun(what + ": out of time");
        } else {
            try {
                part.run();
            } catch (TimeoutException e) {
                section.notRun(what + ": out of time");
            } catch (RuntimeException e) {
                section.failed(what + ": " + VerifyGpu.words(e));
            }
        }
    }

    private ComparisonResult compare(Network network, Precision precision, DataSet data) throws Exception {
        Both<Model> models = new Both<>(
                run.models().reference(network, run.deadline()),
                run.models()
                        .get(new Variant(network, precision), run.deadline())
                        .model());
        SessionOptions onCpu = SessionOptions.defaults().withMaxBatch(1);
        try (Comparison comparison =
                Comparison.open(new Both<>(cpu, run.runtime()), models, new Both<>(onCpu, run.options()), data)) {
            return comparison.run(THRESHOLD, () -> {});
        }
    }

    /** The limits on single answers, which int8 is not held to. */
    private static ComparisonLimits limits(Precision precision, boolean boxes) {
        boolean held = precision != Precision.INT8;
        return new ComparisonLimits(
                held && boxes ? OptionalDouble.of(MAX_CORNER) : OptionalDouble.empty(),
                held ? OptionalDouble.of(MAX_SCORE) : OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty());
    }

    private void detector(VerifySection section, VerifyTable table, Precision precision) throws Exception {
        ComparisonResult r = compare(Network.DETECTOR, precision, run.data());
        BoxDifference boxes = r.boxes().orElseThrow();
        Both<DetectionResult> truth = r.detection().orElseThrow();
        table.row(
                precision.name(),
                r.images(),
                boxes.matched(),
                boxes.maxCorner(),
                boxes.worstScore(),
                boxes.onlyA(),
                boxes.onlyB(),
                truth.a().averagePrecision(),
                truth.b().averagePrecision());
        String what = "demo detector " + precision;
        limits(precision, true).exceeded(r).forEach(line -> section.failed(what + ": " + line));
        drop(
                section,
                what,
                "mAP50",
                truth.map(DetectionResult::averagePrecision),
                truth.a().lesions());
    }

    private void classifier(VerifySection section, VerifyTable table, Precision precision) throws Exception {
        ComparisonResult r = compare(Network.CLASSIFIER, precision, run.data());
        ProbabilityDifference probabilities = r.probabilities().orElseThrow();
        Both<ClassificationResult> truth = r.classification().orElseThrow();
        table.row(
                precision.name(),
                r.images(),
                probabilities.worst(),
                probabilities.differing(),
                truth.a().melanomaSensitivity(),
                truth.b().melanomaSensitivity(),
                truth.a().melanomaArea(),
                truth.b().melanomaArea());
        String what = "demo classifier " + precision;
        limits(precision, false).exceeded(r).forEach(line -> section.failed(what + ": " + line));
        long melanomas = run.data().crops().stream()
                .filter(c -> c.lesionClass() == LesionClass.MELANOMA)
                .count();
        drop(section, what, "melanoma sensitivity", truth.map(ClassificationResult::melanomaSensitivity), melanomas);
    }

    private static void drop(VerifySection section, String what, String of, Both<Double> values, long lesions) {
        double limit = Math.max(MAX_DROP, 1.0 / Math.max(1, lesions));
        double drop = values.a() - values.b();
        // NaN where there are no lesions of the kind.
        if (Double.isNaN(drop)) {
            section.notRun(what + ": " + of + ", as the scenes have no such lesion");
        } else if (drop > limit) {
            section.failed(String.format(Locale.ROOT, "%s: %s drops by %.4f, limit %.4f", what, of, drop, limit));
        }
    }

    private void outputs(VerifySection section, VerifyTable table, Precision precision) throws Exception {
        ComparisonResult r = compare(Network.YOLOV4, precision, run.data().atMost(LARGE_SCENES));
        for (OutputDifference o : r.outputs()) {
            table.row(precision.name(), o.name(), o.relativeRms(), o.relativeMax(), o.cosine());
            String what = new Variant(Network.YOLOV4, precision) + ", output " + o.name();
            if (o.nonFiniteB() > 0) {
                section.failed(what + " has " + o.nonFiniteB() + " numbers that are not finite");
            } else if (precision != Precision.INT8 && !(o.relativeRms() <= MAX_OUTPUT_RMS)) {
                section.failed(String.format(
                        Locale.ROOT, "%s: relative RMS error %.4f, limit %.3f", what, o.relativeRms(), MAX_OUTPUT_RMS));
            }
        }
    }

    private void formats(VerifySection section, VerifyTable table) throws Exception {
        Model model = run.models().reference(Network.DETECTOR, run.deadline());
        Model classes = run.models().reference(Network.CLASSIFIER, run.deadline());
        boolean classify = run.has(Network.CLASSIFIER, Precision.FP16);
        if (!classify) {
            section.notRun("kinds of frames, demo classifier: there is no engine");
            return;
        }
        try (YoloDetector a = YoloDetector.open(cpu, model, SessionOptions.defaults(), curve());
                EffnetClassifier ca =
                        EffnetClassifier.open(cpu, classes, SessionOptions.defaults(), EffnetOptions.defaults());
                Detecting b = run.detecting(new Variant(Network.DETECTOR, Precision.FP16), curve());
                VerifyRun.Classifying cb = run.classifying(Precision.FP16)) {
            Both<YoloDetector> detectors = new Both<>(a, b.detector());
            Both<EffnetClassifier> classifiers = new Both<>(ca, cb.classifier());
            format(section, table, "BGR24", Frame::retain, detectors, classifiers);
            format(section, table, "BGR24, odd sides, padded rows", VerifyFrames::odd, detectors, classifiers);
            format(section, table, "NV12", VerifyFrames::nv12, detectors, classifiers);
        }
    }

    /** With the boxes under the threshold too, so that a box near it has its counterpart. */
    private static YoloOptions curve() {
        return YoloOptions.defaults().withScoreThreshold(Evaluation.CURVE_THRESHOLD);
    }

    private void format(
            VerifySection section,
            VerifyTable table,
            String kind,
            UnaryOperator<Frame> frames,
            Both<YoloDetector> detectors,
            Both<EffnetClassifier> classifiers)
            throws Exception {
        BoxTally boxes = new BoxTally(THRESHOLD);
        ProbabilityTally probabilities = new ProbabilityTally();
        for (DataSet.Scene scene : run.data().atMost(FORMAT_SCENES).scenes()) {
            ImageJob.open(scene.file().toString(), (name, picture) -> {
                try (Frame frame = frames.apply(picture)) {
                    boxes.add(detectors.a().detect(frame), detectors.b().detect(frame));
                    List<Box> regions = List.of(
                            frame.bounds(),
                            Box.ofSize(-20, 30, 99.5f, 120),
                            Box.ofSize(frame.width() / 2f, frame.height() / 3f, 64, 51.25f));
                    List<Assessment> saidA = classifiers.a().classify(frame, regions);
                    List<Assessment> saidB = classifiers.b().classify(frame, regions);
                    for (int i = 0; i < regions.size(); i++) {
                        probabilities.add(saidA.get(i), saidB.get(i));
                    }
                }
            });
        }
        BoxDifference d = boxes.result();
        double probability = probabilities.result().worst();
        table.row(kind, d.matched(), d.maxCorner(), d.worstScore(), probability);
        if (d.matched() == 0) {
            section.failed(kind + ": no two boxes match");
        }
        if (d.maxCorner() > MAX_CORNER || d.worstScore() > MAX_SCORE || probability > MAX_SCORE) {
            section.failed(String.format(
                    Locale.ROOT,
                    "%s: corners differ by up to %.3f px, scores by %.4f, probabilities by %.4f; limits %.0f px, %.2f, %.2f",
                    kind,
                    d.maxCorner(),
                    d.worstScore(),
                    probability,
                    MAX_CORNER,
                    MAX_SCORE,
                    MAX_SCORE));
        }
    }

    /** The rows that the GPU leaves out must be such as become no detection. */
    private void filtered(VerifySection section) throws Exception {
        Model model = run.models()
                .get(new Variant(Network.DETECTOR, Precision.FP16), run.deadline())
                .model();
        int[] seen = new int[2];
        try (Detecting filtering = run.detecting(new Variant(Network.DETECTOR, Precision.FP16));
                YoloDetector whole =
                        new YoloDetector(new RecordingSession(run.open(model)), model, YoloOptions.defaults())) {
            for (DataSet.Scene scene : run.data().scenes()) {
                ImageJob.open(scene.file().toString(), (name, frame) -> {
                    List<Detection> expected = whole.detect(frame);
                    List<Detection> found = filtering.detector().detect(frame);
                    seen[0] += expected.size();
                    seen[1] += expected.equals(found) ? 0 : 1;
                });
            }
        }
        section.note(seen[0] + " boxes from rows chosen on the GPU against boxes from all rows: " + seen[1] + " of "
                + run.data().scenes().size() + " scenes differ.");
        if (seen[1] > 0 || seen[0] == 0) {
            section.failed("rows chosen on the GPU: " + seen[1] + " scenes differ, of " + seen[0]
                    + " boxes, expected the same boxes and at least one");
        }
    }
}

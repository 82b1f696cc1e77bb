package io.derm.samples;

import io.derm.api.Assessment;
import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.InferenceRuntime;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.SessionOptions;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.OutputError;
import io.derm.onnx.Progress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What a changed model loses against the original on images. With labels: the drop of mAP50, or the larger of the drops of melanoma
 * sensitivity and AUC. Without: how far the answers of the changed model are from being the original's, whose boxes over the threshold are then taken
 * for the truth, or whose classes are. For a model that has no decoder, the relative error of the outputs. Confined.
 */
final class AccuracyLoss implements ToDoubleFunction<OnnxModel> {
    private final InferenceRuntime runtime;
    private final Progress progress;
    private final String what;
    private final int images;
    private final Measure measure;
    private int seen;

    /** What an opened model reaches. */
    private interface Measure {
        double loss(OnnxModel candidate) throws Exception;
    }

    /**
     * Measures the original.
     *
     * @param threshold score over which a box of the original counts as the truth where there are no labels
     */
    AccuracyLoss(OnnxModel original, InferenceRuntime runtime, DataSet data, double threshold, Progress progress)
            throws Exception {
        this.runtime = runtime;
        this.progress = progress;
        try (Subject subject = Subject.open(runtime, original.toModel())) {
            ImageSamples samples = ImageSamples.of(data, subject.task(), subject.input());
            this.images = samples.size();
            if (images == 0) {
                throw PrecisionCommand.noImages(data.dir());
            }
            if (subject.detects()
                    && data.scenes().stream().anyMatch(s -> !s.lesions().isEmpty())) {
                what = "drop of mAP50";
                double reference = averagePrecision(subject, data.scenes());
                measure = c -> with(c, s -> reference - averagePrecision(s, data.scenes()));
            } else if (subject.detects()) {
                what = String.format(Locale.ROOT, "1 - mAP50 against the original's boxes over %.2f", threshold);
                List<DataSet.Scene> scenes = answered(subject, data.scenes(), threshold);
                measure = c -> with(c, s -> 1 - averagePrecision(s, scenes));
            } else if (subject.classifies() && hasMelanomasAndOthers(data)) {
                what = "drop of melanoma sensitivity or AUC";
                ClassificationResult reference = classification(subject, data.crops());
                measure = c -> with(c, s -> {
                    ClassificationResult found = classification(s, data.crops());
                    return Math.max(
                            reference.melanomaSensitivity() - found.melanomaSensitivity(),
                            reference.melanomaArea() - found.melanomaArea());
                });
            } else if (subject.classifies()) {
                what = "share of classes that differ";
                List<String> reference = classes(subject, samples.files());
                measure = c -> with(c, s -> differing(reference, classes(s, samples.files())));
            } else {
                what = "relative error of the outputs";
                OutputError error = new OutputError(original, runtime, SessionOptions.defaults(), samples);
                measure = error::applyAsDouble;
            }
        }
    }

    private static boolean hasMelanomasAndOthers(DataSet data) {
        long melanomas = data.crops().stream()
                .filter(c -> c.lesionClass() == LesionClass.MELANOMA)
                .count();
        return melanomas > 0 && melanomas < data.crops().size();
    }

    /** What is lost, in words. */
    String what() {
        return what;
    }

    /** Number of images it is measured on. */
    int images() {
        return images;
    }

    @Override
    public double applyAsDouble(OnnxModel candidate) {
        try {
            return measure.loss(candidate);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void step() {
        seen = seen % images + 1;
        progress.step("images measured", seen, images);
    }

    private interface Reading<T> {
        T of(Subject subject) throws Exception;
    }

    private double with(OnnxModel candidate, Reading<Double> reading) throws Exception {
        Model model = candidate.toModel();
        try (Subject subject = Subject.open(runtime, model)) {
            return reading.of(subject);
        }
    }

    private double averagePrecision(Subject subject, List<DataSet.Scene> scenes) throws Exception {
        DetectionTally tally = new DetectionTally(BoxTally.MIN_IOU, Evaluation.CURVE_THRESHOLD);
        for (DataSet.Scene scene : scenes) {
            ImageJob.open(scene.file().toString(), (name, frame) -> tally.add(scene, detections(subject, frame)));
            step();
        }
        return tally.result().averagePrecision();
    }

    /** An answer that cannot be read, such as NaN, finds nothing. */
    private static List<Detection> detections(Subject subject, Frame frame) {
        return subject.detect(frame).orElse(List.of());
    }

    /** The scenes with the boxes of a model for their truth. */
    private List<DataSet.Scene> answered(Subject subject, List<DataSet.Scene> scenes, double threshold)
            throws Exception {
        List<DataSet.Scene> answered = new ArrayList<>();
        for (DataSet.Scene scene : scenes) {
            ImageJob.open(
                    scene.file().toString(),
                    (name, frame) -> answered.add(new DataSet.Scene(
                            scene.file(),
                            detections(subject, frame).stream()
                                    .filter(d -> d.score() > threshold)
                                    .map(Detection::box)
                                    .toList(),
                            "")));
            step();
        }
        return answered;
    }

    private ClassificationResult classification(Subject subject, List<DataSet.Crop> crops) throws Exception {
        ClassificationTally tally = new ClassificationTally();
        for (DataSet.Crop crop : crops) {
            ImageJob.open(crop.file().toString(), (name, frame) -> subject.classify(frame)
                    .ifPresent(answer -> tally.add(crop, answer)));
        }
        return tally.result();
    }

    private List<String> classes(Subject subject, List<Path> files) throws Exception {
        List<String> classes = new ArrayList<>();
        for (Path file : files) {
            ImageJob.open(
                    file.toString(),
                    (name, frame) -> classes.add(subject.classify(frame)
                            .map(Assessment::lesionClass)
                            .map(Enum::name)
                            .orElse("")));
            step();
        }
        return classes;
    }

    private static double differing(List<String> a, List<String> b) {
        int differ = 0;
        for (int i = 0; i < a.size(); i++) {
            differ += a.get(i).equals(b.get(i)) ? 0 : 1;
        }
        return a.isEmpty() ? 0 : differ / (double) a.size();
    }
}

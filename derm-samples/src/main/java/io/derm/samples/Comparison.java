package io.derm.samples;

import io.derm.api.Assessment;
import io.derm.api.CaptureException;
import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs two models on the same images, each once an image, and measures how far the second is from the first: in the raw outputs,
 * in what the decoders make of them, and against the labels where there are some.
 *
 * <p>Detectors see the scenes of a data set, all other models its crops, or its scenes where it has no crops. Owns the sessions
 * of both models. Confined.
 */
final class Comparison implements AutoCloseable {
    private final Subject a;
    private final Subject b;
    private final DataSet data;
    private final boolean crops;
    private final List<Path> files;
    private final List<String> notes = new ArrayList<>();
    private boolean outputsComparable = true;
    private @Nullable OutputPairs pairs;

    private Comparison(Subject a, Subject b, DataSet data) {
        this.a = a;
        this.b = b;
        this.data = data;
        requireSameTask(a, b);
        this.crops = !a.task().is(ModelTask.DETECT) && !data.crops().isEmpty();
        this.files = crops
                ? data.crops().stream().map(DataSet.Crop::file).toList()
                : data.scenes().stream().map(DataSet.Scene::file).toList();
        if (files.isEmpty()) {
            throw new CaptureException(
                    260,
                    data.dir() + " has no images for " + words(a.task()) + ", expected some",
                    "Give a folder of images, or make one with 'derm phantom'.");
        }
    }

    /**
     * Opens two models.
     *
     * @param runtimes that run A and B; may be the same
     * @param models A, the reference, and B
     * @throws ModelException if a model cannot be run or the two are for different tasks
     * @throws CaptureException if there are no images for their task
     */
    static Comparison open(Both<InferenceRuntime> runtimes, Both<Model> models, DataSet data) {
        SessionOptions session = SessionOptions.defaults().withMaxBatch(1);
        return open(runtimes, models, new Both<>(session, session), data);
    }

    /**
     * As {@link #open(Both, Both, DataSet)}, with the runtimes' own options.
     *
     * @param sessions of which batches of one image are run
     */
    static Comparison open(
            Both<InferenceRuntime> runtimes, Both<Model> models, Both<SessionOptions> sessions, DataSet data) {
        Subject a = Subject.open(runtimes.a(), models.a(), sessions.a());
        try {
            Subject b = Subject.open(runtimes.b(), models.b(), sessions.b());
            try {
                return new Comparison(a, b, data);
            } catch (RuntimeException e) {
                throw closing(b, e);
            }
        } catch (RuntimeException e) {
            throw closing(a, e);
        }
    }

    private static RuntimeException closing(Subject subject, RuntimeException e) {
        try {
            subject.close();
        } catch (RuntimeException onClose) {
            e.addSuppressed(onClose);
        }
        return e;
    }

    private static void requireSameTask(Subject a, Subject b) {
        if (!a.task().name().equals(b.task().name())) {
            throw new ModelException(
                    259,
                    a.model().name() + " is " + words(a.task()) + " and "
                            + b.model().name() + " " + words(b.task()) + ", expected two models of one task",
                    "Compare models of one task, or state what they are for with " + ModelKeys.TASK + ".");
        }
    }

    private static String words(ModelTask task) {
        return switch (task.name().orElse("")) {
            case ModelTask.DETECT -> "a detector";
            case ModelTask.CLASSIFY -> "a classifier";
            case "" -> "a model for a task that is not recognised";
            default -> "a model for '" + task.name().orElse("") + "'";
        };
    }

    /** How many images it looks at. */
    int images() {
        return files.size();
    }

    /**
     * Runs both models on all images.
     *
     * @param threshold score over which a detection counts as an answer, 0 to 1
     * @param afterEach called after each image
     * @throws ModelException if the outputs of the two do not go together
     * @throws CaptureException if an image cannot be read
     */
    ComparisonResult run(double threshold, Runnable afterEach) throws Exception {
        if (a.detects() && b.detects()) {
            return detectors(threshold, afterEach);
        }
        if (a.classifies() && b.classifies()) {
            return classifiers(afterEach);
        }
        Stream.of(a, b)
                .flatMap(subject -> subject.undecoded().stream())
                .distinct()
                .forEach(why -> notes.add("only outputs are compared: " + why));
        for (Path file : files) {
            each(file, afterEach, frame -> {
                a.run(frame);
                b.run(frame);
            });
        }
        return result(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    private ComparisonResult detectors(double threshold, Runnable afterEach) throws Exception {
        BoxTally boxes = new BoxTally(threshold);
        DetectionTally truthA = new DetectionTally(BoxTally.MIN_IOU, threshold);
        DetectionTally truthB = new DetectionTally(BoxTally.MIN_IOU, threshold);
        for (DataSet.Scene scene : data.scenes()) {
            each(scene.file(), afterEach, frame -> {
                List<Detection> foundA = a.detect(frame).orElse(List.of());
                List<Detection> foundB = b.detect(frame).orElse(List.of());
                boxes.add(foundA, foundB);
                truthA.add(scene, foundA);
                truthB.add(scene, foundB);
            });
        }
        Both<DetectionResult> truth = new Both<>(truthA.result(), truthB.result());
        return result(
                Optional.of(boxes.result()),
                Optional.empty(),
                data.hasBoxes() ? Optional.of(truth) : Optional.empty(),
                Optional.empty());
    }

    private ComparisonResult classifiers(Runnable afterEach) throws Exception {
        ProbabilityTally probabilities = new ProbabilityTally();
        ClassificationTally truthA = new ClassificationTally();
        ClassificationTally truthB = new ClassificationTally();
        for (int i = 0; i < files.size(); i++) {
            Optional<DataSet.Crop> crop = crops ? Optional.of(data.crops().get(i)) : Optional.empty();
            each(files.get(i), afterEach, frame -> {
                Optional<Assessment> saidA = a.classify(frame);
                Optional<Assessment> saidB = b.classify(frame);
                if (saidA.isPresent() && saidB.isPresent()) {
                    probabilities.add(saidA.get(), saidB.get());
                    crop.ifPresent(c -> truthA.add(c, saidA.get()));
                    crop.ifPresent(c -> truthB.add(c, saidB.get()));
                }
            });
        }
        Both<ClassificationResult> truth = new Both<>(truthA.result(), truthB.result());
        return result(
                Optional.empty(),
                Optional.of(probabilities.result()),
                Optional.empty(),
                crops ? Optional.of(truth) : Optional.empty());
    }

    /** Runs both models on an image and compares the outputs that are then there. */
    private void each(Path file, Runnable afterEach, Consumer<Frame> models) throws Exception {
        ImageJob.open(file.toString(), (name, frame) -> {
            models.accept(frame);
            compareOutputs();
        });
        afterEach.run();
    }

    private void compareOutputs() {
        if (!outputsComparable) {
            return;
        }
        List<RawOutput> outputsA = a.outputs();
        List<RawOutput> outputsB = b.outputs();
        OutputPairs together = pairs;
        try {
            if (together == null) {
                together = OutputPairs.of(a.model().name(), outputsA, b.model().name(), outputsB);
                pairs = together;
            }
            together.add(outputsA, outputsB);
        } catch (ModelException e) {
            boolean decoded = (a.detects() && b.detects()) || (a.classifies() && b.classifies());
            if (!decoded || a.inputSize().equals(b.inputSize())) {
                throw e;
            }
            outputsComparable = false;
            notes.add("outputs are not compared, as A takes images of " + a.inputSize() + " and B of " + b.inputSize());
        }
    }

    private ComparisonResult result(
            Optional<BoxDifference> boxes,
            Optional<ProbabilityDifference> probabilities,
            Optional<Both<DetectionResult>> detection,
            Optional<Both<ClassificationResult>> classification) {
        OutputPairs compared = pairs;
        return new ComparisonResult(
                new Both<>(participant(a), participant(b)),
                a.task().name(),
                crops,
                files.size(),
                compared == null || !outputsComparable ? List.of() : compared.result(),
                notes,
                boxes,
                probabilities,
                detection,
                classification);
    }

    private static ComparisonResult.Participant participant(Subject s) {
        return new ComparisonResult.Participant(
                s.model().toString(), s.runtime(), s.inputSize(), s.unread(), s.whyUnread());
    }

    @Override
    public void close() {
        try (a) {
            b.close();
        }
    }
}

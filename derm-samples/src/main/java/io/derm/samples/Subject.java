package io.derm.samples;

import io.derm.api.Assessment;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.PerChannel;
import io.derm.api.InferenceException;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Signature;
import io.derm.api.TensorInfo;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One of the models of a comparison, opened: each run leaves its raw outputs beside the decoder's answer. Owns its session.
 * Confined.
 */
final class Subject implements AutoCloseable {
    private static final int DEFAULT_SIDE = 224;

    private final Model model;
    private final String runtime;
    private final RecordingSession session;
    private final ModelTask task;
    private final int fixedBatch;
    private final ImageInput input;
    private @Nullable Detector detector;
    private @Nullable Classifier classifier;
    private Optional<String> undecoded = Optional.empty();
    private int unread;
    private Optional<String> whyUnread = Optional.empty();

    private Subject(Model model, String runtime, RecordingSession session) {
        this.model = model;
        this.runtime = runtime;
        this.session = session;
        Signature signature = session.signature();
        this.task = ModelTask.of(signature, model.name());
        ImageInput fed = defaultInput(signature).adaptedTo(signature, model.name());
        if (task.is(ModelTask.DETECT)) {
            YoloDetector yolo = decoder(() -> new YoloDetector(
                    session, model, YoloOptions.defaults().withScoreThreshold(Evaluation.CURVE_THRESHOLD)));
            detector = yolo;
            fed = yolo == null ? fed : yolo.input();
        } else if (task.is(ModelTask.CLASSIFY)) {
            EffnetClassifier effnet = decoder(() -> new EffnetClassifier(session, model, EffnetOptions.defaults()));
            classifier = effnet;
            fed = effnet == null ? fed : effnet.input();
        }
        this.input = fed;
        TensorInfo image = signature.inputs().get(0);
        this.fixedBatch = Math.max(1, image.dim(0));
    }

    /**
     * Opens a model.
     *
     * @throws ModelException if it cannot be read or run, has not one image of 3 channels for an input, or cannot be read as what
     *     its metadata declares it to be
     */
    static Subject open(InferenceRuntime runtime, Model model) {
        return open(runtime, model, SessionOptions.defaults().withMaxBatch(1));
    }

    /** As {@link #open(InferenceRuntime, Model)}, with the runtime's own options. */
    static Subject open(InferenceRuntime runtime, Model model, SessionOptions options) {
        Session opened = runtime.open(model, options);
        RecordingSession session = new RecordingSession(opened);
        try {
            return new Subject(model, runtime.name(), session);
        } catch (RuntimeException e) {
            try {
                session.close();
            } catch (RuntimeException onClose) {
                e.addSuppressed(onClose);
            }
            throw e;
        }
    }

    /** RGB as ImageNet has it for classifiers, of 0 to 1 for others; levels as they are where the input is uint8. */
    private ImageInput defaultInput(Signature signature) {
        ImageInput usual = task.is(ModelTask.CLASSIFY)
                ? ImageInput.imagenet(DEFAULT_SIDE)
                : ImageInput.yolo(DEFAULT_SIDE, DEFAULT_SIDE);
        boolean levels =
                signature.inputs().size() == 1 && signature.inputs().get(0).type() == ElementType.UINT8;
        return levels ? usual.withNormalisation(PerChannel.all(0), PerChannel.all(1)) : usual;
    }

    /** The decoder; null where the task was only guessed and the guess turns out wrong. */
    private <T> @Nullable T decoder(Supplier<T> open) {
        try {
            return open.get();
        } catch (ModelException e) {
            if (task.declared()) {
                throw e;
            }
            undecoded = Optional.of(e.problem());
            return null;
        }
    }

    Model model() {
        return model;
    }

    /** Name of the runtime. */
    String runtime() {
        return runtime;
    }

    ModelTask task() {
        return task;
    }

    boolean detects() {
        return detector != null;
    }

    boolean classifies() {
        return classifier != null;
    }

    /** Why there is no decoder for what looks like one of its tasks. */
    Optional<String> undecoded() {
        return undecoded;
    }

    /** How images are brought into the model. */
    ImageInput input() {
        return input;
    }

    /** Width and height that images are brought to. */
    String inputSize() {
        return input.width() + "x" + input.height();
    }

    /** How many answers the decoder could not read so far. */
    int unread() {
        return unread;
    }

    /** What was wrong with the first of them. */
    Optional<String> whyUnread() {
        return whyUnread;
    }

    /** Detections in an image down to {@link Evaluation#CURVE_THRESHOLD}; empty where the decoder cannot read the outputs. */
    Optional<List<Detection>> detect(Frame frame) {
        Detector d = detector;
        if (d == null) {
            throw new IllegalStateException(model + " is no detector");
        }
        return decoded(() -> d.detect(frame));
    }

    /** Assessment of a whole image; empty where the decoder cannot read the outputs. */
    Optional<Assessment> classify(Frame frame) {
        Classifier c = classifier;
        if (c == null) {
            throw new IllegalStateException(model + " is no classifier");
        }
        return decoded(() -> c.classify(frame, List.of(frame.bounds())).get(0));
    }

    /** Runs the model on an image for its outputs alone. */
    void run(Frame frame) {
        session.run(input, frame, List.of(frame.bounds()));
    }

    /** A decoder refuses outputs such as NaN: those are to be compared and counted. A run that fails is not. */
    private <T> Optional<T> decoded(Supplier<T> run) {
        session.forget();
        try {
            return Optional.of(run.get());
        } catch (InferenceException e) {
            if (session.last().isEmpty()) {
                throw e;
            }
            unread++;
            whyUnread = whyUnread.or(() -> Optional.of(e.problem()));
            return Optional.empty();
        }
    }

    /** Outputs of the last run, valid until the next. */
    List<RawOutput> outputs() {
        return session.last().orElseThrow().list().stream()
                .map(t -> RawOutput.of(t, fixedBatch))
                .toList();
    }

    @Override
    public void close() {
        session.close();
    }
}

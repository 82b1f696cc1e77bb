package io.derm.yolo;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageMapping;
import io.derm.api.InferenceException;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.RowFilter;
import io.derm.api.RuntimeUse;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import io.derm.yolo.YoloOptions.Selection;
import java.util.ArrayList;
import java.util.List;

/**
 * A detector for YOLO models in any {@link YoloLayout}. It runs the whole frame, decodes the outputs, suppresses duplicates class by
 * class and maps the rest to pixels of the frame.
 *
 * <p>A place in the picture may be reported once for each class over the threshold: YOLOv4's classes are independent sigmoids,
 * not a choice of one.
 *
 * <p>Whether the outputs are what the layout takes them for is checked on all numbers of the first frame. From then on the
 * session may leave out rows that cannot become a detection ({@link Session#filter}); NaN and scores over 1 still come to light.
 *
 * <p>Owns its session. Confined to one thread at a time; {@link #close()} may come from any.
 */
public final class YoloDetector implements Detector {
    private final Session session;
    private final Model model;
    private final YoloLayout layout;
    private final ImageInput input;
    private final Selection selection;
    private final Decoder decoder;
    private final List<String> declared;
    private final Candidates candidates = new Candidates();
    private List<String> labels;
    private List<RowFilter> filters = List.of();
    /** Shapes that the filters are for; empty before the first frame is decoded. */
    private List<List<Integer>> filteredShapes = List.of();

    /**
     * Reads a model's outputs through a session.
     *
     * @param session of that model; closed by this detector, and left open if the constructor throws
     * @param model what the session runs
     * @throws ModelException if the model's input, outputs or metadata cannot be understood
     */
    public YoloDetector(Session session, Model model, YoloOptions options) {
        this.session = session;
        this.model = model;
        this.layout = YoloLayout.of(session.signature(), model.name());
        this.input = layout.input(session.signature()).adaptedTo(session.signature(), model.name());
        this.selection = options.resolve(session.signature(), model.name());
        this.decoder = Decoder.of(
                layout, session.signature(), model.name(), input.width(), input.height(), selection.scoreThreshold());
        this.declared = new Metadata(session.signature(), model.name()).labels();
        this.labels = declared;
        int classes = layout.classes(session.signature(), model.name());
        if (classes != Decoder.UNKNOWN_CLASSES) {
            labelsFor(classes, classes - 1);
        }
    }

    /**
     * Opens a model.
     *
     * @param options of the session; its batch is one
     * @throws ModelException if the model cannot be read, run or understood
     * @throws io.derm.api.RuntimeUnavailableException if the runtime does not work here
     */
    public static YoloDetector open(
            InferenceRuntime runtime, Model model, SessionOptions options, YoloOptions yoloOptions) {
        Session session = runtime.open(model, options.withMaxBatch(1));
        try {
            return new YoloDetector(session, model, yoloOptions);
        } catch (RuntimeException e) {
            try {
                session.close();
            } catch (RuntimeException onClose) {
                e.addSuppressed(onClose);
            }
            throw e;
        }
    }

    @Override
    public List<Detection> detect(Frame frame) {
        Box whole = frame.bounds();
        Tensors outputs = session.run(input, frame, List.of(whole));
        candidates.clear();
        int classes = decoder.decode(outputs, candidates);
        int highest = candidates.highestClass();
        if (highest >= labels.size() || (classes != Decoder.UNKNOWN_CLASSES && classes != labels.size())) {
            labelsFor(classes, highest);
        }
        filter(outputs);
        ImageMapping mapping = ImageMapping.of(input, whole, frame.width(), frame.height());
        return candidates.select(selection, decoder.suppressed(), mapping, frame.width(), frame.height(), labels);
    }

    /** Declares the rows that later frames need, where these outputs passed all checks and their shapes are new. */
    private void filter(Tensors outputs) {
        boolean known = filteredShapes.size() == outputs.size();
        for (int i = 0; known && i < outputs.size(); i++) {
            List<Integer> shape = outputs.get(i).shape();
            // Kept tensors come with the same list each time, which costs no iterator.
            known = shape == filteredShapes.get(i) || shape.equals(filteredShapes.get(i));
        }
        if (known) {
            return;
        }
        List<RowFilter> fitting = decoder.filters(outputs);
        if (!fitting.equals(filters)) {
            session.filter(fitting);
            filters = fitting;
        }
        filteredShapes = outputs.list().stream().map(Tensor::shape).toList();
    }

    /** Names for the classes: those that the model has, else their numbers. */
    private void labelsFor(int classes, int highest) {
        if (declared.isEmpty()) {
            int count = Math.max(classes, highest + 1);
            List<String> numbered = new ArrayList<>(count);
            for (int c = 0; c < count; c++) {
                numbered.add("class " + c);
            }
            labels = List.copyOf(numbered);
        } else if (classes != Decoder.UNKNOWN_CLASSES && classes != declared.size()) {
            throw new ModelException(
                    43,
                    "Outputs " + session.signature().outputs() + " of " + model.name() + " have "
                            + count(classes, "class", "classes") + " as decoder '" + layout.decoderName() + "' and "
                            + ModelKeys.LABELS + " names " + declared.size() + ", expected as many",
                    "Mend " + ModelKeys.LABELS + " or override it with " + ModelKeys.LABELS + "=….");
        } else if (highest >= declared.size()) {
            throw new InferenceException(
                    135,
                    "Model " + model.name() + " gave class " + highest + " and " + ModelKeys.LABELS + " names "
                            + declared.size() + " classes, expected an index under that",
                    "Mend " + ModelKeys.LABELS + " or override it with " + ModelKeys.LABELS + "=….");
        }
    }

    private static String count(int n, String one, String many) {
        return n + " " + (n == 1 ? one : many);
    }

    @Override
    public Model model() {
        return model;
    }

    /** What the model's metadata says under {@link YoloOptions#CONFIRM_SCORE_KEY}; 0 without it. */
    @Override
    public double confirmScore() {
        return selection.confirmScore();
    }

    @Override
    public RuntimeUse runtime() {
        return session.runtime();
    }

    /** How the model's outputs are read. */
    public YoloLayout layout() {
        return layout;
    }

    /** A box is kept if its score is greater. */
    public double scoreThreshold() {
        return selection.scoreThreshold();
    }

    /** How frames become the model's input. */
    public ImageInput input() {
        return input;
    }

    @Override
    public void close() {
        session.close();
    }
}

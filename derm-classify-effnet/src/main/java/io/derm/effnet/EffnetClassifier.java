package io.derm.effnet;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.InferenceException;
import io.derm.api.InferenceRuntime;
import io.derm.api.LabelMap;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.RuntimeUse;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.effnet.EffnetOptions.Rule;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A classifier for EfficientNet models, B0 to B7 and Lite, from PyTorch, Keras or NVIDIA TAO. It crops a square around each region,
 * runs as many regions at once as the session takes, calibrates the model's classes by temperature, sums them up to the three
 * lesion classes by the label map and answers by the rule of {@link EffnetOptions}.
 *
 * <p>Owns its session. Confined to one thread at a time; {@link #close()} may come from any.
 */
public final class EffnetClassifier implements Classifier {
    private static final Logger LOG = LoggerFactory.getLogger(EffnetClassifier.class);
    /** How far the sum of probabilities may be from 1. */
    private static final double SUM_SLACK = 1e-3;

    private final Session session;
    private final Model model;
    private final LabelMap labels;
    private final ImageInput input;
    private final Rule rule;
    private final double[] probabilities;
    private final double[] sums = new double[LesionClass.values().length];
    private final float[] byLabel;
    private final boolean[] noLesions;
    private @Nullable Activation activation;

    /**
     * Reads a model's outputs through a session.
     *
     * @param session of that model; closed by this classifier, and left open if the constructor throws
     * @param model what the session runs
     * @throws ModelException if the model's input, output, metadata or labels cannot be understood
     */
    public EffnetClassifier(Session session, Model model, EffnetOptions options) {
        Signature signature = session.signature();
        this.session = session;
        this.model = model;
        EffnetSource source = EffnetSource.of(signature);
        this.input = source.input(signature, model.name()).adaptedTo(signature, model.name());
        TensorInfo output = output(signature);
        this.labels = LabelMaps.of(options.labels(), signature, model.name());
        this.rule = options.resolve(signature, model.name());
        this.probabilities = new double[labels.size()];
        this.byLabel = new float[labels.size()];
        this.noLesions = new boolean[labels.size()];
        for (int i = 0; i < noLesions.length; i++) {
            noLesions[i] = labels.noLesion().contains(labels.labels().get(i));
        }
        int classes = classes(output);
        if (classes >= 0) {
            requireLabels(output, classes);
        }
        this.activation = Activation.of(signature, output, model.name()).orElse(null);
        if (activation == null && classes == 1) {
            throw new ModelException(
                    69,
                    "Output " + output + " of " + model.name()
                            + " is a single number and nothing says whether it is a probability",
                    "State " + ModelKeys.ACTIVATION + "=logits or " + ModelKeys.ACTIVATION + "=probabilities.");
        }
        if (signature.get(ModelKeys.INPUT_MEAN).isEmpty()
                || signature.get(ModelKeys.INPUT_STD).isEmpty()) {
            LOG.warn(
                    "{} does not say how its input is normalised; feeding it as from {}. State {} and {} if that is wrong.",
                    model.name(),
                    source.description(),
                    ModelKeys.INPUT_MEAN,
                    ModelKeys.INPUT_STD);
        }
    }

    /**
     * Opens a model.
     *
     * @throws ModelException if the model cannot be read, run or understood
     * @throws io.derm.api.RuntimeUnavailableException if the runtime does not work here
     */
    public static EffnetClassifier open(
            InferenceRuntime runtime, Model model, SessionOptions options, EffnetOptions effnetOptions) {
        Session session = runtime.open(model, options);
        try {
            return new EffnetClassifier(session, model, effnetOptions);
        } catch (RuntimeException e) {
            try {
                session.close();
            } catch (RuntimeException onClose) {
                e.addSuppressed(onClose);
            }
            throw e;
        }
    }

    private TensorInfo output(Signature signature) {
        if (signature.outputs().size() != 1 || !hasClasses(signature.outputs().get(0))) {
            throw new ModelException(
                    67,
                    "Model " + model.name() + " has outputs " + signature.outputs()
                            + ", expected one of [B,C] with C classes",
                    "Export the classifier with the scores of its classes as its only output.");
        }
        return signature.outputs().get(0);
    }

    /** Whether all sides after the batch but one are 1, as in [B,C] and [B,C,1,1]. */
    private static boolean hasClasses(TensorInfo output) {
        int wide = 0;
        for (int i = 1; i < output.rank(); i++) {
            wide += output.dim(i) == 1 ? 0 : 1;
        }
        return output.rank() >= 2 && wide <= 1;
    }

    /** Number of scores a region, -1 where the graph leaves it free. */
    private static int classes(TensorInfo output) {
        int classes = 1;
        for (int i = 1; i < output.rank(); i++) {
            classes *= output.dim(i);
        }
        return classes;
    }

    private void requireLabels(TensorInfo output, int classes) {
        // A single sigmoid stands for the second of two classes.
        if (classes != labels.size() && !(classes == 1 && labels.size() == 2)) {
            throw new ModelException(
                    65,
                    "Output " + output + " of " + model.name() + " has " + classes + " classes and the labels are "
                            + labels.labels() + ", expected " + classes + " labels",
                    "Give the label map of this model: a label file, or " + ModelKeys.CLASSES + "=… ("
                            + String.join(", ", LabelMaps.presets()) + ").");
        }
    }

    @Override
    public List<Assessment> classify(Frame frame, List<Box> regions) {
        for (int i = 0; i < regions.size(); i++) {
            if (!meets(regions.get(i), frame)) {
                throw new IllegalArgumentException("Region " + i + " is " + regions.get(i) + ", outside the frame of "
                        + frame.width() + "x" + frame.height());
            }
        }
        List<Assessment> assessments = new ArrayList<>(regions.size());
        for (int from = 0; from < regions.size(); from += session.maxBatch()) {
            List<Box> batch = regions.size() <= session.maxBatch()
                    ? regions
                    : regions.subList(from, Math.min(regions.size(), from + session.maxBatch()));
            Tensor output = session.run(input, frame, batch).get(0);
            int classes = checked(output, batch.size());
            for (int i = 0; i < batch.size(); i++) {
                calibrate(output, i, classes);
                assessments.add(assessment());
            }
        }
        return assessments;
    }

    private static boolean meets(Box region, Frame frame) {
        return !region.isEmpty()
                && region.left() < frame.width()
                && region.top() < frame.height()
                && region.right() > 0
                && region.bottom() > 0;
    }

    /** Number of scores a region in an output that holds that many regions. */
    private int checked(Tensor output, int regions) {
        TensorInfo info = output.info();
        if (!hasClasses(info) || info.dim(0) < regions) {
            throw new InferenceException(
                    152,
                    "Output " + info + " of " + model.name() + " cannot be read, expected [" + regions + ",C]",
                    "Export the classifier with the batch as the first side of its output.");
        }
        int classes = classes(info);
        requireLabels(info, classes);
        FloatBuffer values = output.floats();
        for (int i = 0; i < regions * classes; i++) {
            if (!Float.isFinite(values.get(i))) {
                throw new InferenceException(
                        150,
                        "Output " + info + " of " + model.name() + " has " + values.get(i) + " at element " + i
                                + ", expected finite numbers",
                        "Check the weights and " + ModelKeys.INPUT_MEAN + " and " + ModelKeys.INPUT_STD
                                + "; a float16 model may overflow.");
            }
        }
        if (activation == null) {
            activation = decide(values, regions, classes);
            LOG.warn(
                    "{} does not say whether its outputs are logits; by the first of them they are taken as {}. State {} if that is"
                            + " wrong.",
                    model.name(),
                    activation == Activation.LOGITS ? "logits" : "probabilities",
                    ModelKeys.ACTIVATION);
        }
        if (activation == Activation.PROBABILITIES) {
            for (int i = 0; i < regions; i++) {
                if (!probabilities(values, i, classes)) {
                    throw new InferenceException(
                            151,
                            "Output " + info + " of " + model.name() + " has no probabilities for region " + i
                                    + ", expected numbers of 0 to 1 that sum to 1",
                            "State " + ModelKeys.ACTIVATION + "=logits if the model has no softmax.");
                }
            }
        }
        return classes;
    }

    private static Activation decide(FloatBuffer values, int regions, int classes) {
        boolean all = true;
        for (int i = 0; i < regions; i++) {
            all &= probabilities(values, i, classes);
        }
        return all ? Activation.PROBABILITIES : Activation.LOGITS;
    }

    private static boolean probabilities(FloatBuffer values, int region, int classes) {
        double sum = 0;
        for (int c = 0; c < classes; c++) {
            float p = values.get(region * classes + c);
            if (!(p >= -SUM_SLACK && p <= 1 + SUM_SLACK)) {
                return false;
            }
            sum += p;
        }
        return classes == 1 || Math.abs(sum - 1) <= SUM_SLACK;
    }

    /** Fills {@link #probabilities} for one region: {@code softmax(logits / temperature)}. */
    private void calibrate(Tensor output, int region, int classes) {
        FloatBuffer values = output.floats();
        boolean logits = activation == Activation.LOGITS;
        double highest = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < probabilities.length; c++) {
            double score;
            if (classes == probabilities.length) {
                double v = values.get(region * classes + c);
                score = logits ? v : Math.log(Math.max(v, 0));
            } else {
                double v = values.get(region);
                double p = Math.max(0, Math.min(1, v));
                score = logits ? c * v : Math.log(c == 0 ? 1 - p : p);
            }
            probabilities[c] = score / rule.temperature();
            highest = Math.max(highest, probabilities[c]);
        }
        double sum = 0;
        for (int c = 0; c < probabilities.length; c++) {
            probabilities[c] = Math.exp(probabilities[c] - highest);
            sum += probabilities[c];
        }
        for (int c = 0; c < probabilities.length; c++) {
            probabilities[c] /= sum;
        }
    }

    private Assessment assessment() {
        Arrays.fill(sums, 0);
        double noLesion = 0;
        for (int c = 0; c < probabilities.length; c++) {
            sums[labels.classes().get(c).ordinal()] += probabilities[c];
            byLabel[c] = (float) probabilities[c];
            noLesion += noLesions[c] ? probabilities[c] : 0;
        }
        float benign = sum(LesionClass.BENIGN);
        float unknown = sum(LesionClass.UNKNOWN);
        float melanoma = sum(LesionClass.MELANOMA);
        return Assessment.of(
                rule.answer(benign, unknown, melanoma), benign, unknown, melanoma, labels.labels(), byLabel, (float)
                        Math.min(unknown, noLesion));
    }

    private float sum(LesionClass c) {
        return (float) Math.min(1, sums[c.ordinal()]);
    }

    @Override
    public Model model() {
        return model;
    }

    @Override
    public RuntimeUse runtime() {
        return session.runtime();
    }

    /** The model's classes and what they count as. */
    public LabelMap labels() {
        return labels;
    }

    /** How regions become the model's input. */
    public ImageInput input() {
        return input;
    }

    @Override
    public void close() {
        session.close();
    }
}

package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.derm.api.InferenceException;
import io.derm.api.InferenceRuntime;
import io.derm.api.SessionOptions;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The ranges of a model's tensors on samples, by each {@link RangeMethod}: measured once, and written as int8 for one runtime as for another.
 * Immutable, thread-safe.
 */
public final class Calibration {
    private final OnnxModel model;
    private final String weights;
    private final int samples;
    private final Map<String, Map<RangeMethod, Range>> ranges;

    Calibration(OnnxModel source, String weights, int samples, Map<String, Map<RangeMethod, Range>> ranges) {
        this.model = prepared(source);
        this.weights = weights;
        this.samples = samples;
        this.ranges = Collections.unmodifiableMap(new TreeMap<>(ranges));
    }

    /**
     * Runs a float32 model on samples. Memory does not grow with their number.
     *
     * @param model whose weights and activations are float32, or weights that are cast to it
     * @throws InferenceException if a tensor holds a number that is not finite
     * @throws io.derm.api.ModelException if the model's operator set is older than 11
     */
    public static Calibration of(
            OnnxModel model, InferenceRuntime runtime, SessionOptions options, Samples samples, Progress progress) {
        OnnxModel prepared = prepared(model);
        Map<String, Histogram> histograms = new LinkedHashMap<>();
        tensors(prepared).forEach(t -> histograms.put(t, new Histogram()));
        new Activations(prepared, runtime, options, samples)
                .observe(
                        histograms.keySet(),
                        (name, values, sample) ->
                                Optional.ofNullable(histograms.get(name)).ifPresent(h -> h.add(values)),
                        progress);
        Map<String, Map<RangeMethod, Range>> ranges = new LinkedHashMap<>();
        histograms.forEach((name, h) -> {
            if (h.notFinite() > 0) {
                throw new InferenceException(
                        100,
                        "Tensor '" + name + "' of " + model.name() + " has " + h.notFinite()
                                + " values that are not finite on the samples, expected none",
                        "Check the model in float32 on these pictures before calibrating it.");
            }
            Map<RangeMethod, Range> all = new EnumMap<>(RangeMethod.class);
            for (RangeMethod m : RangeMethod.values()) {
                all.put(m, m.range(h));
            }
            ranges.put(name, all);
        });
        return new Calibration(model, CalibrationFile.weights(model), samples.size(), ranges);
    }

    /** The graph that ranges belong to. */
    private static OnnxModel prepared(OnnxModel model) {
        return OpsetUpgrade.toAtLeast(13, Simplifier.simplify(model));
    }

    /** The float32 tensors that nodes make and take, model inputs among them. */
    private static Set<String> tensors(OnnxModel model) {
        Map<String, OnnxValue> values = model.graph().infer();
        Set<String> names = new TreeSet<>();
        for (NodeProto node : model.graph().nodes()) {
            names.addAll(node.getInputList());
            names.addAll(node.getOutputList());
        }
        names.removeIf(n -> {
            OnnxValue v = values.get(n);
            return v == null
                    || v.type() != DataType.FLOAT
                    || model.graph().initialisers().containsKey(n);
        });
        return names;
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @param model that was calibrated
     * @throws io.derm.api.ModelException if the file cannot be read or is that of another model or of other weights
     */
    public static Calibration read(OnnxModel model, Path file) {
        return CalibrationFile.read(model, file);
    }

    /** As {@link #read} out of text in memory, e.g. a resource. */
    public static Calibration parse(OnnxModel model, String text) {
        return CalibrationFile.parse(model, model.name(), text);
    }

    /** Writes the ranges as text, a tensor a line; a few tens of kilobytes. */
    public void write(Path file) {
        CalibrationFile.write(this, file);
    }

    /** The model as calibrated: constants folded, batch normalisation in the convolutions, each node with a name. */
    public OnnxModel model() {
        return model;
    }

    /** How many samples it was run on. */
    public int samples() {
        return samples;
    }

    /** SHA-256 of the weights that were calibrated. */
    String weights() {
        return weights;
    }

    /** Names of the tensors that were looked at, sorted. */
    public Set<String> tensors() {
        return ranges.keySet();
    }

    /**
     * The range of a tensor.
     *
     * @throws IllegalArgumentException if it was not looked at
     */
    public Range range(String tensor, RangeMethod method) {
        Range range = ranges.getOrDefault(tensor, Map.of()).get(method);
        if (range == null) {
            throw new IllegalArgumentException("Tensor '" + tensor + "' was not calibrated");
        }
        return range;
    }
}

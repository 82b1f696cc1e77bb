package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.derm.api.InferenceException;
import io.derm.api.InferenceRuntime;
import io.derm.api.SessionOptions;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which values the tensors of a model took on samples, as histograms: what int8 ranges are read off, for one runtime's way of writing
 * int8 as for another's. Immutable, thread-safe.
 */
public final class Calibration {
    private final OnnxModel model;
    private final Map<String, Histogram> histograms;
    private final int samples;
    /** Ranges by method and tensor; entropy takes its time. */
    private final Map<RangeMethod, Map<String, Range>> ranges = new EnumMap<>(RangeMethod.class);

    private Calibration(OnnxModel model, Map<String, Histogram> histograms, int samples) {
        this.model = model;
        this.histograms = Collections.unmodifiableMap(histograms);
        this.samples = samples;
        for (RangeMethod method : RangeMethod.values()) {
            ranges.put(method, new ConcurrentHashMap<>());
        }
    }

    /**
     * Runs a float32 model on samples. Memory does not grow with their number.
     *
     * @param model whose weights and activations are float32, or weights that are cast to it
     * @throws InferenceException if a tensor holds a number that is not finite
     */
    public static Calibration of(
            OnnxModel model, InferenceRuntime runtime, SessionOptions options, Samples samples, Progress progress) {
        OnnxModel simple = OpsetUpgrade.toAtLeast(13, Simplifier.simplify(model));
        Map<String, Histogram> histograms = new LinkedHashMap<>();
        for (String t : tensors(simple)) {
            histograms.put(t, new Histogram());
        }
        new Activations(simple, runtime, options, samples)
                .observe(
                        histograms.keySet(),
                        (name, values, sample) -> {
                            Histogram h = histograms.get(name);
                            if (h != null) {
                                h.add(values);
                            }
                        },
                        progress);
        histograms.forEach((name, h) -> {
            if (h.notFinite() > 0) {
                throw new InferenceException(
                        100,
                        "Tensor '" + name + "' of " + model.name() + " has " + h.notFinite()
                                + " values that are not finite on the samples, expected none",
                        "Check the model in float32 on these pictures before calibrating it.");
            }
        });
        return new Calibration(simple, histograms, samples.size());
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

    /** The model as calibrated: constants folded, batch normalisation in the convolutions, each node with a name. */
    public OnnxModel model() {
        return model;
    }

    /** How many samples it was run on. */
    public int samples() {
        return samples;
    }

    /** Names of the tensors that were looked at. */
    public Set<String> tensors() {
        return histograms.keySet();
    }

    /**
     * The range of a tensor.
     *
     * @throws IllegalArgumentException if it was not looked at
     */
    public Range range(String tensor, RangeMethod method) {
        Histogram h = histograms.get(tensor);
        if (h == null) {
            throw new IllegalArgumentException("Tensor '" + tensor + "' was not calibrated");
        }
        return Objects.requireNonNull(ranges.get(method)).computeIfAbsent(tensor, t -> method.range(h));
    }
}

package io.derm.onnx;

import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.derm.api.InferenceRuntime;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Runs a model on samples and shows the values of its inner tensors, by making them outputs. Tensors are looked at in groups, so that memory
 * stays under a bound however large the model and however many the samples. Confined.
 */
final class Activations {
    /** Bytes of the tensors looked at in one pass over the samples. */
    private static final long GROUP_BYTES = 512L << 20;

    private final OnnxModel model;
    private final InferenceRuntime runtime;
    private final SessionOptions options;
    private final Samples samples;

    Activations(OnnxModel model, InferenceRuntime runtime, SessionOptions options, Samples samples) {
        if (samples.size() == 0) {
            throw new IllegalArgumentException("There are no samples to run " + model.name() + " on, expected some");
        }
        this.model = model;
        this.runtime = runtime;
        this.options = options;
        this.samples = samples;
    }

    /** Takes the values of a tensor for a sample; they are valid during the call. */
    interface Observer {
        void tensor(String name, FloatBuffer values, int sample);
    }

    /**
     * Shows every tensor for every sample, sample by sample within a group.
     *
     * @param tensors names of float32 tensors; those of the model's own outputs may be among them
     * @param progress told how many runs of how many are done
     */
    void observe(Collection<String> tensors, Observer observer, Progress progress) {
        List<List<String>> groups = groups(tensors);
        int total = groups.size() * samples.size();
        int done = 0;
        for (List<String> group : groups) {
            try (Session session = open(runtime, options, withOutputs(group))) {
                for (int i = 0; i < samples.size(); i++) {
                    Tensors values = samples.run(session, i);
                    for (Tensor t : values.list()) {
                        observer.tensor(t.name(), t.floats(), i);
                    }
                    progress.step("samples", ++done, total);
                }
            }
        }
    }

    private List<List<String>> groups(Collection<String> tensors) {
        Map<String, OnnxValue> values = new ShapeInference(model, model.graph(), 1).run();
        List<List<String>> groups = new ArrayList<>();
        List<String> group = new ArrayList<>();
        long bytes = 0;
        for (String name : tensors) {
            OnnxValue v = values.get(name);
            long needed = v == null ? 0 : Math.max(0, 4 * Math.min(v.shape().elements(), 1L << 40));
            if (!group.isEmpty() && bytes + needed > GROUP_BYTES) {
                groups.add(group);
                group = new ArrayList<>();
                bytes = 0;
            }
            group.add(name);
            bytes += needed;
        }
        if (!group.isEmpty()) {
            groups.add(group);
        }
        return groups;
    }

    /** The model with these tensors as its outputs. */
    private OnnxModel withOutputs(List<String> tensors) {
        GraphEditor graph = new GraphEditor(model);
        Map<String, OnnxValue> values = model.graph().infer();
        graph.outputs.clear();
        for (String name : tensors) {
            OnnxValue v = values.getOrDefault(name, new OnnxValue(name, DataType.FLOAT, Shape.UNKNOWN));
            ValueInfoProto declared = OnnxGraph.declare(new OnnxValue(name, DataType.FLOAT, v.shape()));
            graph.outputs.add(declared);
        }
        graph.dropUnused();
        return graph.build();
    }

    static Session open(InferenceRuntime runtime, SessionOptions options, OnnxModel model) {
        return runtime.open(model.toModel(), options.withMaxBatch(1));
    }
}

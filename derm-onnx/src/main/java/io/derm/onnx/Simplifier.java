package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Brings a graph into the form that precision passes work on, without changing what it computes: constants are initialisers of the type
 * they are used in, batch normalisation is part of the convolution before it, and nothing stands in between that does nothing. Confined, used
 * once.
 */
final class Simplifier {
    private final OnnxModel model;
    private final GraphEditor graph;
    private final Map<String, String> replaced = new HashMap<>();
    /** Names that outputs or graphs inside nodes hold on to. */
    private final Set<String> fixed = new HashSet<>();

    private Simplifier(OnnxModel model) {
        this.model = model;
        this.graph = new GraphEditor(model);
        graph.outputs.forEach(o -> fixed.add(o.getName()));
        graph.nodes.forEach(n -> fixed.addAll(GraphEditor.capturedBy(n)));
    }

    static OnnxModel simplify(OnnxModel model) {
        Simplifier s = new Simplifier(model);
        s.constants();
        s.batchNorms();
        s.names();
        s.graph.dropUnused();
        // Older exporters list initialisers among the inputs, which lets a caller override them and keeps runtimes from
        // folding them.
        s.graph.inputs.removeIf(i -> s.graph.initialisers.containsKey(i.getName()));
        return s.graph.build();
    }

    /** Gives every node a name of its own, so that reports and exclusions can say which one is meant. */
    private void names() {
        Set<String> taken = new HashSet<>();
        for (int i = 0; i < graph.nodes.size(); i++) {
            NodeProto node = graph.nodes.get(i);
            if (node.getName().isEmpty() || !taken.add(node.getName())) {
                String name = graph.fresh(node.getOpType() + "_" + i);
                taken.add(name);
                graph.nodes.set(i, node.toBuilder().setName(name).build());
            }
        }
    }

    private void constants() {
        List<NodeProto> kept = new ArrayList<>();
        for (NodeProto original : graph.nodes) {
            NodeProto node = GraphEditor.renamed(original, n -> replaced.getOrDefault(n, n));
            if (!folded(node)) {
                kept.add(node);
            }
        }
        graph.nodes.clear();
        graph.nodes.addAll(kept);
    }

    /** Whether a node is done away with by an initialiser or by what it hands through. */
    private boolean folded(NodeProto node) {
        if (node.getOutputCount() == 0) {
            return false;
        }
        String out = node.getOutput(0);
        switch (node.getOpType()) {
            case "Constant" -> {
                Optional<TensorProto> value = Attributes.tensor(node, "value").or(() -> plain(node));
                value.ifPresent(t ->
                        graph.initialisers.put(out, t.toBuilder().setName(out).build()));
                return value.isPresent();
            }
            case "Cast" -> {
                TensorProto from = graph.initialisers.get(node.getInput(0));
                DataType to = DataType.of((int) Attributes.integer(node, "to", 0));
                if (from == null || to != DataType.FLOAT || !isFloating(from)) {
                    return false;
                }
                long[] dims =
                        from.getDimsList().stream().mapToLong(Long::longValue).toArray();
                graph.initialisers.put(out, TensorBytes.floatTensor(out, model.floats(from), dims));
                return true;
            }
            case "Identity", "Dropout" -> {
                boolean second = node.getOutputCount() > 1 && !node.getOutput(1).isEmpty();
                if (fixed.contains(out) || second || isTraining(node)) {
                    return false;
                }
                replaced.put(out, node.getInput(0));
                return true;
            }
            default -> {
                return false;
            }
        }
    }

    /** Whether a node does something in inference that it is meant to do in training alone. */
    private boolean isTraining(NodeProto node) {
        if (node.getOpType().equals("Dropout")
                && node.getInputCount() > 2
                && !node.getInput(2).isEmpty()) {
            TensorProto mode = graph.initialisers.get(node.getInput(2));
            return mode == null || model.bytes(mode).get(0) != 0;
        }
        return Attributes.integer(node, "training_mode", 0) != 0;
    }

    private static boolean isFloating(TensorProto t) {
        return switch (DataType.of(t.getDataType())) {
            case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> true;
            default -> false;
        };
    }

    private static Optional<TensorProto> plain(NodeProto node) {
        return Attributes.find(node, "value_floats")
                .map(a -> TensorBytes.floatTensor("", floats(a), a.getFloatsCount()))
                .or(() -> Attributes.find(node, "value_float")
                        .map(a -> TensorBytes.floatTensor("", new float[] {a.getF()})))
                .or(() -> Attributes.find(node, "value_int").map(a -> TensorBytes.longScalar("", a.getI())))
                .or(() -> Attributes.find(node, "value_ints")
                        .map(a -> TensorBytes.longTensor("", Attributes.integers(node, "value_ints"))));
    }

    private static float[] floats(AttributeProto list) {
        float[] values = new float[list.getFloatsCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.getFloats(i);
        }
        return values;
    }

    private void batchNorms() {
        Map<String, Integer> uses = graph.uses();
        Map<String, Integer> at = new HashMap<>();
        List<NodeProto> kept = new ArrayList<>();
        for (NodeProto node : graph.nodes) {
            Integer conv = node.getOpType().equals("BatchNormalization") ? at.get(node.getInput(0)) : null;
            if (conv != null && uses.getOrDefault(node.getInput(0), 0) == 1 && !graph.isOutput(node.getInput(0))) {
                Optional<NodeProto> joined = join(kept.get(conv), node);
                if (joined.isPresent()) {
                    kept.set(conv, joined.get());
                    continue;
                }
            }
            if (node.getOpType().equals("Conv") && node.getOutputCount() > 0) {
                at.put(node.getOutput(0), kept.size());
            }
            kept.add(node);
        }
        graph.nodes.clear();
        graph.nodes.addAll(kept);
    }

    /** The convolution with the scale and shift of the batch normalisation in its weights and bias, summed in float64. */
    private Optional<NodeProto> join(NodeProto conv, NodeProto norm) {
        boolean outputs =
                isTraining(norm) || norm.getOutputList().stream().skip(1).anyMatch(o -> !o.isEmpty());
        TensorProto weight = graph.initialisers.get(conv.getInput(1));
        boolean biased = conv.getInputCount() > 2 && !conv.getInput(2).isEmpty();
        if (outputs || weight == null || weight.getDataType() != DataType.FLOAT.number() || norm.getInputCount() != 5) {
            return Optional.empty();
        }
        float[][] p = new float[4][];
        for (int i = 0; i < 4; i++) {
            TensorProto t = graph.initialisers.get(norm.getInput(i + 1));
            if (t == null) {
                return Optional.empty();
            }
            p[i] = model.floats(t);
        }
        TensorProto biasTensor = biased ? graph.initialisers.get(conv.getInput(2)) : null;
        int channels = weight.getDimsCount() == 0 ? 0 : (int) weight.getDims(0);
        float[] w = model.floats(weight);
        float[] bias = biasTensor == null ? new float[channels] : model.floats(biasTensor);
        if ((biased && biasTensor == null) || channels == 0 || p[0].length != channels || bias.length != channels) {
            return Optional.empty();
        }
        double epsilon = Attributes.find(norm, "epsilon").map(a -> a.getF()).orElse(1e-5f);
        int each = w.length / channels;
        float[] b = new float[channels];
        for (int c = 0; c < channels; c++) {
            double factor = p[0][c] / Math.sqrt(p[3][c] + epsilon);
            b[c] = (float) ((bias[c] - p[2][c]) * factor + p[1][c]);
            for (int i = c * each; i < (c + 1) * each; i++) {
                w[i] = (float) (w[i] * factor);
            }
        }
        long[] dims = weight.getDimsList().stream().mapToLong(Long::longValue).toArray();
        String weightName = graph.add(TensorBytes.floatTensor(conv.getInput(1) + ".folded", w, dims));
        String biasName = graph.add(TensorBytes.floatTensor(conv.getInput(1) + ".folded_bias", b, channels));
        return Optional.of(conv.toBuilder()
                .clearInput()
                .addInput(conv.getInput(0))
                .addInput(weightName)
                .addInput(biasName)
                .setOutput(0, norm.getOutput(0))
                .build());
    }
}

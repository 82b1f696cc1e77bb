package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Writes int8 as ONNX Runtime's CPU kernels want it: activations in unsigned 8 bits, a quantise/dequantise pair after every operator, weights
 * by output channel, bias in int32. ONNX Runtime then replaces each operator between pairs by its integer kernel; an operator without
 * pairs on all sides stays float. Confined, used once.
 */
final class OrtQdqEmitter extends QdqEmitter {
    /** Operators beside the layers that have an integer kernel and compute something new. */
    private static final Set<String> COMPUTING =
            Set.of("Add", "Mul", "Sigmoid", "LeakyRelu", "AveragePool", "GlobalAveragePool", "Concat");

    /** Operators whose float weights ONNX Runtime rounds by itself, with one scale for all channels, where they stand between pairs. */
    private static final Set<String> FROM_FLOAT = Set.of("Conv", "ConvTranspose", "Gemm");

    private final Set<String> quantised = new HashSet<>();
    /** Rectifiers that become part of the layer before them. */
    private final Set<String> rectifiers = new HashSet<>();

    private OrtQdqEmitter(Calibration calibration, RangeMethod method, int topWeight, Predicate<String> excluded) {
        super(calibration, method, topWeight, excluded, DataType.UINT8);
    }

    static OnnxModel emit(Calibration calibration, RangeMethod method, int topWeight, Predicate<String> excluded) {
        OrtQdqEmitter e = new OrtQdqEmitter(calibration, method, topWeight, excluded);
        e.choose();
        e.measure();
        e.write();
        return e.graph.build();
    }

    private void choose() {
        Map<String, Integer> uses = graph.uses();
        Set<String> rectifiable = new HashSet<>();
        for (NodeProto node : graph.nodes) {
            if (!isExcluded(node) && isRectifier(node) && rectifiable.contains(node.getInput(0))) {
                // The pair after it cuts off what is negative: the rectifier needs no kernel and the layer no pair.
                paired.remove(node.getInput(0));
                paired.add(node.getOutput(0));
                rectifiers.add(node.getName());
                continue;
            }
            if (isExcluded(node) || !isQuantisable(node)) {
                continue;
            }
            quantised.add(node.getName());
            paired.addAll(activations(node));
            node.getOutputList().stream().filter(o -> !o.isEmpty()).forEach(paired::add);
            if (isPassing(node)) {
                node.getOutputList().stream().filter(o -> !o.isEmpty()).forEach(o -> join(o, node.getInput(0)));
            }
            if (isLayer(node) && uses.getOrDefault(node.getOutput(0), 0) == 1) {
                rectifiable.add(node.getOutput(0));
            }
        }
    }

    /** ReLU, or ReLU with an upper end. */
    private boolean isRectifier(NodeProto node) {
        if (node.getOpType().equals("Relu")) {
            return true;
        }
        TensorProto least =
                node.getOpType().equals("Clip") && isConstant(node, 1) ? graph.initialiser(node.getInput(1)) : null;
        boolean open = node.getInputCount() < 3 || node.getInput(2).isEmpty() || isConstant(node, 2);
        return open && least != null && model.floats(least).length == 1 && model.floats(least)[0] == 0;
    }

    private boolean isQuantisable(NodeProto node) {
        boolean made = node.getOutputCount() > 0
                && node.getOutputList().stream().filter(o -> !o.isEmpty()).allMatch(this::isActivation);
        // Between float operators a pair would only cost time.
        boolean fed = activations(node).stream().anyMatch(paired::contains);
        return made && (isLayer(node) || (fed && (COMPUTING.contains(node.getOpType()) || isPassing(node))));
    }

    private void write() {
        List<NodeProto> written = new ArrayList<>();
        // A tensor that is made in float stays float for those that take it in float.
        Map<String, String> dequantised = new HashMap<>();
        for (String t : paired) {
            if (graph.isInput(t)) {
                pair(written, t, t, dequantised.computeIfAbsent(t, n -> graph.fresh(n + ".dq")));
            }
        }
        Map<String, String> constants = new HashMap<>();
        for (NodeProto node : graph.nodes) {
            boolean int8 = quantised.contains(node.getName());
            NodeProto.Builder changed = node.toBuilder();
            if (int8) {
                changed = GraphEditor.renamed(node, n -> dequantised.getOrDefault(n, n)).toBuilder();
                quantiseConstants(node, changed, written, constants);
            } else if (FROM_FLOAT.contains(node.getOpType()) && paired.contains(node.getInput(0))) {
                keepFromRounding(node, changed, written);
            }
            List<NodeProto> pairs = new ArrayList<>();
            for (int i = 0; i < node.getOutputCount(); i++) {
                String out = node.getOutput(i);
                if (paired.contains(out) && (int8 || rectifiers.contains(node.getName()))) {
                    String raw = graph.fresh(out + ".float");
                    changed.setOutput(i, raw);
                    pair(pairs, out, raw, out);
                } else if (paired.contains(out)) {
                    pair(pairs, out, out, dequantised.computeIfAbsent(out, n -> graph.fresh(n + ".dq")));
                }
            }
            written.add(changed.build());
            written.addAll(pairs);
        }
        graph.nodes.clear();
        graph.nodes.addAll(written);
        graph.dropUnused();
    }

    /**
     * Makes the bias of a float node one that is not constant to ONNX Runtime, which then leaves the node alone: its WeightBiasQuantization
     * takes constant ones, and constants are not folded across a dequantisation. 31 bits lose nothing that float32 has.
     */
    private void keepFromRounding(NodeProto node, NodeProto.Builder changed, List<NodeProto> written) {
        if (!isConstant(node, 1) || (hasBias(node) && !isConstant(node, 2))) {
            return;
        }
        String name = hasBias(node) ? node.getInput(2) : node.getName() + ".bias";
        float[] bias = hasBias(node) ? model.floats(graph.initialiser(name)) : new float[channels(node)];
        double largest = Float.MIN_NORMAL;
        for (float b : bias) {
            largest = Math.max(largest, Math.abs(b));
        }
        float step = Math.max((float) (largest / (1 << 30)), Float.MIN_NORMAL);
        int[] levels = new int[bias.length];
        for (int i = 0; i < bias.length; i++) {
            levels[i] = (int) Math.rint(bias[i] / (double) step);
        }
        long[] dims = hasBias(node) ? dims(graph.initialiser(name)) : new long[] {bias.length};
        String quantised = graph.add(TensorBytes.intTensor(name + ".q", levels, dims));
        String scale = graph.add(TensorBytes.floatTensor(name + ".scale", new float[] {step}));
        String out = graph.fresh(name + ".dq");
        written.add(node("DequantizeLinear", out, List.of(quantised, scale), out));
        List<String> inputs = List.of(node.getInput(0), node.getInput(1), out);
        changed.clearInput().addAllInput(inputs);
    }

    private int channels(NodeProto node) {
        long[] weights = dims(graph.initialiser(node.getInput(1)));
        return (int)
                switch (node.getOpType()) {
                    case "ConvTranspose" -> weights[1] * Attributes.integer(node, "group", 1);
                    case "Gemm" -> weights[Attributes.integer(node, "transB", 0) != 0 ? 0 : 1];
                    default -> weights[0];
                };
    }

    private void quantiseConstants(
            NodeProto node, NodeProto.Builder changed, List<NodeProto> written, Map<String, String> constants) {
        if (isLayer(node)) {
            QuantisedWeight weight = weight(node, true, 0);
            changed.setInput(1, weight.writeWeights(graph, written, node.getInput(1)));
            if (hasBias(node)) {
                changed.setInput(2, weight.writeBias(graph, written, node.getInput(2)));
            }
            return;
        }
        for (int i = 0; i < node.getInputCount() && COMPUTING.contains(node.getOpType()); i++) {
            if (isConstant(node, i)) {
                changed.setInput(i, constants.computeIfAbsent(node.getInput(i), c -> constant(written, c)));
            }
        }
    }
}

package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
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

    private final Set<String> quantised = new HashSet<>();

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
            if (isRectifier(node) && rectifiable.contains(node.getInput(0))) {
                // The pair after it cuts off what is negative: the rectifier needs no kernel and the layer no pair.
                paired.remove(node.getInput(0));
                paired.add(node.getOutput(0));
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
        return least != null && model.floats(least).length == 1 && model.floats(least)[0] == 0;
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
        Map<String, String> renamed = new HashMap<>();
        for (String t : paired) {
            if (graph.isInput(t)) {
                renamed.put(t, graph.fresh(t + ".dq"));
                pair(written, t, t, renamed.get(t));
            }
        }
        Map<String, String> constants = new HashMap<>();
        for (NodeProto node : graph.nodes) {
            NodeProto.Builder changed = GraphEditor.renamed(node, n -> renamed.getOrDefault(n, n)).toBuilder();
            if (quantised.contains(node.getName())) {
                quantiseConstants(node, changed, written, constants);
            }
            Map<String, String> raw = new LinkedHashMap<>();
            for (int i = 0; i < node.getOutputCount(); i++) {
                String out = node.getOutput(i);
                if (paired.contains(out)) {
                    raw.put(out, graph.fresh(out + ".float"));
                    changed.setOutput(i, raw.get(out));
                }
            }
            written.add(changed.build());
            raw.forEach((name, from) -> pair(written, name, from, name));
        }
        graph.nodes.clear();
        graph.nodes.addAll(written);
        graph.dropUnused();
    }

    private void quantiseConstants(
            NodeProto node, NodeProto.Builder changed, List<NodeProto> written, Map<String, String> constants) {
        if (isLayer(node)) {
            QuantisedWeight weight = weight(node);
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

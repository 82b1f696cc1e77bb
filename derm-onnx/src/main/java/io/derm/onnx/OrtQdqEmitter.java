package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Writes int8 as ONNX Runtime's CPU kernels want it: activations in unsigned 8 bits, a quantise/dequantise pair after every operator, weights
 * by output channel, bias in int32. ONNX Runtime then replaces each operator between pairs by its integer kernel; an operator without
 * pairs on all sides stays float. Confined, used once.
 */
final class OrtQdqEmitter {
    /** Operators that have an integer kernel and compute something new. */
    private static final Set<String> COMPUTING = Set.of(
            "Conv",
            "Gemm",
            "MatMul",
            "Add",
            "Mul",
            "Sigmoid",
            "LeakyRelu",
            "AveragePool",
            "GlobalAveragePool",
            "Concat");

    /** Operators whose results are among their inputs: one scale serves both sides. */
    private static final Set<String> PASSING =
            Set.of("MaxPool", "Resize", "Slice", "Split", "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze");

    private final Calibration calibration;
    private final RangeMethod method;
    private final int topWeight;
    private final Predicate<String> excluded;
    private final OnnxModel model;
    private final GraphEditor graph;
    private final Set<String> quantisedNodes = new HashSet<>();
    /** Tensors that get a pair. */
    private final Set<String> paired = new LinkedHashSet<>();

    private final Map<String, String> groups = new HashMap<>();
    private final Map<String, Range> ranges = new HashMap<>();
    private final Map<String, String> scales = new HashMap<>();
    private final Map<String, String> zeroPoints = new HashMap<>();

    private OrtQdqEmitter(Calibration calibration, RangeMethod method, int topWeight, Predicate<String> excluded) {
        this.calibration = calibration;
        this.method = method;
        this.topWeight = topWeight;
        this.excluded = excluded;
        this.model = calibration.model();
        this.graph = new GraphEditor(model);
    }

    /**
     * Writes the calibrated model in int8.
     *
     * @param topWeight the largest level of a weight, up to 127
     * @param excluded tells nodes that stay float, by name
     */
    static OnnxModel emit(Calibration calibration, RangeMethod method, int topWeight, Predicate<String> excluded) {
        OrtQdqEmitter e = new OrtQdqEmitter(calibration, method, topWeight, excluded);
        e.choose();
        e.measure();
        e.write();
        return e.graph.build();
    }

    private boolean isActivation(String tensor) {
        return calibration.tensors().contains(tensor);
    }

    private void choose() {
        Map<String, Integer> uses = graph.uses();
        Map<String, NodeProto> rectified = new HashMap<>();
        for (NodeProto node : graph.nodes) {
            boolean rectifies = node.getOpType().equals("Relu") || isClipFromZero(node);
            NodeProto before =
                    rectifies ? model.graph().producer(node.getInput(0)).orElse(null) : null;
            if (before != null
                    && quantisedNodes.contains(before.getName())
                    && rectified.containsKey(node.getInput(0))) {
                // The pair after it cuts off what is negative: the rectifier needs no kernel and the convolution no
                // pair.
                paired.remove(node.getInput(0));
                paired.add(node.getOutput(0));
                continue;
            }
            if (excluded.test(node.getName()) || !isQuantisable(node)) {
                continue;
            }
            quantisedNodes.add(node.getName());
            activations(node).forEach(paired::add);
            node.getOutputList().stream().filter(o -> !o.isEmpty()).forEach(paired::add);
            if (node.getOpType().equals("Conv") && uses.getOrDefault(node.getOutput(0), 0) == 1) {
                rectified.put(node.getOutput(0), node);
            }
        }
    }

    private List<String> activations(NodeProto node) {
        return node.getInputList().stream().filter(this::isActivation).toList();
    }

    private boolean isClipFromZero(NodeProto node) {
        if (!node.getOpType().equals("Clip") || node.getInputCount() < 2) {
            return false;
        }
        TensorProto least = graph.initialisers.get(node.getInput(1));
        return least != null && model.floats(least).length == 1 && model.floats(least)[0] == 0;
    }

    private boolean isQuantisable(NodeProto node) {
        boolean floats = node.getOutputCount() > 0
                && node.getOutputList().stream().filter(o -> !o.isEmpty()).allMatch(this::isActivation)
                && !activations(node).isEmpty();
        boolean fed = activations(node).stream().anyMatch(paired::contains);
        return floats
                && switch (node.getOpType()) {
                    case "Conv" ->
                        isWeight(node, 1)
                                && (node.getInputCount() < 3 || graph.initialisers.containsKey(node.getInput(2)));
                    case "Gemm" ->
                        isWeight(node, 1)
                                && Attributes.find(node, "alpha")
                                        .map(a -> a.getF() == 1)
                                        .orElse(true)
                                && Attributes.find(node, "beta")
                                        .map(a -> a.getF() == 1)
                                        .orElse(true)
                                && Attributes.integer(node, "transA", 0) == 0;
                    case "MatMul" -> isWeight(node, 1) && fed;
                    default -> fed && (COMPUTING.contains(node.getOpType()) || PASSING.contains(node.getOpType()));
                };
    }

    private boolean isWeight(NodeProto node, int input) {
        TensorProto t = input < node.getInputCount() ? graph.initialisers.get(node.getInput(input)) : null;
        return t != null && t.getDataType() == DataType.FLOAT.number();
    }

    /** One range for the tensors on both sides of a passing operator. */
    private void measure() {
        for (NodeProto node : graph.nodes) {
            if (quantisedNodes.contains(node.getName()) && PASSING.contains(node.getOpType())) {
                node.getOutputList().stream()
                        .filter(o -> !o.isEmpty())
                        .forEach(o -> groups.put(root(o), root(node.getInput(0))));
            }
        }
        for (String t : paired) {
            ranges.merge(root(t), calibration.range(t, method), Range::union);
        }
    }

    private String root(String tensor) {
        String at = tensor;
        while (groups.containsKey(at) && !groups.get(at).equals(at)) {
            at = groups.get(at);
        }
        return at;
    }

    private Range range(String tensor) {
        return ranges.getOrDefault(root(tensor), new Range(0, 0));
    }

    private void write() {
        List<NodeProto> written = new ArrayList<>();
        Map<String, String> renamed = new HashMap<>();
        for (String t : paired) {
            if (graph.isInput(t)) {
                String pair = graph.fresh(t + ".dq");
                pair(written, t, t, pair);
                renamed.put(t, pair);
            }
        }
        Map<String, String> constants = new LinkedHashMap<>();
        for (NodeProto node : graph.nodes) {
            NodeProto.Builder changed = GraphEditor.renamed(node, n -> renamed.getOrDefault(n, n)).toBuilder();
            if (quantisedNodes.contains(node.getName())) {
                weights(node, changed, written, constants);
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

    /** Quantises and dequantises {@code from} into {@code to} with the parameters of {@code tensor}. */
    private void pair(List<NodeProto> written, String tensor, String from, String to) {
        String quantised = graph.fresh(tensor + ".q");
        written.add(node("QuantizeLinear", quantised, List.of(from, scale(tensor), zeroPoint(tensor)), quantised));
        written.add(node(
                "DequantizeLinear",
                graph.fresh(to + ".dequantise"),
                List.of(quantised, scale(tensor), zeroPoint(tensor)),
                to));
    }

    private static NodeProto node(String op, String name, List<String> inputs, String output) {
        return NodeProto.newBuilder()
                .setOpType(op)
                .setName(name)
                .addAllInput(inputs)
                .addOutput(output)
                .build();
    }

    private String scale(String tensor) {
        return scales.computeIfAbsent(
                root(tensor),
                t -> graph.add(TensorBytes.floatTensor(t + ".scale", new float[] {range(t).scaleUint8()}).toBuilder()
                        .clearDims()
                        .build()));
    }

    private String zeroPoint(String tensor) {
        return zeroPoints.computeIfAbsent(
                root(tensor),
                t -> graph.add(TensorBytes.byteTensor(
                        t + ".zero_point", DataType.UINT8, new byte[] {(byte) range(t).zeroPointUint8()})));
    }

    private void weights(
            NodeProto node, NodeProto.Builder changed, List<NodeProto> written, Map<String, String> constants) {
        switch (node.getOpType()) {
            case "Conv", "Gemm", "MatMul" -> {
                TensorProto weight = graph.initialiser(node.getInput(1));
                boolean byChannel = node.getOpType().equals("Conv");
                boolean biased = node.getInputCount() > 2 && !node.getInput(2).isEmpty();
                float[] bias = biased ? model.floats(graph.initialiser(node.getInput(2))) : new float[0];
                QuantisedWeight q = QuantisedWeight.of(
                        model.floats(weight),
                        dims(weight),
                        topWeight,
                        byChannel,
                        bias,
                        range(node.getInput(0)).scaleUint8());
                changed.setInput(1, q.writeWeights(graph, written, node.getInput(1)));
                if (biased) {
                    changed.setInput(2, q.writeBias(graph, written, node.getInput(2)));
                }
            }
            case "Mul", "Add" -> {
                for (int i = 0; i < 2; i++) {
                    if (isWeight(node, i)) {
                        int at = i;
                        changed.setInput(
                                i,
                                constants.computeIfAbsent(node.getInput(i), c -> constant(written, node.getInput(at))));
                    }
                }
            }
            default -> {}
        }
    }

    private static long[] dims(TensorProto t) {
        return t.getDimsList().stream().mapToLong(Long::longValue).toArray();
    }

    /** A constant operand in unsigned 8 bits. */
    private String constant(List<NodeProto> written, String name) {
        TensorProto t = graph.initialiser(name);
        float[] values = model.floats(t);
        Range range = new Range(0, 0);
        for (float v : values) {
            range = range.union(new Range(Math.min(v, 0), Math.max(v, 0)));
        }
        ranges.put(name, range);
        byte[] levels = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            levels[i] = (byte)
                    Math.max(0, Math.min(255, Math.round(values[i] / range.scaleUint8()) + range.zeroPointUint8()));
        }
        String quantised = graph.add(TensorBytes.byteTensor(name + ".q", DataType.UINT8, levels, dims(t)));
        String out = graph.fresh(name + ".dq");
        written.add(node("DequantizeLinear", out, List.of(quantised, scale(name), zeroPoint(name)), out));
        return out;
    }
}

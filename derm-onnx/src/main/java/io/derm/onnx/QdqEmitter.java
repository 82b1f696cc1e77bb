package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** What the two ways of writing int8 have in common: which tensors share a range, and the nodes of a pair. Confined, used once. */
abstract class QdqEmitter {
    /** Operators whose results are among their inputs: one scale serves both sides. */
    private static final Set<String> PASSING =
            Set.of("MaxPool", "Resize", "Slice", "Split", "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze");

    final Calibration calibration;
    final OnnxModel model;
    final GraphEditor graph;
    /** Tensors that are quantised. */
    final Set<String> paired = new LinkedHashSet<>();

    private final RangeMethod method;
    private final int topWeight;
    private final Predicate<String> excluded;
    private final DataType type;
    private final Map<String, String> groups = new HashMap<>();
    private final Map<String, Range> ranges = new HashMap<>();
    private final Map<String, String> scales = new HashMap<>();
    private final Map<String, String> zeroPoints = new HashMap<>();

    /**
     * Prepares the emission.
     *
     * @param topWeight the largest level of a weight, up to 127
     * @param excluded tells nodes that stay float, by name
     * @param type of quantised activations: UINT8 over the range, or INT8 symmetric
     */
    QdqEmitter(Calibration calibration, RangeMethod method, int topWeight, Predicate<String> excluded, DataType type) {
        this.calibration = calibration;
        this.method = method;
        this.topWeight = topWeight;
        this.excluded = excluded;
        this.type = type;
        this.model = calibration.model();
        this.graph = new GraphEditor(model);
    }

    final boolean isExcluded(NodeProto node) {
        return excluded.test(node.getName());
    }

    static boolean isPassing(NodeProto node) {
        return PASSING.contains(node.getOpType());
    }

    final boolean isActivation(String tensor) {
        return calibration.tensors().contains(tensor);
    }

    /** The inputs whose values go into the result and are no constants. */
    final List<String> activations(NodeProto node) {
        return node.getInputList().stream()
                // What follows is sizes and places, computed ones among them.
                .limit(isPassing(node) ? 1 : Long.MAX_VALUE)
                .filter(this::isActivation)
                .toList();
    }

    /** Whether an input is a constant in float32. */
    final boolean isConstant(NodeProto node, int input) {
        TensorProto t = input < node.getInputCount() ? graph.initialisers.get(node.getInput(input)) : null;
        return t != null && t.getDataType() == DataType.FLOAT.number();
    }

    /** Whether a node multiplies an activation by constant weights in the plain way: the layers that int8 is for. */
    final boolean isLayer(NodeProto node) {
        if (node.getInputCount() < 2 || !isActivation(node.getInput(0)) || !isConstant(node, 1)) {
            return false;
        }
        boolean plainBias = node.getInputCount() < 3 || node.getInput(2).isEmpty() || isConstant(node, 2);
        return switch (node.getOpType()) {
            case "Conv" -> plainBias;
            case "Gemm" ->
                plainBias
                        && Attributes.find(node, "alpha")
                                .map(a -> a.getF() == 1)
                                .orElse(true)
                        && Attributes.find(node, "beta").map(a -> a.getF() == 1).orElse(true)
                        && Attributes.integer(node, "transA", 0) == 0
                        && (!hasBias(node) || isOneByChannel(node));
            case "MatMul" -> true;
            default -> false;
        };
    }

    /** Whether a matrix product adds one number to each of its columns, and not to each row or each element. */
    private boolean isOneByChannel(NodeProto gemm) {
        List<Long> bias = graph.initialiser(gemm.getInput(2)).getDimsList();
        int columns = Attributes.integer(gemm, "transB", 0) != 0 ? 0 : 1;
        long width = graph.initialiser(gemm.getInput(1)).getDims(columns);
        return !bias.isEmpty()
                && bias.get(bias.size() - 1) == width
                && bias.stream().limit(bias.size() - 1).allMatch(d -> d == 1);
    }

    /** Makes both tensors share a range. */
    final void join(String a, String b) {
        if (!root(a).equals(root(b))) {
            groups.put(root(a), root(b));
        }
    }

    private String root(String tensor) {
        String at = tensor;
        for (String next = groups.get(at); next != null; next = groups.get(at)) {
            at = next;
        }
        return at;
    }

    /** Reads off the ranges of the paired tensors, once all are joined. */
    final void measure() {
        for (String t : paired) {
            range(t, calibration.range(t, method));
        }
    }

    final void range(String tensor, Range range) {
        ranges.merge(root(tensor), range, Range::union);
    }

    private Range range(String tensor) {
        return ranges.getOrDefault(root(tensor), new Range(0, 0));
    }

    final float step(String tensor) {
        return type == DataType.UINT8
                ? range(tensor).scaleUint8()
                : range(tensor).scaleInt8();
    }

    private int zero(String tensor) {
        return type == DataType.UINT8 ? range(tensor).zeroPointUint8() : 0;
    }

    final String scale(String tensor) {
        return scales.computeIfAbsent(
                root(tensor), t -> graph.add(TensorBytes.floatTensor(t + ".scale", new float[] {step(t)})));
    }

    final String zeroPoint(String tensor) {
        return zeroPoints.computeIfAbsent(
                root(tensor),
                t -> graph.add(TensorBytes.byteTensor(t + ".zero_point", type, new byte[] {(byte) zero(t)})));
    }

    /** Quantises {@code from} with the parameters of {@code tensor} and dequantises it into {@code to}. */
    final void pair(List<NodeProto> written, String tensor, String from, String to) {
        String quantised = graph.fresh(tensor + ".q");
        written.add(node("QuantizeLinear", quantised, List.of(from, scale(tensor), zeroPoint(tensor)), quantised));
        String name = graph.fresh(tensor + ".dequantise");
        written.add(node("DequantizeLinear", name, List.of(quantised, scale(tensor), zeroPoint(tensor)), to));
    }

    /** A constant operand in the type of the activations; returns the name of the dequantised one. */
    final String constant(List<NodeProto> written, String name) {
        TensorProto t = graph.initialiser(name);
        float[] values = model.floats(t);
        for (float v : values) {
            range(name, new Range(Math.min(v, 0), Math.max(v, 0)));
        }
        byte[] levels = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            levels[i] = (byte) Math.max(0, Math.min(255, Math.round(values[i] / step(name)) + zero(name)));
        }
        String quantised = graph.add(TensorBytes.byteTensor(name + ".q", type, levels, dims(t)));
        String out = graph.fresh(name + ".dq");
        written.add(node("DequantizeLinear", out, List.of(quantised, scale(name), zeroPoint(name)), out));
        return out;
    }

    /**
     * The weights of a layer, and its bias where that is to be integers, rounded for the range of its input.
     *
     * @param smallest as {@link QuantisedWeight#of} has it
     */
    final QuantisedWeight weight(NodeProto layer, boolean integerBias, float smallest) {
        TensorProto weight = graph.initialiser(layer.getInput(1));
        boolean byChannel = layer.getOpType().equals("Conv")
                || (layer.getOpType().equals("Gemm") && Attributes.integer(layer, "transB", 0) != 0);
        float[] bias =
                integerBias && hasBias(layer) ? model.floats(graph.initialiser(layer.getInput(2))) : new float[0];
        return QuantisedWeight.of(
                model.floats(weight), dims(weight), topWeight, byChannel, smallest, bias, step(layer.getInput(0)));
    }

    static boolean hasBias(NodeProto layer) {
        return layer.getInputCount() > 2 && !layer.getInput(2).isEmpty();
    }

    static NodeProto node(String op, String name, List<String> inputs, String output) {
        return NodeProto.newBuilder()
                .setOpType(op)
                .setName(name)
                .addAllInput(inputs)
                .addOutput(output)
                .build();
    }

    static long[] dims(TensorProto t) {
        return t.getDimsList().stream().mapToLong(Long::longValue).toArray();
    }
}

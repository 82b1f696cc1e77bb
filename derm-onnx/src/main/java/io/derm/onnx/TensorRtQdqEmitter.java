package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Writes int8 as TensorRT's explicit quantisation wants it: symmetric int8 on the inputs of each partition of a layer and its activation, nothing
 * on its output, weights by output channel, bias in float. Of a residual sum the skipped input is quantised, so that the sum joins the
 * partition of the layer that runs last. Tensors that are concatenated share a scale. Confined, used once.
 */
final class TensorRtQdqEmitter extends QdqEmitter {
    private static final Set<String> ACTIVATIONS = Set.of(
            "Relu",
            "LeakyRelu",
            "PRelu",
            "Elu",
            "Clip",
            "Sigmoid",
            "HardSigmoid",
            "HardSwish",
            "Tanh",
            "Mish",
            "Softplus");

    /** With a constant these are part of the partition too. */
    private static final Set<String> POINTWISE = Set.of("Add", "Sub", "Mul", "Div");

    private static final int CHANNELS_OF_GROUPED = 8;
    private static final int KERNEL_OF_GROUPED = 3;
    /**
     * A channel with a scale under it, often one whose weights have died away, would keep its whole layer in float32 ({@link PrecisionRules}).
     * With this one it is rounded no more coarsely than the channel of the largest weights.
     */
    private static final float SMALLEST_SCALE = SixteenBits.FLOAT16.leastNormal();

    private final QdqGraph origins;
    private final Set<String> layers = new HashSet<>();
    /** For a residual sum, by name, which input is quantised. */
    private final Map<String, Integer> skips = new HashMap<>();

    private TensorRtQdqEmitter(Calibration calibration, RangeMethod method, Predicate<String> excluded) {
        super(calibration, method, 127, excluded, DataType.INT8);
        this.origins = new QdqGraph(model);
    }

    static OnnxModel emit(Calibration calibration, RangeMethod method, Predicate<String> excluded) {
        TensorRtQdqEmitter e = new TensorRtQdqEmitter(calibration, method, excluded);
        e.choose();
        e.measure();
        e.write();
        return e.graph.build();
    }

    private void choose() {
        for (NodeProto node : graph.nodes) {
            if (isLayer(node) && hasKernel(node) && !isExcluded(node)) {
                layers.add(node.getName());
                paired.add(node.getInput(0));
            } else if (isPassing(node) || node.getOpType().equals("Concat")) {
                for (String in : activations(node)) {
                    node.getOutputList().stream().filter(this::isActivation).forEach(out -> join(in, out));
                }
            }
        }
        for (NodeProto node : graph.nodes) {
            if (node.getOpType().equals("Add") && activations(node).size() == 2 && !isExcluded(node)) {
                skippedInput(node).ifPresent(i -> {
                    skips.put(node.getName(), i);
                    paired.add(node.getInput(i));
                });
            }
        }
    }

    /** Grouped convolutions run in int8 only with whole vectors of channels and a kernel worth it. */
    private boolean hasKernel(NodeProto layer) {
        if (!layer.getOpType().equals("Conv") || Attributes.integer(layer, "group", 1) == 1) {
            return true;
        }
        List<Long> dims = graph.initialiser(layer.getInput(1)).getDimsList();
        boolean wide = dims.stream().skip(2).allMatch(d -> d >= KERNEL_OF_GROUPED);
        return dims.get(0) % CHANNELS_OF_GROUPED == 0 && wide;
    }

    /** The input that does not come straight from the layer whose partition the sum joins: the one that runs last. */
    private Optional<Integer> skippedInput(NodeProto sum) {
        Optional<NodeProto> first = main(sum.getInput(0), sum.getInput(1));
        Optional<NodeProto> second = main(sum.getInput(1), sum.getInput(0));
        if (first.equals(second)) {
            return Optional.empty();
        }
        boolean joinsFirst = second.isEmpty()
                || (first.isPresent() && graph.nodes.indexOf(first.get()) > graph.nodes.indexOf(second.get()));
        return Optional.of(joinsFirst ? 1 : 0);
    }

    /** The quantised layer out of whose partition a tensor comes, unless the other one is computed out of it and so comes later. */
    private Optional<NodeProto> main(String tensor, String other) {
        return partition(tensor).filter(n -> !origins.isAncestor(tensor, other));
    }

    /**
     * The quantised layer out of whose partition a tensor comes. Others may read the tensor too: NVIDIA's Model Optimizer does not ask
     * (build_non_residual_input_map).
     */
    private Optional<NodeProto> partition(String tensor) {
        NodeProto node = model.graph().producer(tensor).orElse(null);
        if (node == null) {
            return Optional.empty();
        }
        if (layers.contains(node.getName())) {
            return Optional.of(node);
        }
        if (ACTIVATIONS.contains(node.getOpType())) {
            return partition(node.getInput(0));
        }
        List<String> factors = activations(node);
        if (POINTWISE.contains(node.getOpType()) && factors.size() == 1) {
            return partition(factors.get(0));
        }
        if (node.getOpType().equals("Mul") && factors.size() == 2) {
            return gated(node.getInput(0), node.getInput(1)).or(() -> gated(node.getInput(1), node.getInput(0)));
        }
        return Optional.empty();
    }

    /** The layer whose output {@code x} is multiplied by an activation of itself, as in SiLU and Mish. */
    private Optional<NodeProto> gated(String x, String gate) {
        String at = gate;
        while (true) {
            NodeProto node = model.graph().producer(at).orElse(null);
            if (node == null || !ACTIVATIONS.contains(node.getOpType())) {
                return Optional.empty();
            }
            at = node.getInput(0);
            if (at.equals(x)) {
                return model.graph().producer(x).filter(n -> layers.contains(n.getName()));
            }
        }
    }

    private void write() {
        List<NodeProto> written = new ArrayList<>();
        Map<String, String> dequantised = new LinkedHashMap<>();
        for (String t : paired) {
            dequantised.put(t, graph.fresh(t + ".dq"));
            if (graph.isInput(t)) {
                pair(written, t, t, dequantised.get(t));
            }
        }
        for (NodeProto node : graph.nodes) {
            NodeProto.Builder changed = node.toBuilder();
            if (layers.contains(node.getName())) {
                changed.setInput(0, dequantised.get(node.getInput(0)));
                changed.setInput(1, weight(node, false, SMALLEST_SCALE).writeWeights(graph, written, node.getInput(1)));
            }
            Integer skip = skips.get(node.getName());
            if (skip != null) {
                changed.setInput(skip, dequantised.get(node.getInput(skip)));
            }
            written.add(changed.build());
            for (String out : node.getOutputList()) {
                String pair = dequantised.get(out);
                if (pair != null) {
                    pair(written, out, out, pair);
                }
            }
        }
        graph.nodes.clear();
        graph.nodes.addAll(written);
        graph.dropUnused();
    }
}

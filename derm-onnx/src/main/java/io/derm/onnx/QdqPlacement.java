package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.derm.onnx.QdqGraph.Edge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Where pairs may stand between operators: the latter rules of {@link TensorRtQdqCheck}. Confined, used once. */
final class QdqPlacement {
    /** Fused to the convolution or product before them. */
    private static final Set<String> UNARY = Set.of(
            "BatchNormalization",
            "Relu",
            "LeakyRelu",
            "PRelu",
            "Elu",
            "Selu",
            "Celu",
            "Sigmoid",
            "HardSigmoid",
            "HardSwish",
            "Swish",
            "Tanh",
            "Softplus",
            "Softsign",
            "Mish",
            "Gelu",
            "Erf",
            "Exp",
            "Clip",
            "Neg",
            "Abs",
            "Cast");

    private static final Set<String> BINARY = Set.of("Add", "Sub", "Mul", "Div", "Min", "Max", "Pow");
    private static final Set<String> GATES = Set.of("Sigmoid", "HardSigmoid");

    /** The same values, or a choice of them, or values between them. */
    private static final Set<String> COMMUTING = Set.of(
            "MaxPool",
            "GlobalMaxPool",
            "Resize",
            "Upsample",
            "Reshape",
            "Transpose",
            "Flatten",
            "Squeeze",
            "Unsqueeze",
            "Slice",
            "Split",
            "Gather",
            "Expand",
            "Tile",
            "Identity",
            "DepthToSpace",
            "SpaceToDepth");

    /** Besides these, what has an int8 kernel. */
    private static final Set<String> QUANTIZABLE = Set.of(
            "Conv",
            "ConvTranspose",
            "Gemm",
            "MatMul",
            "Add",
            "Mul",
            "Concat",
            "BatchNormalization",
            "Clip",
            "AveragePool",
            "GlobalAveragePool");

    private final QdqGraph graph;
    private final List<Finding> findings;
    /** The input of a residual Add that is fused to the convolution before it. */
    private final Map<String, Integer> fused = new HashMap<>();
    /** Outputs of the nodes that are fused to one before them. */
    private final Set<String> followers = new HashSet<>();

    QdqPlacement(QdqGraph graph, List<Finding> findings) {
        this.graph = graph;
        this.findings = findings;
    }

    void check() {
        graph.nodes().stream().filter(n -> n.getOpType().equals("Add")).forEach(this::residual);
        graph.nodes().stream()
                .filter(n -> TensorRtQdqCheck.WEIGHTED.contains(n.getOpType()))
                .forEach(this::partition);
        for (NodeProto node : graph.nodes()) {
            switch (node.getOpType()) {
                case "Mul" -> gate(node);
                case "Concat" -> concat(node);
                default -> {}
            }
            if (COMMUTING.contains(node.getOpType())) {
                commute(node);
            }
            consumer(node);
        }
    }

    private void add(String rule, NodeProto node, String problem) {
        findings.add(new Finding(rule, NodeCheck.label(node), problem));
    }

    private static boolean isFusible(NodeProto node) {
        return UNARY.contains(node.getOpType()) || BINARY.contains(node.getOpType());
    }

    private boolean isQuantized(NodeProto node) {
        return TensorRtQdqCheck.WEIGHTED.contains(node.getOpType())
                && graph.quantized(node, 0)
                && graph.quantized(node, 1);
    }

    /** The convolution or product that a tensor is computed by, with nothing but what is fused to it in between. */
    private Optional<NodeProto> backbone(String tensor, Set<String> seen) {
        Optional<NodeProto> producer = graph.graph().producer(tensor);
        if (!seen.add(tensor) || producer.isEmpty()) {
            return Optional.empty();
        }
        NodeProto node = producer.get();
        if (TensorRtQdqCheck.WEIGHTED.contains(node.getOpType())) {
            return producer;
        }
        return isFusible(node)
                ? graph.variable(node).stream()
                        .flatMap(e -> backbone(e.tensor(), seen).stream())
                        .findFirst()
                : Optional.empty();
    }

    private void residual(NodeProto node) {
        List<Edge> edges = graph.variable(node);
        if (edges.size() != 2) {
            return;
        }
        Edge a = edges.get(0);
        Edge b = edges.get(1);
        Optional<NodeProto> left = backbone(a.tensor(), new HashSet<>());
        Optional<NodeProto> right = backbone(b.tensor(), new HashSet<>());
        boolean canLeft = left.filter(this::isQuantized).isPresent() && !graph.isAncestor(a.tensor(), b.tensor());
        boolean canRight = right.filter(this::isQuantized).isPresent() && !graph.isAncestor(b.tensor(), a.tensor());
        if ((!canLeft && !canRight) || left.equals(right)) {
            return;
        }
        // Where both come from convolutions of their own, either may be the one that is fused.
        boolean toLeft = canLeft && (!canRight || !a.quantized());
        Edge main = toLeft ? a : b;
        Edge skip = toLeft ? b : a;
        fused.put(node.getOutput(0), main.input());
        if (!skip.quantized()) {
            add("residual", node, "the skip '" + skip.tensor() + "' is not quantised, expected so");
        }
        if (main.quantized()) {
            add("residual", node, "'" + main.tensor() + "' of the convolution is quantised, expected the skip alone");
        }
    }

    /** Nothing that is fused to the node takes what it takes through a pair. */
    private void partition(NodeProto root) {
        Set<String> inside = new HashSet<>(Set.of(root.getOutput(0)));
        List<String> todo = new ArrayList<>(inside);
        while (!todo.isEmpty()) {
            for (Edge use : graph.uses(todo.remove(todo.size() - 1))) {
                NodeProto node = use.node();
                boolean joins = fused.containsKey(node.getOutput(0))
                        ? fused.get(node.getOutput(0)) == use.input()
                        : isFusible(node) && graph.variable(node).stream().allMatch(e -> inside.contains(e.tensor()));
                if (joins && inside.add(node.getOutput(0))) {
                    followers.add(node.getOutput(0));
                    todo.add(node.getOutput(0));
                    if (!fused.containsKey(node.getOutput(0))) {
                        whole(node);
                    }
                }
            }
        }
    }

    private void whole(NodeProto node) {
        for (Edge e : graph.variable(node)) {
            if (e.quantized()) {
                add(
                        isSilu(node) ? "silu" : "partition",
                        node,
                        "takes '" + e.tensor() + "' quantised, expected no pair between operators that are fused");
            }
        }
    }

    /** Whether it is the Mul or the sigmoid of x * sigmoid(x). */
    private boolean isSilu(NodeProto node) {
        if (GATES.contains(node.getOpType())) {
            return graph.uses(node.getOutput(0)).stream().anyMatch(u -> isSilu(u.node()));
        }
        List<Edge> edges = graph.variable(node);
        return node.getOpType().equals("Mul")
                && edges.size() == 2
                && (isGateOf(edges.get(0).tensor(), edges.get(1).tensor())
                        || isGateOf(edges.get(1).tensor(), edges.get(0).tensor()));
    }

    private boolean isGateOf(String x, String gate) {
        return graph.graph()
                .producer(gate)
                .filter(n -> GATES.contains(n.getOpType()))
                .filter(n -> graph.input(n, 0).tensor().equals(x))
                .isPresent();
    }

    private void gate(NodeProto node) {
        List<Edge> edges = graph.variable(node);
        if (edges.size() == 2
                && !followers.contains(node.getOutput(0))
                && edges.get(0).quantized() != edges.get(1).quantized()) {
            add("gate", node, "one factor quantised, expected both or neither");
        }
    }

    private void concat(NodeProto node) {
        Set<List<Float>> scales = new HashSet<>();
        graph.variable(node).forEach(e -> e.dq().map(graph::scale).ifPresent(scales::add));
        if (scales.size() > 1) {
            add("concat", node, "inputs with scales " + scales + ", expected one");
        } else if (scales.size() == 1) {
            graph.uses(node.getOutput(0)).stream()
                    .flatMap(e -> e.dq().map(graph::scale).stream())
                    .filter(s -> !scales.contains(s))
                    .findFirst()
                    .ifPresent(s ->
                            add("concat", node, "output with scale " + s + ", expected " + scales + " as its inputs"));
        }
    }

    private void commute(NodeProto node) {
        Optional<List<Float>> before = graph.input(node, 0).dq().map(graph::scale);
        for (String output : node.getOutputList()) {
            for (Edge use : graph.uses(output)) {
                Optional<List<Float>> after = use.dq().map(graph::scale);
                if (before.isPresent() && after.isPresent() && !before.equals(after)) {
                    add(
                            "commute",
                            node,
                            "scale " + before.get() + " before and " + after.get() + " after, expected one");
                    return;
                }
            }
        }
    }

    private void consumer(NodeProto node) {
        for (String output : node.getOutputList()) {
            for (NodeProto q : graph.graph().consumers(output)) {
                if (QdqGraph.isQ(q) && quantizedOutput(q)) {
                    add("partition-output", node, "its output is an output of the graph quantised, expected floating");
                }
            }
        }
        boolean takes = QUANTIZABLE.contains(node.getOpType()) || COMMUTING.contains(node.getOpType());
        if (takes || followers.contains(node.getOutput(0))) {
            return;
        }
        for (Edge e : graph.variable(node)) {
            if (e.quantized()) {
                add("partition-output", node, "takes '" + e.tensor() + "' quantised, expected floating");
            }
        }
    }

    private boolean quantizedOutput(NodeProto q) {
        return graph.graph().consumers(q.getOutput(0)).stream()
                .anyMatch(dq -> QdqGraph.isDq(dq) && graph.isOutput(dq.getOutput(0)));
    }
}

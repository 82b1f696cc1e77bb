package io.derm.onnx;

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
 * A graph as it was before Q/DQ pairs were put in: what consumes a tensor directly or through a pair, and where a node's input comes
 * from. Immutable.
 */
final class QdqGraph {
    /**
     * A node's input.
     *
     * @param tensor before the pair, if there is one
     * @param dq the second of the pair
     */
    record Edge(String tensor, NodeProto node, int input, Optional<NodeProto> dq) {
        boolean quantized() {
            return dq.isPresent();
        }
    }

    private final OnnxModel model;
    private final OnnxGraph graph;
    private final Map<String, List<Edge>> uses = new HashMap<>();
    private final Set<String> outputs = new HashSet<>();

    QdqGraph(OnnxModel model) {
        this.model = model;
        this.graph = model.graph();
        graph.outputs().forEach(o -> outputs.add(o.name()));
        for (NodeProto node : nodes()) {
            for (int i = 0; i < node.getInputCount(); i++) {
                if (!node.getInput(i).isEmpty()) {
                    Edge edge = input(node, i);
                    uses.computeIfAbsent(edge.tensor(), k -> new ArrayList<>()).add(edge);
                }
            }
        }
    }

    static boolean isQ(NodeProto node) {
        return node.getOpType().equals("QuantizeLinear");
    }

    static boolean isDq(NodeProto node) {
        return node.getOpType().equals("DequantizeLinear");
    }

    OnnxGraph graph() {
        return graph;
    }

    /** The nodes but those of pairs. */
    List<NodeProto> nodes() {
        return graph.nodes().stream().filter(n -> !isQ(n) && !isDq(n)).toList();
    }

    /** Where a node's input comes from. */
    Edge input(NodeProto node, int i) {
        String tensor = node.getInput(i);
        Optional<NodeProto> dq = graph.producer(tensor).filter(QdqGraph::isDq);
        return new Edge(dq.map(this::source).orElse(tensor), node, i, dq);
    }

    /** What a DQ restores: the input of its Q, or the int8 tensor that has none. */
    String source(NodeProto dq) {
        return graph.producer(dq.getInput(0))
                .filter(QdqGraph::isQ)
                .map(q -> q.getInput(0))
                .orElse(dq.getInput(0));
    }

    boolean quantized(NodeProto node, int i) {
        return i < node.getInputCount() && input(node, i).quantized();
    }

    /** What takes the tensor, directly or through a pair. */
    List<Edge> uses(String tensor) {
        return uses.getOrDefault(tensor, List.of());
    }

    /** The inputs of a node that are computed, whether quantised or not. */
    List<Edge> variable(NodeProto node) {
        List<Edge> edges = new ArrayList<>();
        for (int i = 0; i < node.getInputCount(); i++) {
            if (!node.getInput(i).isEmpty() && constant(input(node, i).tensor()).isEmpty()) {
                edges.add(input(node, i));
            }
        }
        return edges;
    }

    boolean isOutput(String tensor) {
        return outputs.contains(tensor);
    }

    /** The tensor if its elements are in the file. */
    Optional<TensorProto> constant(String tensor) {
        return graph.initialiser(tensor).or(() -> graph.producer(tensor)
                .filter(n -> n.getOpType().equals("Constant"))
                .flatMap(n -> Attributes.tensor(n, "value")));
    }

    /** The scale of a Q or DQ; none if it is computed. */
    List<Float> scale(NodeProto node) {
        List<Float> scale = new ArrayList<>();
        constant(node.getInput(1)).ifPresent(t -> {
            for (float f : model.floats(t)) {
                scale.add(f);
            }
        });
        return scale;
    }

    /** The bytes of the zero point of a Q or DQ; none if it is left out. */
    Optional<byte[]> zeroPoint(NodeProto node) {
        return constant(node.getInputCount() > 2 ? node.getInput(2) : "").map(t -> {
            byte[] bytes = new byte[model.bytes(t).remaining()];
            model.bytes(t).get(bytes);
            return bytes;
        });
    }

    /** Whether the first tensor is needed to compute the second. */
    boolean isAncestor(String ancestor, String tensor) {
        Set<String> seen = new HashSet<>();
        List<String> todo = new ArrayList<>(List.of(tensor));
        while (!todo.isEmpty()) {
            String t = todo.remove(todo.size() - 1);
            graph.producer(t).ifPresent(p -> variable(p).stream()
                    .map(Edge::tensor)
                    .filter(seen::add)
                    .forEach(todo::add));
        }
        return seen.contains(ancestor);
    }
}

package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.derm.api.ModelException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Rewrites what changed between old operator sets and the one that a precision pass needs. */
final class OpsetUpgrade {
    /** Operators mean the same from here to 13 but for those that took their axes or sizes as attributes, and softmax. */
    private static final long OLDEST = 11;

    /** The newest one that a model can be brought to. */
    static final long NEWEST = 22;

    /** Took their axes as an attribute before 18. */
    private static final Set<String> REDUCTIONS = Set.of(
            "ReduceL1",
            "ReduceL2",
            "ReduceLogSum",
            "ReduceLogSumExp",
            "ReduceMax",
            "ReduceMean",
            "ReduceMin",
            "ReduceProd",
            "ReduceSumSquare");

    /** Operators that mean something else from an opset on, by the adapters of onnx/version_converter for 13 to 22. */
    private static final Map<String, Long> CHANGED =
            Map.of("RoiAlign", 16L, "DFT", 20L, "GridSample", 20L, "GroupNormalization", 21L);

    private static final Set<String> SOFTMAXES = Set.of("Softmax", "LogSoftmax", "Hardmax");

    private OpsetUpgrade() {}

    /**
     * The model at that operator set or a newer one.
     *
     * @param opset up to 22
     * @throws ModelException if it is older than 11, or uses something whose meaning changed in a way that is not rewritten
     */
    static OnnxModel toAtLeast(long opset, OnnxModel model) {
        if (model.opset() >= opset) {
            return model;
        }
        Optional<String> obstacle = obstacle(opset, model);
        if (obstacle.isPresent()) {
            throw refused(model, obstacle.get());
        }
        GraphEditor graph = new GraphEditor(model);
        for (int i = 0; i < graph.nodes.size(); i++) {
            NodeProto node = graph.nodes.get(i);
            if (!ModelCheck.domain(node.getDomain()).isEmpty()) {
                continue;
            }
            node = model.opset() < 13 ? to13(graph, node) : node;
            graph.nodes.set(i, model.opset() < 18 && opset >= 18 ? to18(graph, node) : node);
        }
        graph.opset(opset);
        return graph.build();
    }

    /** What keeps a model from that opset, in words; empty if nothing does. */
    static Optional<String> obstacle(long opset, OnnxModel model) {
        if (model.opset() >= opset) {
            return Optional.empty();
        }
        if (model.opset() < OLDEST || opset > NEWEST) {
            return Optional.of("operator set " + model.opset());
        }
        return model.graph().nodes().stream()
                .filter(n -> ModelCheck.domain(n.getDomain()).isEmpty())
                .flatMap(n -> obstacle(opset, model, n).stream())
                .findFirst();
    }

    private static Optional<String> obstacle(long opset, OnnxModel model, NodeProto node) {
        long from = model.opset();
        String what = node.getOpType() + " '" + node.getName() + "'";
        long changed = CHANGED.getOrDefault(node.getOpType(), 0L);
        if (from < changed && opset >= changed) {
            return Optional.of(what + ", which is another operator from " + changed + " on, in operator set " + from);
        }
        // What a graph inside reads by attributes would have to be rewritten too.
        if (opset > 13 && !GraphEditor.capturedBy(node).isEmpty()) {
            return Optional.of(what + " with a graph inside in operator set " + from);
        }
        if (from < 14 && opset >= 14 && node.getOpType().equals("BatchNormalization") && node.getOutputCount() > 1) {
            return Optional.of(what + " in training in operator set " + from);
        }
        if (from < 13) {
            for (NodeProto inner : inside(node)) {
                Optional<String> obstacle = obstacle(opset, model, inner);
                if (obstacle.isPresent()) {
                    return obstacle;
                }
            }
        }
        if (from < 13 && SOFTMAXES.contains(node.getOpType())) {
            // Before 13 all sides from the axis on are one; the same where the axis is the last.
            long axis = Attributes.integer(node, "axis", 1);
            OnnxValue x = model.graph().infer().get(node.getInput(0));
            int rank = x == null ? -1 : x.shape().rank();
            if (axis != -1 && axis != rank - 1) {
                return Optional.of(what + " over several sides in operator set " + from);
            }
        }
        return Optional.empty();
    }

    /** The nodes of the graphs that a node holds. */
    private static List<NodeProto> inside(NodeProto node) {
        return node.getAttributeList().stream()
                .flatMap(
                        a -> Stream.concat(a.hasG() ? Stream.of(a.getG()) : Stream.empty(), a.getGraphsList().stream()))
                .flatMap(g -> g.getNodeList().stream())
                .toList();
    }

    private static GraphProto to13(GraphEditor graph, GraphProto inner) {
        GraphProto.Builder changed = inner.toBuilder().clearNode();
        inner.getNodeList().forEach(n -> changed.addNode(to13(graph, n)));
        return changed.build();
    }

    private static NodeProto to13(GraphEditor graph, NodeProto outer) {
        NodeProto.Builder holding = outer.toBuilder();
        for (AttributeProto.Builder a : holding.getAttributeBuilderList()) {
            if (a.hasG()) {
                a.setG(to13(graph, a.getG()));
            }
            for (int i = 0; i < a.getGraphsCount(); i++) {
                a.setGraphs(i, to13(graph, a.getGraphs(i)));
            }
        }
        NodeProto node = holding.build();
        return switch (node.getOpType()) {
            case "Squeeze", "Unsqueeze", "ReduceSum" -> asInput(graph, node, "axes");
            case "Split" -> asInput(graph, node, "split");
            case "Dropout" -> without(node, "ratio").build();
            case "Softmax", "LogSoftmax", "Hardmax" ->
                node.toBuilder()
                        .clearAttribute()
                        .addAttribute(Attributes.integer("axis", -1))
                        .build();
            default -> node;
        };
    }

    private static NodeProto to18(GraphEditor graph, NodeProto node) {
        if (REDUCTIONS.contains(node.getOpType())) {
            return asInput(graph, node, "axes");
        }
        boolean equal = node.getOpType().equals("Split")
                && (node.getInputCount() < 2 || node.getInput(1).isEmpty());
        return equal
                ? node.toBuilder()
                        .addAttribute(Attributes.integer("num_outputs", node.getOutputCount()))
                        .build()
                : node;
    }

    private static NodeProto asInput(GraphEditor graph, NodeProto node, String attribute) {
        long[] values = Attributes.integers(node, attribute);
        if (values.length == 0) {
            return node;
        }
        return without(node, attribute)
                .addAllInput(List.of(graph.add(TensorBytes.longTensor(node.getOutput(0) + "." + attribute, values))))
                .build();
    }

    private static NodeProto.Builder without(NodeProto node, String attribute) {
        NodeProto.Builder changed = node.toBuilder().clearAttribute();
        node.getAttributeList().stream()
                .filter(a -> !a.getName().equals(attribute))
                .forEach(changed::addAttribute);
        return changed;
    }

    private static ModelException refused(OnnxModel model, String found) {
        return new ModelException(
                99,
                "Model " + model.name() + " has " + found
                        + ", expected one that can be brought to a newer operator set",
                "Export the model with opset 17.");
    }
}

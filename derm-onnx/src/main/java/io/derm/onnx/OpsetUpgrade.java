package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.derm.api.ModelException;
import java.util.List;

/** Rewrites what changed between old operator sets and the one that a precision pass needs. */
final class OpsetUpgrade {
    /** Operators mean the same from here to 13 but for those that took their axes or sizes as attributes, and softmax. */
    private static final long OLDEST = 11;

    private static final long LATEST_HANDLED = 13;

    private OpsetUpgrade() {}

    /**
     * The model at that operator set or a newer one.
     *
     * @throws ModelException if it is older than 11, or uses something whose meaning changed in a way that is not rewritten
     */
    static OnnxModel toAtLeast(long opset, OnnxModel model) {
        if (model.opset() >= opset) {
            return model;
        }
        if (model.opset() < OLDEST) {
            throw refused(model, "operator set " + model.opset());
        }
        GraphEditor graph = new GraphEditor(model);
        if (model.opset() < LATEST_HANDLED) {
            for (int i = 0; i < graph.nodes.size(); i++) {
                graph.nodes.set(i, to13(model, graph, graph.nodes.get(i)));
            }
        }
        graph.opset(opset);
        return graph.build();
    }

    private static NodeProto to13(OnnxModel model, GraphEditor graph, NodeProto node) {
        return switch (node.getOpType()) {
            case "Squeeze", "Unsqueeze", "ReduceSum" -> asInput(graph, node, "axes");
            case "Split" -> asInput(graph, node, "split");
            case "Softmax", "LogSoftmax", "Hardmax" -> {
                // Before 13 all sides from the axis on are one; the same where the axis is the last.
                long axis = Attributes.integer(node, "axis", 1);
                OnnxValue x = model.graph().infer().get(node.getInput(0));
                int rank = x == null ? -1 : x.shape().rank();
                if (axis != -1 && axis != rank - 1) {
                    throw refused(
                            model,
                            node.getOpType() + " '" + node.getName() + "' over several sides in operator set "
                                    + model.opset());
                }
                yield node.toBuilder()
                        .clearAttribute()
                        .addAttribute(Attributes.integer("axis", -1))
                        .build();
            }
            default -> node;
        };
    }

    private static NodeProto asInput(GraphEditor graph, NodeProto node, String attribute) {
        long[] values = Attributes.integers(node, attribute);
        if (values.length == 0) {
            return node;
        }
        NodeProto.Builder changed = node.toBuilder().clearAttribute();
        node.getAttributeList().stream()
                .filter(a -> !a.getName().equals(attribute))
                .forEach(changed::addAttribute);
        return changed.addAllInput(
                        List.of(graph.add(TensorBytes.longTensor(node.getOutput(0) + "." + attribute, values))))
                .build();
    }

    private static ModelException refused(OnnxModel model, String found) {
        return new ModelException(
                99,
                "Model " + model.name() + " has " + found
                        + ", expected one that can be brought to a newer operator set",
                "Export the model with opset 17.");
    }
}

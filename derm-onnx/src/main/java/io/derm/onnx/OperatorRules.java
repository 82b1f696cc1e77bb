package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What operators ask for beyond their schemas, by their documents. Confined, used once. */
final class OperatorRules {
    private static final Set<String> CONSTANTS = Set.of(
            "value",
            "sparse_value",
            "value_int",
            "value_ints",
            "value_float",
            "value_floats",
            "value_string",
            "value_strings");

    private final OnnxModel model;
    private final long opset;
    private final List<Finding> findings;

    OperatorRules(OnnxModel model, long opset, List<Finding> findings) {
        this.model = model;
        this.opset = opset;
        this.findings = findings;
    }

    void check(NodeProto node, Map<String, OnnxValue> values) {
        switch (node.getOpType()) {
            case "Constant" -> {
                long given = node.getAttributeList().stream()
                        .map(AttributeProto::getName)
                        .filter(CONSTANTS::contains)
                        .count();
                rule(given == 1, node, given + " values, expected one");
            }
            case "ConstantOfShape" ->
                Attributes.tensor(node, "value").ifPresent(t -> {
                    long n = TensorBytes.elements(model.name(), t);
                    rule(n == 1, node, "a value of " + n + " elements, expected one");
                });
            case "Cast" -> {
                long to = Attributes.integer(node, "to", 0);
                rule(to > 0, node, "to type " + to + ", expected one of TensorProto.DataType");
            }
            case "Resize" -> resize(node);
            case "Split" -> {
                boolean sizes = given(node, 1);
                boolean parts = Attributes.find(node, "num_outputs").isPresent();
                rule(opset < 18 || sizes != parts, node, "both or neither of split and num_outputs, expected one");
            }
            case "QuantizeLinear", "DequantizeLinear" -> quantization(node, values);
            default -> {}
        }
    }

    private void rule(boolean kept, NodeProto node, String problem) {
        if (!kept) {
            findings.add(new Finding("operator-rule", NodeCheck.label(node), problem));
        }
    }

    /** Whether an optional input is there; an empty initialiser stands for none, as exporters write it. */
    private boolean given(NodeProto node, int i) {
        return i < node.getInputCount()
                && !node.getInput(i).isEmpty()
                && model.graph()
                        .initialiser(node.getInput(i))
                        .map(t -> TensorBytes.elements(model.name(), t) > 0)
                        .orElse(true);
    }

    private void resize(NodeProto node) {
        if (opset < 11) {
            return;
        }
        boolean scales = given(node, 2);
        boolean sizes = given(node, 3);
        // At 11 and 12 scales cannot be left out, and only an initialiser can be seen to be empty.
        boolean seen = opset >= 13
                || (node.getInputCount() > 2
                        && model.graph().initialiser(node.getInput(2)).isPresent());
        rule(!seen || scales != sizes, node, "both or neither of scales and sizes, expected one");
        rule(
                !"tf_crop_and_resize".equals(Attributes.string(node, "coordinate_transformation_mode", ""))
                        || given(node, 1),
                node,
                "tf_crop_and_resize without roi, expected one");
    }

    /** Shapes of scale and zero point: one each, or one for each slice of an axis from opset 13, or blocks from opset 21. */
    private void quantization(NodeProto node, Map<String, OnnxValue> values) {
        Shape x = shape(node, 0, values);
        Shape scale = shape(node, 1, values);
        Shape zero = shape(node, 2, values);
        long axis = Attributes.integer(node, "axis", 1);
        long block = Attributes.integer(node, "block_size", 0);
        // One number is written as [] and as [1].
        boolean single = scale.elements() == 1 && zero.elements() == 1;
        if (scale.complete() && zero.complete() && !single && !zero.equals(scale)) {
            quantized(node, "zero point of shape " + zero + ", expected " + scale + " as the scale");
        }
        if (scale.rank() == 1 && scale.dim(0) != 1 && block == 0) {
            long slices = axis < x.rank() && axis >= -x.rank() ? x.dim((int) axis) : -1;
            if (opset < 13) {
                quantized(
                        node,
                        "a scale of shape " + scale + " at opset " + opset + ", expected one number, or opset 13");
            } else if (x.ranked() && x.rank() > 0 && (axis >= x.rank() || axis < -x.rank())) {
                quantized(node, "axis " + axis + " of a tensor of shape " + x + ", expected less");
            } else if (slices >= 0 && scale.dim(0) >= 0 && slices != scale.dim(0)) {
                quantized(node, scale.dim(0) + " scales, expected " + slices + " for axis " + axis + " of " + x);
            }
        } else if (scale.rank() > 1 && block == 0) {
            quantized(node, "a scale of shape " + scale + " without block_size, expected rank 0 or 1");
        } else if (block != 0 && scale.ranked() && x.ranked() && scale.rank() != x.rank()) {
            quantized(node, "blocks with a scale of shape " + scale + ", expected rank " + x.rank());
        }
    }

    private void quantized(NodeProto node, String problem) {
        findings.add(new Finding("quantization", NodeCheck.label(node), problem));
    }

    private static Shape shape(NodeProto node, int i, Map<String, OnnxValue> values) {
        OnnxValue value = i < node.getInputCount() ? values.get(node.getInput(i)) : null;
        return value == null ? Shape.UNKNOWN : value.shape();
    }
}

package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.derm.onnx.QdqGraph.Edge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Holds a model's Q/DQ pairs to what TensorRT fuses into int8 kernels. A model without pairs passes.
 *
 * <p>The rules, by the names that findings have:
 *
 * <ul>
 *   <li>{@code opset}: at least 13, or 19 where scales are not float32.
 *   <li>{@code int8}: quantised tensors are int8.
 *   <li>{@code zero-point}: constant and all zero, or left out.
 *   <li>{@code scale}: constant, finite and over 0.
 *   <li>{@code pair}: a Q is followed by DQ alone, with the same scale, zero point and axis, and a DQ comes after a Q or an int8
 *       initialiser, not before another Q.
 *   <li>{@code float-tensors}: only floating tensors are quantised, and none that shapes or sizes are read from.
 *   <li>{@code inputs}: a Conv, ConvTranspose, Gemm or MatMul has both factors quantised or neither.
 *   <li>{@code weights}: quantised constants are weights, and the weights of a quantised Conv are constant.
 *   <li>{@code per-channel}: only weights have several scales, along the axis of output channels.
 *   <li>{@code bias}: biases stay floating.
 *   <li>{@code grouped}: a quantised Conv in groups has a multiple of 8 output channels and kernels of 3 and more.
 *   <li>{@code partition}: no pair between a Conv, Gemm or MatMul and the batch norm, activations and pointwise operators fused to it.
 *   <li>{@code silu}: none inside of x * sigmoid(x) after one either.
 *   <li>{@code partition-output}: what is quantised goes to an operator that has an int8 kernel or hands int8 on, and is no output.
 *   <li>{@code residual}: of an Add that a quantised Conv is fused to, the other input is quantised and the Conv's is not.
 *   <li>{@code gate}: a Mul of two tensors, as in squeeze and excite, has both quantised or neither, for it is fused to neither side.
 *   <li>{@code concat}: quantised inputs of a Concat have one scale, and its output that scale too.
 *   <li>{@code commute}: what only moves or selects values, or resizes, has the same scale before and after.
 * </ul>
 *
 * <p>Sources: the TensorRT documentation, Working with Quantized Types, on the placement of Q/DQ; the placement of NVIDIA's Model
 * Optimizer for ONNX. Average pooling is not among what commutes: TensorRT has int8 kernels of it with two scales. Thread-safe.
 */
public final class TensorRtQdqCheck {
    /** What has weights or is a product of two tensors. */
    static final Set<String> WEIGHTED = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");

    private static final Set<String> BIASED = Set.of("Conv", "ConvTranspose", "Gemm");
    /** Further inputs of these are shapes, indices or limits. */
    private static final Set<String> STEERED = Set.of(
            "Reshape",
            "Resize",
            "Upsample",
            "Slice",
            "Split",
            "Pad",
            "Expand",
            "Gather",
            "Squeeze",
            "Unsqueeze",
            "Tile",
            "TopK",
            "Clip",
            "ReduceMean",
            "ReduceSum",
            "ReduceMax",
            "ConstantOfShape",
            "NonMaxSuppression");

    private final OnnxModel model;
    private final QdqGraph graph;
    private final Map<String, OnnxValue> values;
    private final List<Finding> findings = new ArrayList<>();

    private TensorRtQdqCheck(OnnxModel model) {
        this.model = model;
        this.graph = new QdqGraph(model);
        this.values = model.graph().infer();
    }

    /**
     * What keeps pairs from being fused, in no particular order; empty for a model that passes. It has to be sound by {@link ModelCheck}.
     *
     * @throws io.derm.api.ModelException if scales or zero points cannot be read
     */
    public static List<Finding> of(OnnxModel model) {
        TensorRtQdqCheck check = new TensorRtQdqCheck(model);
        check.pairs();
        for (NodeProto node : check.graph.nodes()) {
            check.weighted(node);
        }
        new QdqPlacement(check.graph, check.findings).check();
        return List.copyOf(check.findings);
    }

    private void add(String rule, NodeProto node, String problem) {
        findings.add(new Finding(rule, NodeCheck.label(node), problem));
    }

    private void pairs() {
        boolean any = false;
        for (NodeProto node : model.graph().nodes()) {
            if (QdqGraph.isQ(node)) {
                any = true;
                parameters(node, type(node.getOutput(0)));
                q(node);
            } else if (QdqGraph.isDq(node)) {
                any = true;
                // A bias in int32 is one fault, not three.
                if (!biasOnly(node)) {
                    parameters(node, type(node.getInput(0)));
                    dq(node);
                }
            }
        }
        if (any && model.opset() < 13) {
            findings.add(new Finding("opset", "model", "opset " + model.opset() + ", expected 13 or newer"));
        }
    }

    private DataType type(String tensor) {
        OnnxValue value = values.get(tensor);
        return value == null ? DataType.UNDEFINED : value.type();
    }

    private boolean biasOnly(NodeProto dq) {
        List<NodeProto> consumers = model.graph().consumers(dq.getOutput(0));
        return !consumers.isEmpty()
                && consumers.stream()
                        .allMatch(n -> BIASED.contains(n.getOpType())
                                && n.getInputList().indexOf(dq.getOutput(0)) == 2);
    }

    private void parameters(NodeProto node, DataType quantized) {
        if (quantized != DataType.INT8) {
            add("int8", node, "quantised to " + quantized.label() + ", expected int8");
        }
        List<Float> scale = graph.scale(node);
        if (scale.isEmpty()) {
            add("scale", node, "a computed scale, expected a constant");
        } else if (!scale.stream().allMatch(s -> s > 0 && Float.isFinite(s))) {
            add("scale", node, "scales " + scale + ", expected finite ones over 0");
        }
        if (type(node.getInput(1)) != DataType.FLOAT && model.opset() < 19) {
            add(
                    "opset",
                    node,
                    "scale of " + type(node.getInput(1)).label() + " at opset " + model.opset()
                            + ", expected 19 or newer");
        }
        boolean given = node.getInputCount() > 2 && !node.getInput(2).isEmpty();
        Optional<byte[]> zero = graph.zeroPoint(node);
        if (given && zero.isEmpty()) {
            add("zero-point", node, "a computed zero point, expected a constant");
        }
        zero.filter(z -> !Arrays.equals(z, new byte[z.length]))
                .ifPresent(z -> add("zero-point", node, "not 0, expected all 0"));
    }

    private void q(NodeProto q) {
        List<NodeProto> next = model.graph().consumers(q.getOutput(0));
        if (next.isEmpty() || !next.stream().allMatch(QdqGraph::isDq) || graph.isOutput(q.getOutput(0))) {
            add(
                    "pair",
                    q,
                    "goes to " + next.stream().map(NodeCheck::label).toList() + ", expected DequantizeLinear alone");
        }
        if (!type(q.getInput(0)).isFloating() && type(q.getInput(0)) != DataType.UNDEFINED) {
            add("float-tensors", q, "quantises " + type(q.getInput(0)).label() + ", expected a floating tensor");
        }
    }

    private void dq(NodeProto dq) {
        Optional<NodeProto> before = model.graph().producer(dq.getInput(0));
        if (before.filter(QdqGraph::isQ).isEmpty()
                && graph.constant(dq.getInput(0)).isEmpty()) {
            add("pair", dq, "takes '" + dq.getInput(0) + "', expected what a QuantizeLinear made, or an initialiser");
        }
        before.filter(QdqGraph::isQ)
                .filter(q -> !alike(q, dq))
                .ifPresent(q -> add(
                        "pair",
                        dq,
                        "another scale, zero point or axis than " + NodeCheck.label(q) + ", expected the same"));
        String source = graph.source(dq);
        boolean constant = graph.constant(source).isPresent();
        boolean several = graph.scale(dq).size() > 1;
        for (NodeProto node : model.graph().consumers(dq.getOutput(0))) {
            if (QdqGraph.isQ(node)) {
                add("pair", dq, "goes to " + NodeCheck.label(node) + ", expected no pair after a pair");
                continue;
            }
            for (int i = 0; i < node.getInputCount(); i++) {
                if (node.getInput(i).equals(dq.getOutput(0))) {
                    use(dq, new Edge(source, node, i, Optional.of(dq)), constant, several);
                }
            }
        }
    }

    private boolean alike(NodeProto q, NodeProto dq) {
        return graph.scale(q).equals(graph.scale(dq))
                && Arrays.equals(
                        graph.zeroPoint(q).orElse(new byte[0]),
                        graph.zeroPoint(dq).orElse(new byte[0]))
                && (graph.scale(q).size() < 2 || Attributes.integer(q, "axis", 1) == Attributes.integer(dq, "axis", 1));
    }

    private void use(NodeProto dq, Edge edge, boolean constant, boolean several) {
        NodeProto node = edge.node();
        boolean weight = WEIGHTED.contains(node.getOpType()) && edge.input() == 1;
        boolean bias = BIASED.contains(node.getOpType()) && edge.input() == 2;
        if (bias) {
            return;
        }
        if (STEERED.contains(node.getOpType()) && edge.input() > 0) {
            add("float-tensors", dq, "steers " + NodeCheck.label(node) + ", expected no pair there");
        } else if (constant && !weight) {
            add(
                    "weights",
                    dq,
                    "constant '" + edge.tensor() + "' goes to " + NodeCheck.label(node) + ", expected weights");
        }
        if (several) {
            long axis = Attributes.integer(dq, "axis", 1);
            int rank = graph.constant(edge.tensor()).map(t -> t.getDimsCount()).orElse(0);
            long expected = axis(node, rank);
            if (!constant || !weight) {
                add("per-channel", dq, graph.scale(dq).size() + " scales, expected one for what is no weight");
            } else if ((axis < 0 ? axis + rank : axis) != expected) {
                add("per-channel", dq, "axis " + axis + ", expected " + expected + " for " + NodeCheck.label(node));
            }
        }
    }

    /** The axis of output channels of a node's weights. */
    private static long axis(NodeProto node, int rank) {
        return switch (node.getOpType()) {
            case "Conv" -> 0;
            case "Gemm" -> Attributes.integer(node, "transB", 0) != 0 ? 0 : 1;
            case "MatMul" -> rank - 1L;
            default -> 1;
        };
    }

    private void weighted(NodeProto node) {
        if (!WEIGHTED.contains(node.getOpType())) {
            return;
        }
        boolean data = graph.quantized(node, 0);
        boolean weights = graph.quantized(node, 1);
        if (data != weights) {
            add("inputs", node, (data ? "only data" : "only weights") + " quantised, expected both or neither");
        }
        if (BIASED.contains(node.getOpType()) && graph.quantized(node, 2)) {
            add("bias", node, "a quantised bias, expected a floating one");
        }
        if (!node.getOpType().startsWith("Conv") || !(data && weights)) {
            return;
        }
        Edge edge = graph.input(node, 1);
        if (graph.constant(edge.tensor()).isEmpty()) {
            add("weights", node, "computed weights '" + edge.tensor() + "', expected constant ones");
            return;
        }
        List<Long> dims = graph.constant(edge.tensor()).orElseThrow().getDimsList();
        long group = Attributes.integer(node, "group", 1);
        long channels = node.getOpType().equals("Conv") ? dims.get(0) : dims.get(1) * group;
        boolean small = dims.stream().skip(2).anyMatch(k -> k < 3);
        if (group > 1 && (channels % 8 != 0 || small)) {
            add(
                    "grouped",
                    node,
                    "quantised with " + group + " groups, weights " + dims
                            + ", expected a multiple of 8 output channels and kernels of 3 or more");
        }
    }
}

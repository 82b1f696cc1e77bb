package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.derm.onnx.SmallIntegers.Known;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Types and shapes of a graph's tensors, node by node in file order, by the rules of the ONNX operator documents for the operators of
 * YOLO and EfficientNet exports. What another operator yields stays as the file declares it, or unknown. Confined, used once.
 */
final class ShapeInference {
    private final OnnxGraph graph;
    private final long batch;
    private final long opset;
    private final Map<String, OnnxValue> values = new LinkedHashMap<>();
    private final SmallIntegers integers;

    /**
     * Prepares the inference.
     *
     * @param batch taken for the first side of inputs that leave it free; -1 leaves it free
     */
    ShapeInference(OnnxModel model, OnnxGraph graph, long batch) {
        this.graph = graph;
        this.batch = batch;
        this.opset = model.opset();
        this.integers = new SmallIntegers(model, name -> value(name).shape());
    }

    Map<String, OnnxValue> run() {
        for (ValueInfoProto v : graph.proto().getInputList()) {
            put(batched(OnnxGraph.value(v)));
        }
        for (TensorProto t : graph.initialisers().values()) {
            tensor(t.getName(), t);
        }
        Map<String, OnnxValue> declared = new LinkedHashMap<>();
        graph.proto().getValueInfoList().forEach(v -> declared.put(v.getName(), OnnxGraph.value(v)));
        graph.proto().getOutputList().forEach(v -> declared.put(v.getName(), OnnxGraph.value(v)));
        for (NodeProto node : graph.nodes()) {
            boolean ours = node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx");
            List<DataType> types = new ArrayList<>();
            for (int i = 0; i < Math.min(3, node.getOutputCount()); i++) {
                types.add(ours ? TypeRules.type(node, i, opset, n -> value(n).type()) : DataType.UNDEFINED);
            }
            IntFunction<Shape> shapes = ours ? shapes(node) : i -> Shape.UNKNOWN;
            for (int i = 0; i < node.getOutputCount(); i++) {
                String name = node.getOutput(i);
                if (name.isEmpty()) {
                    continue;
                }
                OnnxValue inferred = new OnnxValue(name, types.get(Math.min(2, i)), shapes.apply(i));
                put(merge(inferred, Optional.ofNullable(declared.get(name))));
            }
            if (ours && node.getOutputCount() > 0) {
                if (node.getOpType().equals("Constant")) {
                    Attributes.tensor(node, "value").ifPresent(t -> tensor(node.getOutput(0), t));
                }
                integers.evaluate(node);
            }
        }
        return Map.copyOf(values);
    }

    private OnnxValue batched(OnnxValue v) {
        long[] dims = v.shape().toArray();
        if (dims.length == 0 || dims[0] >= 0) {
            return v;
        }
        dims[0] = batch;
        return new OnnxValue(v.name(), v.type(), Shape.of(dims));
    }

    private void tensor(String name, TensorProto t) {
        long[] dims = t.getDimsList().stream().mapToLong(Long::longValue).toArray();
        put(new OnnxValue(name, DataType.of(t.getDataType()), Shape.of(dims)));
        integers.constant(name, t);
    }

    private void put(OnnxValue v) {
        values.put(v.name(), new OnnxValue(v.name(), v.type(), ShapeRules.bounded(v.shape())));
    }

    private OnnxValue value(String name) {
        return values.getOrDefault(name, new OnnxValue(name, DataType.UNDEFINED, Shape.UNKNOWN));
    }

    private OnnxValue in(NodeProto node, int i) {
        return value(i < node.getInputCount() ? node.getInput(i) : "");
    }

    private Optional<Known> known(NodeProto node, int i) {
        return i < node.getInputCount() ? integers.get(node.getInput(i)) : Optional.empty();
    }

    /** Inferred sides go before declared ones; declared ones fill what could not be inferred. */
    private static OnnxValue merge(OnnxValue inferred, Optional<OnnxValue> declared) {
        if (declared.isEmpty()) {
            return inferred;
        }
        OnnxValue d = declared.get();
        DataType type = inferred.type() == DataType.UNDEFINED ? d.type() : inferred.type();
        Shape shape = inferred.shape();
        if (!shape.ranked()) {
            shape = d.shape();
        } else if (d.shape().rank() == shape.rank()) {
            long[] dims = shape.toArray();
            for (int i = 0; i < dims.length; i++) {
                dims[i] = dims[i] < 0 ? d.shape().dim(i) : dims[i];
            }
            shape = Shape.of(dims);
        }
        return new OnnxValue(inferred.name(), type, shape);
    }

    /** Shapes by output. Lists of inputs and attributes are gone through once a node: both they and its outputs may be long. */
    private IntFunction<Shape> shapes(NodeProto node) {
        if (node.getOpType().equals("Split")) {
            return split(node, in(node, 0).shape());
        }
        Shape first = shape(node, 0);
        Shape others = node.getOutputCount() > 1 ? shape(node, 1) : first;
        return i -> i == 0 ? first : others;
    }

    private Shape shape(NodeProto node, int output) {
        Shape x = in(node, 0).shape();
        return switch (node.getOpType()) {
            case "BatchNormalization" -> output == 0 ? x : in(node, 1).shape();
            case "LeakyRelu",
                    "Relu",
                    "PRelu",
                    "Elu",
                    "Selu",
                    "Celu",
                    "Clip",
                    "Sigmoid",
                    "HardSigmoid",
                    "HardSwish",
                    "Softplus",
                    "Softsign",
                    "Tanh",
                    "Mish",
                    "Gelu",
                    "Erf",
                    "Exp",
                    "Log",
                    "Sqrt",
                    "Reciprocal",
                    "Abs",
                    "Neg",
                    "Floor",
                    "Ceil",
                    "Round",
                    "Sign",
                    "Not",
                    "Identity",
                    "Cast",
                    "Softmax",
                    "LogSoftmax",
                    "Hardmax",
                    "Dropout",
                    "LRN",
                    "InstanceNormalization",
                    "LayerNormalization",
                    "GroupNormalization",
                    "LpNormalization",
                    "QuantizeLinear",
                    "DequantizeLinear",
                    "CumSum",
                    "IsNaN",
                    "IsInf",
                    "ScatterND",
                    "ScatterElements" -> output == 0 ? x : Shape.UNKNOWN;
            case "Mul",
                    "Add",
                    "Sub",
                    "Div",
                    "Pow",
                    "Mod",
                    "Equal",
                    "Greater",
                    "GreaterOrEqual",
                    "Less",
                    "LessOrEqual",
                    "And",
                    "Or",
                    "Xor",
                    "Min",
                    "Max",
                    "Sum",
                    "Mean",
                    "Where" -> {
                Shape all = x;
                for (int i = 1; i < node.getInputCount(); i++) {
                    all = ShapeRules.broadcast(all, in(node, i).shape());
                }
                yield all;
            }
            case "Conv", "ConvInteger" -> ShapeRules.conv(node, x, in(node, 1).shape());
            case "QLinearConv" -> ShapeRules.conv(node, x, in(node, 3).shape());
            case "ConvTranspose" ->
                ShapeRules.convTranspose(node, x, in(node, 1).shape());
            case "MaxPool", "AveragePool", "LpPool" -> ShapeRules.pool(node, x);
            case "GlobalAveragePool", "GlobalMaxPool" -> ShapeRules.global(x);
            case "Gemm" -> ShapeRules.gemm(node, x, in(node, 1).shape());
            case "MatMul", "MatMulInteger" -> ShapeRules.matMul(x, in(node, 1).shape());
            case "QLinearMatMul" -> ShapeRules.matMul(x, in(node, 3).shape());
            case "Concat" ->
                ShapeRules.concat(
                        Attributes.integer(node, "axis", 1),
                        node.getInputList().stream().map(n -> value(n).shape()).toList());
            case "Transpose" -> ShapeRules.transpose(x, Attributes.integers(node, "perm"));
            case "Flatten" -> ShapeRules.flatten(x, Attributes.integer(node, "axis", 1));
            case "Reshape" -> {
                long[] attribute = Attributes.integers(node, "shape");
                yield attribute.length > 0
                        ? ShapeRules.reshape(x, attribute, false)
                        : known(node, 1)
                                .map(k -> ShapeRules.reshape(
                                        x, k.values(), Attributes.integer(node, "allowzero", 0) != 0))
                                .orElseGet(() -> {
                                    Shape target = in(node, 1).shape();
                                    return target.complete() && target.rank() == 1 && target.dim(0) <= 16
                                            ? free((int) target.dim(0))
                                            : Shape.UNKNOWN;
                                });
            }
            case "Unsqueeze" ->
                axes(node, 1).map(a -> ShapeRules.unsqueeze(x, a)).orElse(Shape.UNKNOWN);
            case "Squeeze" ->
                node.getInputCount() > 1 && known(node, 1).isEmpty()
                        ? Shape.UNKNOWN
                        : ShapeRules.squeeze(x, axes(node, 1).orElse(new long[0]));
            case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2" ->
                node.getInputCount() > 1 && known(node, 1).isEmpty()
                        ? Shape.UNKNOWN
                        : ShapeRules.reduce(
                                x,
                                axes(node, 1).orElse(new long[0]),
                                Attributes.integer(node, "keepdims", 1) != 0,
                                Attributes.integer(node, "noop_with_empty_axes", 0) != 0);
            case "ArgMax", "ArgMin" ->
                ShapeRules.reduce(
                        x,
                        new long[] {Attributes.integer(node, "axis", 0)},
                        Attributes.integer(node, "keepdims", 1) != 0,
                        false);
            case "Slice" -> slice(node, x);
            case "Pad" -> {
                long[] pads = known(node, 1).map(Known::values).orElse(Attributes.integers(node, "pads"));
                yield node.getInputCount() > 3 ? free(x.rank()) : ShapeRules.pad(x, pads);
            }
            case "Resize", "Upsample" -> resize(node, x);
            case "Gather" -> ShapeRules.gather(x, in(node, 1).shape(), Attributes.integer(node, "axis", 0));
            case "Shape" -> !x.ranked() || node.getAttributeCount() > 0 ? free(1) : Shape.of(x.rank());
            case "Expand" ->
                known(node, 1)
                        .map(k -> ShapeRules.broadcast(x, Shape.of(k.values())))
                        .orElse(Shape.UNKNOWN);
            case "ConstantOfShape" ->
                known(node, 0).map(k -> Shape.of(k.values())).orElse(Shape.UNKNOWN);
            case "SpaceToDepth" -> ShapeRules.block(x, Attributes.integer(node, "blocksize", 1), true);
            case "DepthToSpace" -> ShapeRules.block(x, Attributes.integer(node, "blocksize", 1), false);
            case "Constant" ->
                Attributes.find(node, "value_ints")
                        .or(() -> Attributes.find(node, "value_floats"))
                        .map(a -> Shape.of(Math.max(a.getIntsCount(), a.getFloatsCount())))
                        .orElse(Attributes.tensor(node, "value").isPresent() ? Shape.UNKNOWN : Shape.of());
            default -> Shape.UNKNOWN;
        };
    }

    private static Shape free(int rank) {
        if (rank < 0) {
            return Shape.UNKNOWN;
        }
        long[] dims = new long[rank];
        Arrays.fill(dims, -1);
        return Shape.of(dims);
    }

    private Optional<long[]> axes(NodeProto node, int input) {
        long[] attribute = Attributes.integers(node, "axes");
        return attribute.length > 0
                ? Optional.of(attribute)
                : known(node, input).map(Known::values);
    }

    private Shape slice(NodeProto node, Shape x) {
        if (node.getInputCount() < 2) {
            long[] none = new long[0];
            return ShapeRules.slice(
                    x,
                    Attributes.integers(node, "starts"),
                    Attributes.integers(node, "ends"),
                    Attributes.integers(node, "axes"),
                    none);
        }
        for (int i = 1; i < node.getInputCount(); i++) {
            if (!node.getInput(i).isEmpty() && known(node, i).isEmpty()) {
                return free(x.rank());
            }
        }
        return ShapeRules.slice(
                x,
                known(node, 1).map(Known::values).orElse(new long[0]),
                known(node, 2).map(Known::values).orElse(new long[0]),
                known(node, 3).map(Known::values).orElse(new long[0]),
                known(node, 4).map(Known::values).orElse(new long[0]));
    }

    private IntFunction<Shape> split(NodeProto node, Shape x) {
        long[] sizes = known(node, 1).map(Known::values).orElse(Attributes.integers(node, "split"));
        long axis = Attributes.integer(node, "axis", 0);
        boolean unknown = node.getInputCount() > 1 && !node.getInput(1).isEmpty() && sizes.length == 0;
        return i -> unknown ? free(x.rank()) : ShapeRules.split(x, axis, sizes, i, node.getOutputCount());
    }

    private Shape resize(NodeProto node, Shape x) {
        int scalesAt = node.getOpType().equals("Upsample") || node.getInputCount() == 2 ? 1 : 2;
        if (known(node, 3).isPresent()) {
            return Attributes.integers(node, "axes").length > 0
                    ? free(x.rank())
                    : Shape.of(known(node, 3).get().values());
        }
        float[] scales = node.getInputCount() > scalesAt
                ? integers.floats(node.getInput(scalesAt))
                : Attributes.find(node, "scales")
                        .map(a -> {
                            float[] f = new float[a.getFloatsCount()];
                            for (int i = 0; i < f.length; i++) {
                                f[i] = a.getFloats(i);
                            }
                            return f;
                        })
                        .orElse(new float[0]);
        return scales.length == x.rank() ? ShapeRules.scale(x, scales) : free(x.rank());
    }
}

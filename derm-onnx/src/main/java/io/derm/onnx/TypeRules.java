package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Types of what operators make, by the ONNX operator documents. */
final class TypeRules {
    private TypeRules() {}

    /**
     * The type of an output.
     *
     * @param types of tensors by name, undefined where they are not known
     * @return undefined where it is not known
     */
    static DataType type(NodeProto node, int output, long opset, Function<String, DataType> types) {
        IntFunction<DataType> in = i -> i < node.getInputCount() ? types.apply(node.getInput(i)) : DataType.UNDEFINED;
        return switch (node.getOpType()) {
            case "Shape", "Size", "ArgMax", "ArgMin", "NonZero", "NonMaxSuppression" -> DataType.INT64;
            case "Equal",
                    "Greater",
                    "GreaterOrEqual",
                    "Less",
                    "LessOrEqual",
                    "Not",
                    "And",
                    "Or",
                    "IsNaN",
                    "IsInf",
                    "RegexFullMatch" -> DataType.BOOL;
            case "Cast", "BitCast" -> DataType.of((int) Attributes.integer(node, "to", 0));
            case "Constant" ->
                Attributes.find(node, "value_float").isPresent()
                                || Attributes.find(node, "value_floats").isPresent()
                        ? DataType.FLOAT
                        : Attributes.find(node, "value_int").isPresent()
                                        || Attributes.find(node, "value_ints").isPresent()
                                ? DataType.INT64
                                : DataType.UNDEFINED;
            case "ConstantOfShape" ->
                Attributes.tensor(node, "value")
                        .map(t -> DataType.of(t.getDataType()))
                        .orElse(DataType.FLOAT);
            case "QuantizeLinear" ->
                node.getInputCount() > 2 && !node.getInput(2).isEmpty()
                        ? in.apply(2)
                        : Attributes.find(node, "output_dtype")
                                .map(a -> DataType.of((int) a.getI()))
                                .filter(t -> t != DataType.UNDEFINED)
                                .orElse(DataType.UINT8);
            case "DequantizeLinear" ->
                opset < 19
                        ? DataType.FLOAT
                        : Attributes.find(node, "output_dtype")
                                .map(a -> DataType.of((int) a.getI()))
                                .filter(t -> t != DataType.UNDEFINED)
                                .orElse(in.apply(1));
            case "QLinearConv", "QLinearMatMul" -> in.apply(7);
            case "ConvInteger", "MatMulInteger" -> DataType.INT32;
            case "DynamicQuantizeLinear" -> output == 1 ? DataType.FLOAT : DataType.UINT8;
            case "Where" -> in.apply(1);
            case "TopK", "MaxPool" -> output == 1 ? DataType.INT64 : in.apply(0);
            case "Dropout" -> output == 1 && opset >= 10 ? DataType.BOOL : in.apply(0);
            case "Unique" -> output > 0 ? DataType.INT64 : in.apply(0);
            case "BatchNormalization" -> in.apply(output > 0 && opset >= 14 ? 3 : 0);
            case "LayerNormalization" -> output > 0 ? DataType.UNDEFINED : in.apply(0);
            case "CastLike", "RMSNormalization" -> in.apply(1);
            case "If",
                    "Loop",
                    "Scan",
                    "SequenceAt",
                    "SplitToSequence",
                    "Range",
                    "OneHot",
                    "EyeLike",
                    "RandomNormalLike",
                    "RandomUniformLike",
                    "Bernoulli",
                    "Multinomial",
                    "HannWindow",
                    "HammingWindow",
                    "BlackmanWindow",
                    "MelWeightMatrix",
                    "TfIdfVectorizer",
                    "StringSplit",
                    "Attention",
                    "LinearAttention" -> DataType.UNDEFINED;
            default -> in.apply(0);
        };
    }
}

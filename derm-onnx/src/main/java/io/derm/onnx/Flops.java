package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.function.Function;

/** Multiplications and additions of a node, a multiply-add counting as two, for the operators that do nearly all of the work. */
final class Flops {
    private Flops() {}

    /** Operations of one run; 0 for operators that are not counted, -1 where the shapes are not known. */
    static long of(NodeProto node, Function<String, Shape> shapes) {
        int weightAt =
                switch (node.getOpType()) {
                    case "Conv", "ConvInteger", "ConvTranspose", "Gemm", "MatMul", "MatMulInteger" -> 1;
                    case "QLinearConv", "QLinearMatMul" -> 3;
                    default -> -1;
                };
        if (weightAt < 0 || node.getInputCount() <= weightAt || node.getOutputCount() == 0) {
            return 0;
        }
        Shape x = shapes.apply(node.getInput(0));
        Shape w = shapes.apply(node.getInput(weightAt));
        Shape y = shapes.apply(node.getOutput(0));
        long each =
                switch (node.getOpType()) {
                    // Weights [C, O/g, kernel...]: every input element meets each of its O/g kernels.
                    case "ConvTranspose" -> w.dim(0) > 0 ? w.elements() / w.dim(0) : -1;
                    case "Conv", "ConvInteger", "QLinearConv" -> w.dim(0) > 0 ? w.elements() / w.dim(0) : -1;
                    case "Gemm" -> x.dim(Attributes.integer(node, "transA", 0) != 0 ? 0 : 1);
                    default -> x.dim(-1);
                };
        long elements = node.getOpType().equals("ConvTranspose") ? x.elements() : y.elements();
        if (each < 0 || elements < 0) {
            return -1;
        }
        return each != 0 && elements > Long.MAX_VALUE / 2 / each ? Long.MAX_VALUE : 2 * each * elements;
    }
}

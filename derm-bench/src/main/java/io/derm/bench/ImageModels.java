package io.derm.bench;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.derm.api.Model;
import io.derm.onnx.OnnxModel;

/**
 * Models that do next to nothing with an image, so that what a run of one costs is bringing the pixels into its tensor: float32 NCHW
 * [N,3,H,W] in.
 */
final class ImageModels {
    private ImageModels() {}

    /** Gives the tensor as it is. */
    static Model identity(int width, int height) {
        return model(
                "identity.onnx",
                GraphProto.newBuilder()
                        .addOutput(value("y", "N", 3, height, width))
                        .addNode(NodeProto.newBuilder()
                                .setOpType("Identity")
                                .addInput("x")
                                .addOutput("y")),
                width,
                height);
    }

    /** Gives the first number of the tensor, [1,1,1,1]: a run that costs nothing which grows with the image. */
    static Model firstNumber(int width, int height) {
        return model(
                "first-number.onnx",
                GraphProto.newBuilder()
                        .addOutput(value("y", "M", 1, 1, 1))
                        .addInitializer(integers("starts", 0))
                        .addInitializer(integers("ends", 1))
                        .addNode(NodeProto.newBuilder()
                                .setOpType("Slice")
                                .addInput("x")
                                .addInput("starts")
                                .addInput("ends")
                                .addOutput("y")),
                width,
                height);
    }

    private static TensorProto integers(String name, long value) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .addDims(4);
        for (int i = 0; i < 4; i++) {
            tensor.addInt64Data(value);
        }
        return tensor.build();
    }

    private static ValueInfoProto value(String name, String batch, int... sides) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        shape.addDimBuilder().setDimParam(batch);
        for (int side : sides) {
            shape.addDimBuilder().setDimValue(side);
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT.getNumber())
                                .setShape(shape)))
                .build();
    }

    private static Model model(String name, GraphProto.Builder graph, int width, int height) {
        return OnnxModel.of(
                        name,
                        ModelProto.newBuilder()
                                .setIrVersion(8)
                                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                                .setGraph(graph.setName("image").addInput(value("x", "N", 3, height, width)))
                                .build())
                .toModel();
    }
}

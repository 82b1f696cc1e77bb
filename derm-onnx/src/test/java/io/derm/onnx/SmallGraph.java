package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/** Models of a few nodes, for tests. */
final class SmallGraph {
    final ModelProto.Builder model;
    final GraphProto.Builder graph;
    private final Random random = new Random(7);

    SmallGraph(long opset, long ir) {
        model = ModelProto.newBuilder()
                .setIrVersion(ir)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset));
        graph = model.getGraphBuilder().setName("small");
    }

    SmallGraph input(String name, DataType type, long... dims) {
        graph.addInput(OnnxGraph.declare(new OnnxValue(name, type, Shape.of(dims))));
        return this;
    }

    SmallGraph output(String name, DataType type, long... dims) {
        graph.addOutput(OnnxGraph.declare(new OnnxValue(name, type, Shape.of(dims))));
        return this;
    }

    /** An initialiser of small random floats. */
    SmallGraph floats(String name, long... dims) {
        float[] values = new float[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.1f + random.nextFloat();
        }
        graph.addInitializer(TensorBytes.floatTensor(name, values, dims));
        return this;
    }

    /** An initialiser of these floats; a scalar if {@code dims} is empty. */
    SmallGraph floats(String name, float[] values, long... dims) {
        graph.addInitializer(TensorBytes.floatTensor(name, values, dims));
        return this;
    }

    SmallGraph longs(String name, long... values) {
        graph.addInitializer(TensorBytes.longTensor(name, values));
        return this;
    }

    /** An initialiser of bytes that are all {@code value}. */
    SmallGraph bytes(String name, DataType type, int value, long... dims) {
        byte[] raw = new byte[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
        Arrays.fill(raw, (byte) value);
        graph.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(type.number())
                .addAllDims(Arrays.stream(dims).boxed().toList())
                .setRawData(ByteString.copyFrom(raw)));
        return this;
    }

    /** A node that makes {@code output}; an empty input is one left out. */
    NodeProto.Builder node(String operator, String output, String... inputs) {
        return graph.addNodeBuilder()
                .setOpType(operator)
                .setName(output)
                .addAllInput(Arrays.asList(inputs))
                .addOutput(output);
    }

    /** Quantises a float initialiser for int8: a scale for each slice of {@code axis}, or one if that is negative, then Q and DQ. */
    SmallGraph quantize(String output, String x, float scale, int axis, int slices) {
        float[] scales = new float[axis < 0 ? 1 : slices];
        Arrays.fill(scales, scale);
        long[] dims = axis < 0 ? new long[0] : new long[] {slices};
        floats(output + "_scale", scales, dims);
        bytes(output + "_zero", DataType.INT8, 0, dims);
        NodeProto.Builder q = node("QuantizeLinear", output + "_q", x, output + "_scale", output + "_zero");
        NodeProto.Builder dq = node("DequantizeLinear", output, output + "_q", output + "_scale", output + "_zero");
        if (axis >= 0) {
            q.addAttribute(integer("axis", axis));
            dq.addAttribute(integer("axis", axis));
        }
        return this;
    }

    /** The node of that name. */
    NodeProto.Builder node(String name) {
        return graph.getNodeBuilderList().stream()
                .filter(n -> n.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** The initialiser of that name. */
    TensorProto.Builder tensor(String name) {
        return graph.getInitializerBuilderList().stream()
                .filter(t -> t.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    OnnxModel build() {
        return OnnxModel.of("small.onnx", model.build());
    }

    static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto floating(String name, float value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.FLOAT)
                .setF(value)
                .build();
    }

    static AttributeProto integers(String name, long... values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INTS)
                .addAllInts(Arrays.stream(values).boxed().toList())
                .build();
    }

    static AttributeProto text(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    static AttributeProto tensor(String name, TensorProto value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.TENSOR)
                .setT(value)
                .build();
    }

    /** The tensor as float16, for values that it holds exactly enough. */
    static TensorProto half(TensorProto t) {
        ByteBuffer from = t.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer to = ByteBuffer.allocate(from.remaining() / 2).order(ByteOrder.LITTLE_ENDIAN);
        while (from.hasRemaining()) {
            int bits = Float.floatToRawIntBits(from.getFloat());
            // Zero and normal numbers only: sign, exponent less 112, the upper ten bits of the fraction.
            int magnitude = bits << 1 == 0 ? 0 : (bits >>> 13 & 0x3ffff) - (112 << 10);
            to.putShort((short) ((bits >>> 16 & 0x8000) | magnitude));
        }
        return t.toBuilder()
                .setDataType(DataType.FLOAT16.number())
                .setRawData(ByteString.copyFrom(to.flip()))
                .build();
    }
}

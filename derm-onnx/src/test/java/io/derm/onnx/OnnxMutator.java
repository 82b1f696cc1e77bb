package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Changes ONNX models as graphs, as protobuf fields and as bytes. Immutable, thread-safe. */
final class OnnxMutator {
    private static final String[] OPERATORS = {
        "Conv",
        "ConvInteger",
        "QLinearConv",
        "ConvTranspose",
        "MaxPool",
        "AveragePool",
        "GlobalAveragePool",
        "Gemm",
        "MatMul",
        "QLinearMatMul",
        "Concat",
        "Transpose",
        "Flatten",
        "Reshape",
        "Unsqueeze",
        "Squeeze",
        "ReduceMean",
        "ArgMax",
        "Slice",
        "Split",
        "Pad",
        "Resize",
        "Upsample",
        "Gather",
        "Shape",
        "Expand",
        "ConstantOfShape",
        "SpaceToDepth",
        "DepthToSpace",
        "Constant",
        "Identity",
        "Cast",
        "Relu",
        "BatchNormalization",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Where",
        "Dropout",
        "TopK",
        "QuantizeLinear",
        "DequantizeLinear",
        "If",
        "Loop",
        "NonMaxSuppression",
        "Unheard",
        ""
    };
    private static final String[] ATTRIBUTES = {
        "axis",
        "axes",
        "perm",
        "shape",
        "split",
        "pads",
        "kernel_shape",
        "strides",
        "dilations",
        "group",
        "starts",
        "ends",
        "scales",
        "blocksize",
        "value",
        "value_int",
        "value_ints",
        "value_float",
        "value_floats",
        "to",
        "keepdims",
        "noop_with_empty_axes",
        "allowzero",
        "auto_pad",
        "ceil_mode",
        "output_padding",
        "output_shape",
        "transA",
        "transB",
        "then_branch"
    };
    private static final String[] LOCATIONS = {
        "w.bin",
        "w.bin",
        "w.bin",
        "w.bin",
        "w.bin",
        "sub/../w.bin",
        "../w.bin",
        "./w.bin",
        "sub",
        "sub/w.bin",
        "sub/link",
        "link",
        "loop",
        ".",
        "/",
        "/w.bin",
        "C:\\w.bin",
        "C:w.bin",
        "empty.bin",
        "model.onnx",
        "missing.bin",
        "a\nb\\c"
    };

    /** What is read takes memory in proportion. Beyond this an honest file would come near the limit that a forged one must not pass. */
    private static final int MAX = 1 << 20;

    private final List<ModelProto> seeds;

    OnnxMutator(List<ModelProto> seeds) {
        this.seeds = List.copyOf(seeds);
    }

    byte[] mutate(Choices c) {
        ModelProto.Builder model = c.pick(seeds).toBuilder();
        boolean graph = !c.oneIn(5);
        if (graph) {
            GraphProto.Builder g = model.getGraphBuilder();
            for (int n = 1 + c.below(c.oneIn(4) ? 12 : 3); n > 0; n--) {
                graph(g, c);
            }
            if (c.oneIn(16)) {
                header(model, c);
            }
        }
        byte[] bytes = model.build().toByteArray();
        if (!graph || c.oneIn(5)) {
            WireMessage wire = WireMessage.parse(bytes, 0);
            if (wire != null) {
                for (int n = 1 + c.below(3); n > 0; n--) {
                    wire.mutate(c);
                }
                bytes = wire.bytes();
            }
        }
        byte[] out = c.oneIn(10) ? c.scramble(bytes) : bytes;
        return out.length > MAX ? Arrays.copyOf(out, MAX) : out;
    }

    /** As often as asked for, unless the whole would be far too long to be read. */
    private static int times(int asked, int size) {
        return Math.min(asked, 1 + MAX / (1 + size));
    }

    private void header(ModelProto.Builder model, Choices c) {
        switch (c.below(5)) {
            case 0 -> model.setIrVersion(c.number());
            case 1 ->
                model.addOpsetImport(OperatorSetIdProto.newBuilder()
                        .setDomain(c.pick("", "ai.onnx", "x", c.text()))
                        .setVersion(c.number()));
            case 2 -> {
                for (int n = c.many(12); n > 0; n--) {
                    model.addMetadataProps(StringStringEntryProto.newBuilder()
                            .setKey("derm." + c.pick(Choices.TEXTS))
                            .setValue(c.pick(Choices.TEXTS)));
                }
            }
            case 3 -> model.setProducerName(c.text());
            default -> model.clearGraph();
        }
    }

    private void graph(GraphProto.Builder g, Choices c) {
        switch (c.below(16)) {
            case 0, 1, 2 -> {
                if (g.getInitializerCount() > 0) {
                    tensor(g.getInitializerBuilder(c.below(g.getInitializerCount())), c);
                }
            }
            case 3 -> {
                TensorProto.Builder t =
                        TensorProto.newBuilder().setName(name(g, c)).setDataType(c.below(24));
                tensor(t, c);
                TensorProto built = t.build();
                for (int n = times(c.many(13), built.getSerializedSize()); n > 0; n--) {
                    g.addInitializer(built);
                }
            }
            case 4 -> constant(g, c);
            case 5 -> {
                if (g.getInputCount() > 0) {
                    g.setInput(c.below(g.getInputCount()), info(g, c));
                }
            }
            case 6 -> {
                switch (c.below(3)) {
                    case 0 -> g.addInput(info(g, c));
                    case 1 -> g.addOutput(info(g, c));
                    default -> g.addValueInfo(info(g, c));
                }
            }
            case 7 -> {
                if (g.getNodeCount() > 0) {
                    NodeProto n = g.getNode(c.below(g.getNodeCount()));
                    int times = times(c.many(12), n.getSerializedSize());
                    for (int i = 0; i < times; i++) {
                        g.addNode(n);
                    }
                }
            }
            case 8 -> chain(g, c);
            case 9 -> {
                if (g.getNodeCount() > 0) {
                    g.removeNode(c.below(g.getNodeCount()));
                }
            }
            case 10 -> {
                NodeProto.Builder n = NodeProto.newBuilder();
                for (int i = 1 + c.below(3); i > 0; i--) {
                    node(n.setOpType(c.pick(OPERATORS)), g, c);
                }
                g.addNode(c.below(g.getNodeCount() + 1), n);
            }
            case 11 ->
                g.addNode(NodeProto.newBuilder()
                        .setOpType("If")
                        .addInput(name(g, c))
                        .addOutput("nested")
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("then_branch")
                                .setType(AttributeType.GRAPH)
                                .setG(nested(g, c))));
            case 12 -> g.addNode(c.below(g.getNodeCount() + 1), wide(g, c));
            default -> {
                if (g.getNodeCount() > 0) {
                    node(g.getNodeBuilder(c.below(g.getNodeCount())), g, c);
                }
            }
        }
    }

    private static GraphProto nested(GraphProto.Builder g, Choices c) {
        GraphProto inner = GraphProto.newBuilder()
                .addNode(NodeProto.newBuilder()
                        .setOpType("Relu")
                        .addInput(name(g, c))
                        .addOutput("y"))
                .build();
        // Protobuf reads 100 messages deep, which are 33 graphs.
        for (int depth = c.oneIn(2) ? c.below(4) : 25 + c.below(200); depth > 0; depth--) {
            inner = GraphProto.newBuilder()
                    .addNode(NodeProto.newBuilder()
                            .setOpType("If")
                            .addAttribute(AttributeProto.newBuilder()
                                    .setName("then_branch")
                                    .setG(inner)))
                    .build();
        }
        return inner;
    }

    /** Nodes that each take what the one before made: what doubles with each grows beyond all bounds. */
    private static void chain(GraphProto.Builder g, Choices c) {
        String last = name(g, c);
        String other = name(g, c);
        String operator = c.pick(OPERATORS);
        NodeProto.Builder pattern = NodeProto.newBuilder().setOpType(operator);
        if (c.oneIn(2)) {
            pattern.addAttribute(attribute(c));
        }
        int times =
                times(c.many(11) + c.below(40), pattern.build().getSerializedSize() + last.length() + other.length());
        int inputs = c.below(3);
        for (int i = 0; i < times; i++) {
            String next = "chain" + i;
            NodeProto.Builder n = pattern.clone().addInput(last);
            switch (inputs) {
                case 0 -> n.addInput(last);
                case 1 -> n.addInput(other);
                default -> n.addInput("").addInput(other);
            }
            g.addNode(n.addOutput(next));
            last = next;
        }
    }

    /** A node with as many inputs as outputs and numbers in a list: what goes through one of them for each of another shows. */
    private static NodeProto.Builder wide(GraphProto.Builder g, Choices c) {
        NodeProto.Builder n = NodeProto.newBuilder().setOpType(c.pick(OPERATORS));
        String name = name(g, c);
        AttributeProto.Builder list = AttributeProto.newBuilder().setName(c.pick(ATTRIBUTES));
        boolean floats = c.oneIn(4);
        int times = times(c.many(16), name.length());
        for (int i = 0; i < times; i++) {
            n.addInput(name).addOutput("w" + i);
            if (floats) {
                list.addFloats(i);
            } else {
                list.addInts(i % 7);
            }
        }
        return n.addAttribute(list);
    }

    private static void node(NodeProto.Builder n, GraphProto.Builder g, Choices c) {
        switch (c.below(12)) {
            case 0 -> n.setOpType(c.pick(OPERATORS));
            case 1, 2 -> {
                if (n.getInputCount() > 0) {
                    n.setInput(c.below(n.getInputCount()), name(g, c));
                }
            }
            case 3 -> {
                String name = name(g, c);
                for (int i = times(c.many(15), name.length()); i > 0; i--) {
                    n.addInput(c.oneIn(32) ? "k" + c.below(4) : name);
                }
            }
            case 4 -> {
                boolean same = c.oneIn(2);
                for (int i = c.many(15); i > 0; i--) {
                    n.addOutput(same ? "o" : "o" + i);
                }
            }
            case 5 -> {
                if (n.getOutputCount() > 0) {
                    n.setOutput(c.below(n.getOutputCount()), name(g, c));
                }
            }
            case 6, 7 -> {
                if (n.getAttributeCount() > 0) {
                    AttributeProto.Builder a = n.getAttributeBuilder(c.below(n.getAttributeCount()));
                    a.mergeFrom(attribute(c).setName(a.getName()).build());
                }
            }
            case 8 -> {
                if (n.getAttributeCount() > 0) {
                    n.removeAttribute(c.below(n.getAttributeCount()));
                }
            }
            case 9 -> {
                AttributeProto.Builder a = attribute(c);
                for (int i = times(c.many(13), a.build().getSerializedSize()); i > 0; i--) {
                    n.addAttribute(a);
                }
            }
            case 10 -> {
                if (c.oneIn(2)) {
                    n.clearInput();
                } else {
                    n.clearOutput();
                }
            }
            default -> {
                if (c.oneIn(2)) {
                    n.setName(c.text());
                } else {
                    n.setDomain(c.pick("", "ai.onnx", "com.microsoft", c.text()));
                }
            }
        }
    }

    private static AttributeProto.Builder attribute(Choices c) {
        AttributeProto.Builder a = AttributeProto.newBuilder().setName(c.pick(ATTRIBUTES));
        if (c.oneIn(2)) {
            a.setType(AttributeType.forNumber(c.below(12)));
        }
        switch (c.below(8)) {
            case 0 -> a.setI(c.number());
            case 1, 2, 3 -> {
                for (int n = c.many(15); n > 0; n--) {
                    a.addInts(c.number());
                }
            }
            case 4 -> {
                for (int n = c.many(15); n > 0; n--) {
                    a.addFloats(Float.intBitsToFloat((int) c.number()));
                }
            }
            case 5 -> a.setS(ByteString.copyFromUtf8(c.pick("SAME_UPPER", "VALID", "NOTSET", c.text())));
            case 6 -> {
                TensorProto.Builder t = TensorProto.newBuilder().setDataType(c.below(24));
                tensor(t, c);
                a.setT(t);
            }
            default ->
                a.setF(c.below(100) - 50f)
                        .setSparseTensor(SparseTensorProto.newBuilder().addDims(c.number()));
        }
        return a;
    }

    /** Adds or changes a small integer tensor, such as shapes are computed with, and gives it to a node. */
    private static void constant(GraphProto.Builder g, Choices c) {
        long[] values = new long[c.oneIn(8) ? c.many(8) : c.below(6)];
        for (int i = 0; i < values.length; i++) {
            values[i] = c.number();
        }
        if (c.oneIn(2) && g.getInitializerCount() > 0) {
            TensorProto.Builder t = g.getInitializerBuilder(c.below(g.getInitializerCount()));
            t.mergeFrom(TensorBytes.longTensor(t.getName(), values)).clearDims().addDims(values.length);
            return;
        }
        TensorProto.Builder t = TensorBytes.longTensor("k" + c.below(4), values).toBuilder();
        g.addInitializer(c.oneIn(4) ? t.clearDims() : t);
        if (g.getNodeCount() > 0) {
            NodeProto.Builder n = g.getNodeBuilder(c.below(g.getNodeCount()));
            if (n.getInputCount() > 1 && c.oneIn(2)) {
                n.setInput(1 + c.below(n.getInputCount() - 1), t.getName());
            } else {
                n.addInput(t.getName());
            }
        }
    }

    private static void tensor(TensorProto.Builder t, Choices c) {
        for (int n = 1 + c.below(3); n > 0; n--) {
            switch (c.below(13)) {
                case 0 -> t.setDataType(c.oneIn(2) ? c.below(24) : (int) c.number());
                case 1 -> t.addDims(c.number());
                case 2 -> {
                    if (t.getDimsCount() > 0) {
                        t.setDims(c.below(t.getDimsCount()), c.number());
                    }
                }
                case 3 -> t.clearDims();
                case 4 -> {
                    for (int i = c.many(15); i > 0; i--) {
                        t.addDims(c.oneIn(2) ? 1 : c.number());
                    }
                }
                case 5 ->
                    t.setRawData(
                            t.getRawData().substring(0, c.below(t.getRawData().size() + 1)));
                case 6 -> t.setRawData(t.getRawData().concat(ByteString.copyFrom(new byte[c.many(15)])));
                case 7 -> t.clearRawData();
                case 8 -> {
                    for (int i = c.many(15); i > 0; i--) {
                        t.addFloatData(i);
                    }
                }
                case 9 -> {
                    for (int i = c.many(15); i > 0; i--) {
                        switch (c.below(4)) {
                            case 0 -> t.addInt32Data(i);
                            case 1 -> t.addInt64Data(i);
                            case 2 -> t.addUint64Data(i);
                            default -> t.addDoubleData(i);
                        }
                    }
                }
                case 10 -> t.setName(c.text());
                default -> {
                    t.setDataLocation(TensorProto.DataLocation.EXTERNAL);
                    entry(t, "location", c.pick(c.pick(LOCATIONS), "w.bin", "w.bin", c.text()));
                    if (c.oneIn(2)) {
                        entry(t, "offset", c.oneIn(2) ? "" + c.number() : c.text());
                    }
                    if (c.oneIn(2)) {
                        entry(t, "length", c.oneIn(2) ? "" + c.number() : c.text());
                    }
                }
            }
        }
    }

    private static void entry(TensorProto.Builder t, String key, String value) {
        t.addExternalData(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value).build());
    }

    private static ValueInfoProto info(GraphProto.Builder g, Choices c) {
        ValueInfoProto.Builder v = ValueInfoProto.newBuilder().setName(name(g, c));
        if (c.oneIn(16)) {
            return v.setType(TypeProto.newBuilder()
                            .setSequenceType(TypeProto.Sequence.newBuilder().setElemType(TypeProto.newBuilder())))
                    .build();
        }
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (int n = c.oneIn(8) ? c.many(15) : c.below(7); n > 0; n--) {
            TensorShapeProto.Dimension.Builder d = TensorShapeProto.Dimension.newBuilder();
            switch (c.below(4)) {
                case 0 -> d.setDimParam(c.pick(Choices.TEXTS));
                case 1 -> d.setDimValue(1 + c.below(16));
                default -> d.setDimValue(c.number());
            }
            shape.addDim(d);
        }
        return v.setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(c.oneIn(2) ? 1 : (int) c.number())
                                .setShape(shape)))
                .build();
    }

    /** A name that the graph has, or nearly. */
    private static String name(GraphProto.Builder g, Choices c) {
        List<String> names = new ArrayList<>();
        names.add("x");
        if (g.getNodeCount() > 0) {
            NodeProto n = g.getNode(c.below(g.getNodeCount()));
            names.addAll(n.getOutputList().subList(0, Math.min(8, n.getOutputCount())));
            names.addAll(n.getInputList().subList(0, Math.min(8, n.getInputCount())));
        }
        if (g.getInitializerCount() > 0) {
            names.add(g.getInitializer(c.below(g.getInitializerCount())).getName());
            names.add(g.getInitializer(c.below(g.getInitializerCount())).getName());
        }
        return c.oneIn(16) ? c.text() : c.pick(names);
    }
}

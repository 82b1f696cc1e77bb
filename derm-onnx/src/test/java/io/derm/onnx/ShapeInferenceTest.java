package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.derm.api.ElementType;
import io.derm.api.Model;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import io.derm.ort.OrtRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Inferred shapes against those of the tensors that ONNX Runtime yields. */
class ShapeInferenceTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"residual", "scaled", "mobile", "attention"})
    void everyTensor_ofAnImportedNetwork_hasTheShapeThatItHasWhenRun(String name) throws IOException {
        SeededNetwork.write(name, folder);
        OnnxModel model = DarknetImporter.create()
                .foldingBatchNorm(false)
                .importModel(folder.resolve(name + ".cfg"), folder.resolve(name + ".weights"));
        List<Integer> shape = model.graph().inputs().get(0).shape().dims().stream()
                .map(Long::intValue)
                .toList();
        assertThat(compare(model.proto(), shape.stream().mapToInt(i -> i).toArray()))
                .isEqualTo(model.graph().nodes().size());
    }

    @Test
    void operators_ofExportedNetworks_haveTheShapesThatTheyHaveWhenRun() {
        GraphProto.Builder g = GraphProto.newBuilder()
                .setName("ops")
                .addInput(OnnxGraph.declare(new OnnxValue("x", DataType.FLOAT, Shape.of(2, 6, 10, 14))));
        longs(g, "perm_shape", 2, 3, -1);
        longs(g, "zero_shape", 0, 0, -1);
        longs(g, "one", 1);
        longs(g, "starts", 1, -1);
        longs(g, "ends", 100, -100);
        longs(g, "axes", 1, 3);
        longs(g, "steps", 2, -3);
        longs(g, "sizes", 1, 2, 3);
        longs(g, "pads", 0, 0, 1, 2, 0, 0, 3, 4);
        longs(g, "resized", 2, 6, 7, 9);
        longs(g, "last", -1);
        longs(g, "mean_axes", 2, 3);
        g.addInitializer(TensorBytes.longTensor("index", 0).toBuilder().clearDims());
        g.addInitializer(TensorBytes.floatTensor("scales", new float[] {1, 1, 2, 1.5f}, 4));
        g.addInitializer(TensorBytes.floatTensor("weight", new float[4 * 6 * 3 * 3], 4, 6, 3, 3));
        g.addInitializer(TensorBytes.floatTensor("up", new float[6 * 5 * 4], 6, 5, 2, 2));
        g.addInitializer(TensorBytes.floatTensor("gemm", new float[3 * 840], 3, 840));
        g.addInitializer(TensorBytes.floatTensor("matrix", new float[14 * 5], 14, 5));
        g.addInitializer(TensorBytes.floatTensor("column", new float[10], 10, 1));
        node(g, "Transpose", "t", ints("perm", 0, 2, 3, 1), "x");
        node(g, "Transpose", "t0", null, "x");
        node(g, "Reshape", "r", null, "x", "perm_shape");
        node(g, "Reshape", "r0", null, "x", "zero_shape");
        node(g, "Flatten", "f", integer("axis", 1), "x");
        node(g, "Gemm", "gm", integer("transB", 1), "f", "gemm");
        node(g, "MatMul", "mm", null, "x", "matrix");
        node(g, "Add", "broadcast", null, "x", "column");
        node(g, "Slice", "s", null, "x", "starts", "ends", "axes", "steps");
        g.addNode(NodeProto.newBuilder()
                .setOpType("Split")
                .addInput("x")
                .addInput("sizes")
                .addOutput("p0")
                .addOutput("p1")
                .addOutput("p2")
                .addAttribute(integer("axis", 1)));
        g.addNode(NodeProto.newBuilder()
                .setOpType("Split")
                .addInput("x")
                .addOutput("q0")
                .addOutput("q1")
                .addAttribute(integer("axis", -1)));
        node(g, "Pad", "pad", null, "x", "pads");
        node(g, "Resize", "up2", null, "x", "", "scales");
        node(g, "Resize", "to", null, "x", "", "", "resized");
        node(g, "Concat", "c", integer("axis", 1), "x", "p1", "p2");
        node(g, "ReduceMean", "mean", ints("axes", 2, 3), "x");
        node(g, "GlobalAveragePool", "pool", null, "x");
        node(g, "Squeeze", "squeezed", null, "pool", "mean_axes");
        node(g, "Unsqueeze", "unsqueezed", null, "squeezed", "last");
        node(g, "Softmax", "softmax", integer("axis", -1), "squeezed");
        node(g, "AveragePool", "avg", ints("kernel_shape", 3, 2), "x");
        node(g, "MaxPool", "same", ints("kernel_shape", 3, 3), "x");
        g.addNode(NodeProto.newBuilder()
                .setOpType("Conv")
                .addInput("x")
                .addInput("weight")
                .addOutput("conv")
                .addAttribute(ints("strides", 2, 3))
                .addAttribute(ints("dilations", 2, 1))
                .addAttribute(ints("pads", 1, 0, 2, 1)));
        g.addNode(NodeProto.newBuilder()
                .setOpType("ConvTranspose")
                .addInput("x")
                .addInput("up")
                .addOutput("deconv")
                .addAttribute(ints("strides", 2, 2)));
        g.addNode(NodeProto.newBuilder()
                .setOpType("MaxPool")
                .addInput("x")
                .addOutput("ceil")
                .addAttribute(ints("kernel_shape", 3, 3))
                .addAttribute(ints("strides", 2, 2))
                .addAttribute(integer("ceil_mode", 1)));
        // The way PyTorch writes x.view(x.size(0), -1).
        node(g, "Shape", "shape", null, "x");
        node(g, "Gather", "batch", null, "shape", "index");
        longs(g, "zero_axis", 0);
        node(g, "Unsqueeze", "batch1", null, "batch", "zero_axis");
        node(g, "Concat", "view_shape", integer("axis", 0), "batch1", "last");
        node(g, "Reshape", "view", null, "x", "view_shape");
        node(g, "Cast", "cast", integer("to", DataType.INT32.number()), "x");
        node(g, "Gather", "gathered", integer("axis", 2), "x", "one");
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(g)
                .build();
        assertThat(compare(model, 2, 6, 10, 14)).isEqualTo(35);
        Map<String, OnnxValue> values = OnnxModel.of("ops", model).graph().infer();
        assertThat(values.get("cast").type()).isEqualTo(DataType.INT32);
        assertThat(values.get("shape").type()).isEqualTo(DataType.INT64);
    }

    @Test
    void freeSides_stayFree_andUnknownOperatorsUnknown() {
        GraphProto.Builder g = GraphProto.newBuilder()
                .setName("free")
                .addInput(OnnxGraph.declare(new OnnxValue("x", DataType.FLOAT16, Shape.of(-1, 3, -1, 8))));
        node(g, "Relu", "y", null, "x");
        node(g, "MaxPool", "z", ints("kernel_shape", 2, 2), "y");
        node(g, "Mystery", "m", null, "z");
        node(g, "Add", "sum", null, "m", "x");
        g.addOutput(ValueInfoProto.newBuilder().setName("sum"));
        Map<String, OnnxValue> values = OnnxModel.of(
                        "free", ModelProto.newBuilder().setGraph(g).build())
                .graph()
                .infer();
        assertThat(values.get("y")).hasToString("y float16 [?,3,?,8]");
        assertThat(values.get("z")).hasToString("z float16 [?,3,?,7]");
        assertThat(values.get("m").shape()).isEqualTo(Shape.UNKNOWN);
        assertThat(values.get("sum").shape()).isEqualTo(Shape.UNKNOWN);
    }

    private static Map<String, OnnxValue> infer(GraphProto.Builder g) {
        return OnnxModel.of("forged", ModelProto.newBuilder().setGraph(g).build())
                .graph()
                .infer();
    }

    @Test
    void rank_doubledFromNodeToNode_isUnknownInsteadOfEndless() {
        GraphProto.Builder g = GraphProto.newBuilder()
                .addInput(OnnxGraph.declare(new OnnxValue("x0", DataType.INT64, Shape.of(2, 2, 2))));
        for (int i = 0; i < 60; i++) {
            node(g, "Gather", "x" + (i + 1), null, "x" + i, "x" + i);
        }
        Map<String, OnnxValue> values = infer(g);
        assertThat(values.get("x5").shape().rank()).isEqualTo(-1);
        assertThat(values.get("x4").shape().rank()).isEqualTo(33);
        assertThat(values.get("x60").shape()).isEqualTo(Shape.UNKNOWN);
    }

    @Test
    void concat_ofConstantsByTheThousand_overflowsNoStack() {
        GraphProto.Builder g = GraphProto.newBuilder();
        longs(g, "one", 1);
        String[] many = new String[100_000];
        java.util.Arrays.fill(many, "one");
        node(g, "Concat", "c", integer("axis", 0), many);
        assertThat(infer(g).get("c")).hasToString("c int64 [100000]");
    }

    @Test
    @Timeout(20)
    void node_withInputsAndOutputsByTheThousand_takesNoQuadraticTime() {
        GraphProto.Builder g = GraphProto.newBuilder()
                .addInput(OnnxGraph.declare(new OnnxValue("x", DataType.FLOAT, Shape.of(100_000))));
        NodeProto.Builder sum = NodeProto.newBuilder().setOpType("Sum");
        NodeProto.Builder split = NodeProto.newBuilder().setOpType("Split").addInput("x");
        AttributeProto.Builder sizes = AttributeProto.newBuilder().setName("split");
        for (int i = 0; i < 100_000; i++) {
            sum.addInput("x").addOutput("s" + i);
            split.addOutput("p" + i);
            sizes.addInts(1);
        }
        g.addNode(sum).addNode(split.addAttribute(sizes));
        Map<String, OnnxValue> values = infer(g);
        assertThat(values.get("s99999").shape()).isEqualTo(Shape.of(100_000));
        assertThat(values.get("p99999").shape()).isEqualTo(Shape.of(1));
    }

    /** Makes every tensor an output, runs the model, and compares; the number of tensors compared. */
    private int compare(ModelProto model, int... input) {
        GraphProto.Builder g = model.getGraph().toBuilder().clearOutput();
        for (NodeProto n : model.getGraph().getNodeList()) {
            n.getOutputList()
                    .forEach(o -> g.addOutput(ValueInfoProto.newBuilder().setName(o)));
        }
        OnnxModel all = OnnxModel.of("all.onnx", model.toBuilder().setGraph(g).build());
        Map<String, OnnxValue> inferred = all.graph().infer();
        Path file = all.write(folder.resolve("all.onnx"));
        String name = all.graph().inputs().get(0).name();
        int compared = 0;
        try (Session session =
                new OrtRuntime().open(Model.of(file), SessionOptions.defaults().withThreads(1))) {
            for (Tensor t : session.run(Tensors.of(Tensor.allocate(name, ElementType.FLOAT32, input)))
                    .list()) {
                TensorInfo found = t.info();
                assertThat(inferred.get(found.name()).shape().dims())
                        .as(found.name())
                        .isEqualTo(
                                found.shape().stream().map(Integer::longValue).toList());
                compared++;
            }
        }
        return compared;
    }

    private static void longs(GraphProto.Builder g, String name, long... values) {
        g.addInitializer(TensorBytes.longTensor(name, values));
    }

    private static void node(
            GraphProto.Builder g, String op, String output, AttributeProto.Builder attribute, String... inputs) {
        NodeProto.Builder n = NodeProto.newBuilder()
                .setOpType(op)
                .addAllInput(List.of(inputs))
                .addOutput(output);
        if (attribute != null) {
            n.addAttribute(attribute);
        }
        g.addNode(n);
    }

    private static AttributeProto.Builder integer(String name, long v) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(v);
    }

    private static AttributeProto.Builder ints(String name, long... v) {
        AttributeProto.Builder a = AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        for (long i : v) {
            a.addInts(i);
        }
        return a;
    }
}

package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.SessionOptions;
import io.derm.ort.OrtRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ModelCheckTest {
    @TempDir
    Path folder;

    static Stream<Path> soundFiles() throws IOException {
        return Stream.of(
                        "../derm-models/src/main/resources/io/derm/models",
                        "../derm-ort-runtime/src/test/resources/io/derm/ort",
                        "../derm-classify-effnet/src/test/resources",
                        "../derm-detect-yolo/src/test/resources")
                .flatMap(f -> files(Path.of(f)))
                // The first two refer to data that is not there, the third calls a plug-in an operator of ONNX.
                .filter(f -> !f.getFileName().toString().matches("(external|external_outside|plugin_op)\\.onnx"));
    }

    private static Stream<Path> files(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(f -> f.toString().endsWith(".onnx")).toList().stream();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("soundFiles")
    void model_thatRuns_isSound(Path file) {
        assertThat(ModelCheck.of(OnnxModel.read(file))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "residual,true",
        "residual,false",
        "scaled,true",
        "scaled,false",
        "mobile,true",
        "mobile,false",
        "attention,true",
        "attention,false"
    })
    void importedNetwork_isSound(String name, boolean fold) throws IOException {
        SeededNetwork.write(name, folder);
        OnnxModel model = DarknetImporter.create()
                .foldingBatchNorm(fold)
                .importModel(folder.resolve(name + ".cfg"), folder.resolve(name + ".weights"));
        assertThat(ModelCheck.requireSound(model)).isSameAs(model);
    }

    /** Operators of detectors and classifiers with weights, a SiLU, a resize, Q/DQ and casts. */
    static SmallGraph sound() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 4, 8, 8)
                .output("out", DataType.FLOAT, 1, 3)
                .floats("w", 4, 4, 3, 3)
                .floats("b", 4)
                .floats("scale", 4)
                .floats("shift", 4)
                .floats("mean", 4)
                .floats("var", 4)
                .floats("scales", new float[] {1, 1, 2, 2}, 4)
                .floats("w2", 8, 8, 1, 1)
                .floats("b2", 8)
                .floats("lo", new float[] {0})
                .floats("hi", new float[] {6})
                .floats("slope", 8, 1, 1)
                .floats("gw", 3, 8)
                .floats("gb", 3);
        g.node("Conv", "c", "x", "w", "b").addAttribute(SmallGraph.integers("pads", 1, 1, 1, 1));
        g.node("BatchNormalization", "n", "c", "scale", "shift", "mean", "var");
        g.node("Sigmoid", "s", "n");
        g.node("Mul", "m", "n", "s");
        g.node("MaxPool", "p", "m")
                .addAttribute(SmallGraph.integers("kernel_shape", 2, 2))
                .addAttribute(SmallGraph.integers("strides", 2, 2));
        g.node("Resize", "r", "p", "", "scales").addAttribute(SmallGraph.text("mode", "nearest"));
        g.node("Concat", "k", "m", "r").addAttribute(SmallGraph.integer("axis", 1));
        g.quantize("kd", "k", 0.05f, -1, 1).quantize("wd", "w2", 0.01f, 0, 8);
        g.node("Conv", "c2", "kd", "wd", "b2");
        g.node("PRelu", "pr", "c2", "slope");
        g.node("Clip", "clip", "pr", "lo", "hi");
        g.node("Cast", "h", "clip").addAttribute(SmallGraph.integer("to", DataType.FLOAT16.number()));
        g.node("Cast", "back", "h").addAttribute(SmallGraph.integer("to", DataType.FLOAT.number()));
        g.node("GlobalAveragePool", "g", "back");
        g.node("Flatten", "f", "g");
        g.node("Gemm", "y", "f", "gw", "gb").addAttribute(SmallGraph.integer("transB", 1));
        g.node("Softmax", "out", "y");
        g.graph.addValueInfo(OnnxGraph.declare(new OnnxValue("k", DataType.FLOAT, Shape.of(1, 8, 8, 8))));
        return g;
    }

    /** A change that breaks one rule. */
    record Mutation(String name, String rule, boolean refusedByOrt, Consumer<SmallGraph> change) {
        @Override
        public String toString() {
            return rule + ": " + name;
        }
    }

    private static Mutation of(String rule, String name, boolean refusedByOrt, Consumer<SmallGraph> change) {
        return new Mutation(name, rule, refusedByOrt, change);
    }

    private static void half(SmallGraph g, String tensor) {
        TensorProto half = SmallGraph.half(g.tensor(tensor).build());
        g.tensor(tensor).setDataType(half.getDataType()).setRawData(half.getRawData());
    }

    static List<Mutation> mutations() {
        return List.of(
                of("graph-name", "none", false, g -> g.graph.clearName()),
                of("ir-version", "none", false, g -> g.model.setIrVersion(0)),
                of("ir-version", "of the future", true, g -> g.model.setIrVersion(99)),
                of("ir-version", "initialisers that are no inputs", false, g -> g.model.setIrVersion(3)),
                of("ir-version", "functions before 8", false, g -> g.model
                        .setIrVersion(7)
                        .addFunctions(FunctionProto.newBuilder().setName("f").setDomain("d"))),
                of("ir-version", "int4 before 10", false, g -> g.bytes("four", DataType.INT4, 0, 1)),
                of("opset-import", "too old", true, g -> g.model
                        .getOpsetImportBuilder(0)
                        .setVersion(6)),
                of("opset-import", "a domain not imported", true, g -> g.node("s")
                        .setDomain("com.example")),
                of("metadata", "a key twice", false, g -> g.model
                        .addMetadataProps(StringStringEntryProto.newBuilder().setKey("a"))
                        .addMetadataProps(StringStringEntryProto.newBuilder().setKey("a"))),
                of("value-info", "input without a shape", false, g -> g.graph
                        .getInputBuilder(0)
                        .getTypeBuilder()
                        .getTensorTypeBuilder()
                        .clearShape()),
                of("value-info", "input without a type", true, g -> g.graph
                        .getInputBuilder(0)
                        .clearType()),
                of("order", "a later node's output", false, g -> {
                    NodeProto first = g.graph.getNode(0);
                    g.graph.setNode(0, g.graph.getNode(1)).setNode(1, first);
                }),
                of("order", "a tensor that is nowhere", true, g -> g.node("s").setInput(0, "nowhere")),
                of("single-assignment", "two nodes", true, g -> g.node("Relu", "c", "x")),
                of("single-assignment", "a node and an initialiser", true, g -> g.node("Relu", "b", "x")),
                of("single-assignment", "two initialisers", false, g -> g.floats("w2", 8, 8, 1, 1)),
                of("single-assignment", "two inputs", true, g -> g.input("x", DataType.FLOAT, 1, 4, 8, 8)),
                of("graph-output", "one that is nowhere", true, g -> g.output("nowhere", DataType.FLOAT, 1)),
                of("tensor-data", "too short", true, g -> g.tensor("b").setRawData(ByteString.copyFrom(new byte[12]))),
                of("tensor-data", "two fields", false, g -> g.tensor("b").addAllFloatData(List.of(1f, 2f, 3f, 4f))),
                of("tensor-data", "no type", true, g -> g.tensor("b").setDataType(0)),
                of("tensor-data", "in an attribute", false, g -> g.node("Constant", "d")
                        .addAttribute(SmallGraph.tensor(
                                "value",
                                TensorBytes.longTensor("t", 1, 2).toBuilder()
                                        .setDims(0, 3)
                                        .build()))),
                of("operator", "not one of ONNX", true, g -> g.node("s").setOpType("Sigmoidal")),
                of("operator", "of a newer opset", true, g -> g.node("s").setOpType("Mish")),
                of("operator", "deprecated", true, g -> g.node("Upsample", "u", "x", "scales")),
                of("inputs", "too few", true, g -> g.node("c").clearInput().addInput("x")),
                of("inputs", "too many", true, g -> g.node("c").addInput("b")),
                of("inputs", "a needed one left out", true, g -> g.node("c").setInput(1, "")),
                of("inputs", "none of a variadic", true, g -> g.node("Sum", "sum")),
                of("outputs", "too many", true, g -> g.node("s").addOutput("extra")),
                of("attribute", "a needed one left out", true, g -> g.node("k").clearAttribute()),
                of("attribute", "one that the operator has not", true, g -> g.node("s")
                        .addAttribute(SmallGraph.floating("alpha", 1))),
                of("attribute", "of a newer opset", true, g -> g.node("r")
                        .addAttribute(SmallGraph.integer("antialias", 1))),
                of("attribute", "of another type", true, g -> g.node("c")
                        .addAttribute(SmallGraph.floating("group", 1))),
                of("attribute", "of no type", true, g -> g.node("k")
                        .getAttributeBuilder(0)
                        .clearType()),
                of("attribute", "two values", true, g -> g.node("k")
                        .getAttributeBuilder(0)
                        .setF(1)),
                of("attribute", "twice", true, g -> g.node("k").addAttribute(SmallGraph.integer("axis", 1))),
                of("operator-rule", "Resize with sizes too", true, g -> g.longs("sizes", 1, 4, 8, 8)
                        .node("r")
                        .addInput("sizes")),
                of("operator-rule", "Resize with neither", true, g -> g.node("r")
                        .setInput(2, "")),
                of("operator-rule", "Constant without a value", true, g -> g.node("Constant", "d")),
                of("quantization", "as many scales as another axis has", false, g -> g.quantize("xd", "x", 1, 1, 5)),
                of("quantization", "an axis that is not there", false, g -> g.quantize("xd", "x", 1, 4, 4)),
                of("quantization", "zero point of another shape", false, g -> {
                    g.bytes("one", DataType.INT8, 0, 1);
                    g.node("wd_q").setInput(2, "one");
                    g.node("wd").setInput(2, "one");
                }),
                of("type", "scales of Resize in float16", true, g -> half(g, "scales")),
                of("type", "scale of QuantizeLinear in float16", true, g -> half(g, "kd_scale")),
                of("type", "indices where Sigmoid takes fractions", true, g -> g.longs("l", 1)
                        .node("Sigmoid", "sl", "l")),
                of("same-type", "weights in float16", true, g -> half(g, "w")),
                of("same-type", "bias in float16", true, g -> half(g, "b")),
                of("same-type", "bias of Gemm in float16", true, g -> half(g, "gb")),
                of("same-type", "slope of PRelu in float16", true, g -> half(g, "slope")),
                of("same-type", "limit of Clip in float16", true, g -> half(g, "hi")),
                of("same-type", "factor in float16", true, g -> g.node("Mul", "hm", "h", "back")),
                of("same-type", "a part of Concat in float16", true, g -> g.node("Concat", "hk", "back", "h")
                        .addAttribute(SmallGraph.integer("axis", 1))),
                of("same-type", "zero point of another type", true, g -> {
                    g.bytes("u8", DataType.UINT8, 0);
                    g.node("kd").setInput(2, "u8");
                }),
                of(
                        "declared-type",
                        "output in float16",
                        true,
                        g -> g.graph.setOutput(
                                0, OnnxGraph.declare(new OnnxValue("out", DataType.FLOAT16, Shape.of(1, 3))))),
                of(
                        "declared-type",
                        "a tensor between in float16",
                        true,
                        g -> g.graph.setValueInfo(
                                0, OnnxGraph.declare(new OnnxValue("k", DataType.FLOAT16, Shape.of(1, 8, 8, 8))))),
                of(
                        "declared-type",
                        "an initialiser that is an input of float16",
                        true,
                        g -> g.input("b", DataType.FLOAT16, 4)),
                of(
                        "declared-shape",
                        "a side",
                        false,
                        g -> g.graph.setOutput(
                                0, OnnxGraph.declare(new OnnxValue("out", DataType.FLOAT, Shape.of(1, 4))))),
                of(
                        "declared-shape",
                        "a rank",
                        false,
                        g -> g.graph.setOutput(
                                0, OnnxGraph.declare(new OnnxValue("out", DataType.FLOAT, Shape.of(1, 3, 1))))));
    }

    @Test
    void graph_asItIs_isSoundAndRuns() throws IOException {
        assertThat(ModelCheck.of(sound().build())).isEmpty();
        open(sound().build());
    }

    @ParameterizedTest
    @MethodSource("mutations")
    void mutation_breaksItsRuleAndNoOther(Mutation mutation) throws IOException {
        SmallGraph g = sound();
        mutation.change().accept(g);
        OnnxModel model = g.build();
        assertThat(ModelCheck.of(model))
                .isNotEmpty()
                .allSatisfy(f -> assertThat(f.rule()).as("%s", f).isEqualTo(mutation.rule()));
        if (mutation.refusedByOrt()) {
            assertThatThrownBy(() -> open(model)).isInstanceOf(ModelException.class);
        }
    }

    private void open(OnnxModel model) throws IOException {
        Path file = model.write(folder.resolve("model.onnx"));
        new OrtRuntime()
                .open(Model.of(file), SessionOptions.defaults().withThreads(1))
                .close();
    }

    @Test
    void subgraph_isHeldToTheRulesOfGraphs() {
        GraphProto.Builder branch = GraphProto.newBuilder()
                .setName("branch")
                .addNode(NodeProto.newBuilder().setOpType("Relu").addInput("x").addOutput("r"))
                .addOutput(ValueInfoProto.newBuilder().setName("r"));
        assertThat(ModelCheck.of(conditional(branch))).isEmpty();
        branch.getNodeBuilder(0).setInput(0, "later");
        assertThat(rules(conditional(branch))).containsOnly("order");
        branch.getNodeBuilder(0).setInput(0, "x").setOutput(0, "x");
        branch.getOutputBuilder(0).setName("x");
        assertThat(rules(conditional(branch))).containsOnly("single-assignment");
        branch.getNodeBuilder(0).setOutput(0, "r");
        assertThat(rules(conditional(branch))).containsOnly("graph-output");
    }

    private static OnnxModel conditional(GraphProto.Builder branch) {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 2)
                .input("which", DataType.BOOL)
                .output("y", DataType.FLOAT, 2);
        NodeProto.Builder node = g.node("If", "y", "which");
        for (String name : List.of("then_branch", "else_branch")) {
            node.addAttribute(AttributeProto.newBuilder()
                    .setName(name)
                    .setType(AttributeType.GRAPH)
                    .setG(branch));
        }
        g.node("Relu", "later", "x");
        return g.build();
    }

    private static List<String> rules(OnnxModel model) {
        return ModelCheck.of(model).stream().map(Finding::rule).distinct().collect(Collectors.toList());
    }

    @Test
    void operatorOfAnotherDomain_isNotJudged() {
        SmallGraph g = sound();
        g.model.addOpsetImport(
                OperatorSetIdProto.newBuilder().setDomain("com.microsoft").setVersion(1));
        g.node("QLinearAdd", "q", "x", "kd_q", "b").setDomain("com.microsoft");
        assertThat(ModelCheck.of(g.build())).isEmpty();
    }

    /** As test_maxpool_2d_ceil_output_size_reduce_by_one of ONNX has it. */
    @Test
    void pool_whoseLastWindowStartsBehindTheData_hasOneLess() {
        SmallGraph g = new SmallGraph(17, 8).input("x", DataType.FLOAT, 1, 1, 2, 2);
        g.output("y", DataType.FLOAT, 1, 1, 1, 1);
        g.node("MaxPool", "y", "x")
                .addAttribute(SmallGraph.integer("ceil_mode", 1))
                .addAttribute(SmallGraph.integers("kernel_shape", 1, 1))
                .addAttribute(SmallGraph.integers("strides", 2, 2));
        assertThat(ModelCheck.of(g.build())).isEmpty();
    }

    @Test
    void requireSound_namesWhatIsWrong() {
        SmallGraph g = sound();
        half(g, "b");
        assertThatThrownBy(() -> ModelCheck.requireSound(g.build()))
                .isInstanceOf(ModelException.class)
                .hasMessage(
                        "[DERM-098] Model small.onnx breaks the ONNX specification in 1 place: same-type at Conv 'c': B 'b' is"
                                + " float16, expected float32 as X 'x'; expected a sound model. Remedy: Export the model again, or"
                                + " convert it from one that is sound.");
    }
}

package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import io.derm.api.Tensors;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Simplified graphs compute in ONNX Runtime what they did before. */
class SimplifierTest {

    private static SmallGraph graph(long opset) {
        return new SmallGraph(opset, 8).input("x", DataType.FLOAT, 1, 3, 5, 5).output("y", DataType.FLOAT, 1, 3, 5, 5);
    }

    private static OnnxModel simplified(OnnxModel model, double precision) {
        OnnxModel simple = Simplifier.simplify(model);
        assertThat(ModelCheck.of(simple)).isEmpty();
        Tensors input = Int8Bench.random(model, 4);
        Map<String, float[]> found = Int8Bench.run(simple, input);
        Map<String, float[]> expected = Int8Bench.run(model, input);
        assertThat(found.keySet()).containsExactlyElementsOf(expected.keySet());
        expected.forEach((name, values) -> assertThat(found.get(name))
                .as(name)
                .usingComparatorWithPrecision((float) precision)
                .containsExactly(values));
        Set<String> names = new HashSet<>();
        assertThat(simple.graph().nodes())
                .as("nodes with names of their own")
                .allMatch(n -> !n.getName().isEmpty() && names.add(n.getName()));
        return simple;
    }

    private static NodeProto.Builder constant(SmallGraph g, String name) {
        return g.node("Constant", name);
    }

    @Test
    void constants_becomeInitialisers() {
        SmallGraph g = graph(13).output("k", DataType.FLOAT, 2);
        constant(g, "a")
                .addAttribute(SmallGraph.tensor("value", TensorBytes.floatTensor("", new float[] {1, 2, 3}, 3, 1, 1)));
        constant(g, "b").addAttribute(SmallGraph.floating("value_float", 0.5f));
        constant(g, "c")
                .addAttribute(AttributeProto.newBuilder()
                        .setName("value_floats")
                        .setType(AttributeProto.AttributeType.FLOATS)
                        .addFloats(4)
                        .addFloats(-2)
                        .build());
        constant(g, "axes").addAttribute(SmallGraph.integers("value_ints", 1, 2));
        constant(g, "i").addAttribute(SmallGraph.integer("value_int", 1));
        g.node("Identity", "k", "c");
        g.node("ReduceSum", "s", "x", "axes");
        g.node("Gather", "h", "c", "i");
        g.node("Mul", "m", "x", "a");
        g.node("Add", "n", "m", "b");
        g.node("Add", "o", "n", "s");
        g.node("Mul", "y", "o", "h");
        OnnxModel simple = simplified(g.build(), 1e-5);
        assertThat(Int8Bench.operators(simple)).doesNotContainKey("Constant");
        assertThat(simple.graph().initialisers()).containsOnlyKeys("a", "b", "c", "axes", "i");
    }

    @Test
    void initialisersAmongTheInputs_areConstants() {
        SmallGraph g = graph(13);
        g.model.setIrVersion(3);
        g.floats("w", 3, 3, 1, 1).input("w", DataType.FLOAT, 3, 3, 1, 1);
        g.node("Conv", "y", "x", "w");
        OnnxModel simple = simplified(g.build(), 1e-6);
        assertThat(simple.proto().getGraph().getInputList()).hasSize(1);
        assertThat(simple.proto().getIrVersion()).isGreaterThanOrEqualTo(4);
    }

    @Test
    void weightsInFloat16_areCastOnce() {
        SmallGraph g = graph(13).floats("w", 3, 3, 1, 1).floats("unread", 7);
        TensorProto half = SmallGraph.half(g.tensor("w").build());
        g.tensor("w").clear().mergeFrom(half);
        g.node("Cast", "f", "w").addAttribute(SmallGraph.integer("to", DataType.FLOAT.number()));
        g.node("Conv", "y", "x", "f");
        OnnxModel simple = simplified(g.build(), 1e-6);
        assertThat(Int8Bench.operators(simple)).containsOnlyKeys("Conv");
        assertThat(simple.graph().initialisers()).containsOnlyKeys("f");
    }

    private static SmallGraph normalised(boolean biased) {
        SmallGraph g = graph(13)
                .floats("w", 3, 1, 3, 3)
                .floats("b", 3)
                .floats("scale", new float[] {-1.5f, 0.3f, 20}, 3)
                .floats("shift", new float[] {1, -2, 0.1f}, 3)
                .floats("mean", new float[] {0.5f, -7, 100}, 3)
                .floats("var", new float[] {1e-3f, 2, 50}, 3);
        NodeProto.Builder conv = biased ? g.node("Conv", "c", "x", "w", "b") : g.node("Conv", "c", "x", "w");
        conv.addAttribute(SmallGraph.integers("pads", 1, 1, 1, 1)).addAttribute(SmallGraph.integer("group", 3));
        return g;
    }

    private static NodeProto.Builder norm(SmallGraph g, String out, String in) {
        return g.node("BatchNormalization", out, in, "scale", "shift", "mean", "var")
                .addAttribute(SmallGraph.floating("epsilon", 1e-3f));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void batchNorm_afterAConvolution_isFolded(boolean biased) {
        SmallGraph g = normalised(biased);
        norm(g, "y", "c");
        OnnxModel simple = simplified(g.build(), 2e-4);
        assertThat(Int8Bench.operators(simple)).containsOnlyKeys("Conv");
    }

    @Test
    void batchNorm_ofWhatOthersReadToo_stays() {
        SmallGraph read = normalised(true);
        norm(read, "n", "c");
        read.node("Add", "y", "n", "c");
        SmallGraph given = normalised(true).output("c", DataType.FLOAT, 1, 3, 5, 5);
        norm(given, "y", "c");
        SmallGraph shared = normalised(true).output("z", DataType.FLOAT, 1, 3, 5, 5);
        norm(shared, "y", "c");
        shared.node("Conv", "z", "x", "w", "b")
                .addAttribute(SmallGraph.integers("pads", 1, 1, 1, 1))
                .addAttribute(SmallGraph.integer("group", 3));
        assertThat(Int8Bench.operators(simplified(read.build(), 2e-4))).containsKey("BatchNormalization");
        assertThat(Int8Bench.operators(simplified(given.build(), 2e-4))).containsKey("BatchNormalization");
        assertThat(Int8Bench.operators(simplified(shared.build(), 2e-4))).containsOnlyKeys("Conv");
    }

    @Test
    void batchNorm_inTraining_stays() {
        SmallGraph g = normalised(true);
        g.model.getOpsetImportBuilder(0).setVersion(15);
        norm(g, "y", "c").addAttribute(SmallGraph.integer("training_mode", 1));
        assertThat(Int8Bench.operators(Simplifier.simplify(g.build()))).containsKey("BatchNormalization");
    }

    @Test
    void identitiesAndDropouts_goAway() {
        SmallGraph g = graph(13).floats("w", 3, 3, 1, 1).output("z", DataType.FLOAT, 1, 3, 5, 5);
        g.floats("ratio", new float[] {0.5f}).bytes("off", DataType.BOOL, 0);
        g.node("Identity", "v", "w");
        g.node("Identity", "v2", "v");
        g.node("Identity", "a", "x").clearName();
        g.node("Dropout", "b", "a").clearName();
        g.node("Dropout", "b2", "b", "ratio", "off");
        g.node("Identity", "c", "b2");
        g.node("Conv", "d", "c", "v2");
        g.node("Identity", "e", "d");
        g.node("Identity", "y", "e");
        g.node("Relu", "z", "e").clearName();
        OnnxModel simple = simplified(g.build(), 1e-6);
        assertThat(Int8Bench.operators(simple)).isEqualTo(Map.of("Conv", 1, "Identity", 1, "Relu", 1));
        assertThat(simple.graph().producer("d").orElseThrow().getInputList()).containsExactly("x", "w");
    }

    @Test
    void names_thatComeTwice_areMadeDifferent() {
        SmallGraph g = graph(13);
        g.node("Relu", "a", "x").setName("same");
        g.node("Relu", "b", "a").setName("same");
        g.node("Relu", "c", "b").setName("Relu_1");
        g.node("Relu", "y", "c").setName("");
        OnnxModel simple = Simplifier.simplify(g.build());
        assertThat(simple.graph().nodes())
                .extracting(NodeProto::getName)
                .doesNotHaveDuplicates()
                .contains("same", "Relu_1")
                .doesNotContain("");
    }

    @Test
    void dropout_thatDropsOrGivesItsMask_stays() {
        SmallGraph g = graph(13).floats("ratio", new float[] {0.5f}).bytes("on", DataType.BOOL, 1);
        g.node("Dropout", "a", "x", "ratio", "on");
        g.node("Dropout", "y", "a").addOutput("mask");
        g.output("mask", DataType.BOOL, 1, 3, 5, 5);
        assertThat(Int8Bench.operators(Simplifier.simplify(g.build()))).containsEntry("Dropout", 2);
    }

    /** Graphs inside read constants, what an identity hands on and a convolution that a batch normalisation follows. */
    @Test
    void whatGraphsInsideCapture_keepsItsName() {
        SmallGraph g = normalised(false);
        norm(g, "n", "c");
        constant(g, "two").addAttribute(SmallGraph.floating("value_float", 2));
        g.node("Identity", "i", "x");
        g.graph.addInitializer(TensorProto.newBuilder()
                .setName("yes")
                .setDataType(DataType.BOOL.number())
                .setRawData(ByteString.copyFrom(new byte[] {1})));
        g.floats("only_inside", new float[] {3});
        g.node("If", "p", "yes")
                .addAttribute(branch("then_branch", "Mul", "i", "two"))
                .addAttribute(branch("else_branch", "Add", "c", "only_inside"));
        g.node("If", "q", "yes")
                .addAttribute(branch("then_branch", "Add", "c", "only_inside"))
                .addAttribute(branch("else_branch", "Mul", "i", "two"));
        g.node("Add", "r", "p", "q");
        g.node("Add", "y", "r", "n");
        simplified(g.build(), 1e-3);
    }

    private static AttributeProto branch(String name, String operator, String... in) {
        String out = name + "_" + operator + in[0];
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(GraphProto.newBuilder()
                        .setName(name)
                        .addNode(NodeProto.newBuilder()
                                .setOpType(operator)
                                .addAllInput(java.util.List.of(in))
                                .addOutput(out))
                        .addOutput(OnnxGraph.declare(new OnnxValue(out, DataType.FLOAT, Shape.of(1, 3, 5, 5)))))
                .build();
    }
}

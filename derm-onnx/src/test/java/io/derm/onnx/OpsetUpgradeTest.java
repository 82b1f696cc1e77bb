package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import io.derm.api.ModelException;
import io.derm.api.Tensors;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models of old operator sets give in ONNX Runtime what they gave before they were rewritten. */
class OpsetUpgradeTest {

    private static SmallGraph graph(long opset, long... out) {
        return new SmallGraph(opset, 6).input("x", DataType.FLOAT, 1, 4, 6, 5).output("y", DataType.FLOAT, out);
    }

    private static void staysTheSame(OnnxModel model) {
        OnnxModel upgraded = OpsetUpgrade.toAtLeast(13, model);
        assertThat(upgraded.opset()).isEqualTo(13);
        assertThat(ModelCheck.of(upgraded)).isEmpty();
        Tensors input = Int8Bench.random(model, 9);
        Map<String, float[]> expected = Int8Bench.run(model, input);
        Map<String, float[]> found = Int8Bench.run(upgraded, input);
        assertThat(found.keySet()).containsExactlyElementsOf(expected.keySet());
        expected.forEach((name, values) -> assertThat(found.get(name))
                .as(name)
                .usingComparatorWithPrecision(1e-6f)
                .containsExactly(values));
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void axesAndParts_becomeInputs(long opset) {
        SmallGraph g = graph(opset, 4, 1).output("z", DataType.FLOAT, 4, 6);
        g.node("Split", "a", "x")
                .addOutput("b")
                .addAttribute(SmallGraph.integer("axis", 2))
                .addAttribute(SmallGraph.integers("split", 1, 5));
        g.node("Squeeze", "c", "a").addAttribute(SmallGraph.integers("axes", 0, 2));
        g.node("ReduceSum", "y", "c")
                .addAttribute(SmallGraph.integers("axes", 1))
                .addAttribute(SmallGraph.integer("keepdims", 1));
        g.node("Squeeze", "d", "x");
        g.node("Unsqueeze", "e", "d").addAttribute(SmallGraph.integers("axes", 1, -1));
        g.node("ReduceSum", "z", "e")
                .addAttribute(SmallGraph.integers("axes", -2, 1, 4))
                .addAttribute(SmallGraph.integer("keepdims", 0));
        staysTheSame(g.build());
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void partsThatAreEqual_andSumsOfAll_needNothing(long opset) {
        SmallGraph g = graph(opset, 1, 1, 1, 1);
        g.node("Split", "a", "x").addOutput("b").addAttribute(SmallGraph.integer("axis", 1));
        g.node("Sub", "c", "a", "b");
        g.node("ReduceSum", "y", "c");
        staysTheSame(g.build());
    }

    @ParameterizedTest
    @CsvSource({"Softmax,-1", "Softmax,3", "LogSoftmax,3", "Hardmax,-1"})
    void softmax_overTheLastSide_staysTheSame(String operator, long axis) {
        SmallGraph g = graph(11, 1, 4, 6, 5);
        g.node(operator, "y", "x").addAttribute(SmallGraph.integer("axis", axis));
        staysTheSame(g.build());
    }

    @Test
    void softmax_ofTwoSidesByDefault_staysTheSame() {
        SmallGraph g = graph(12, 1, 120);
        g.node("Flatten", "f", "x");
        g.node("Softmax", "y", "f");
        staysTheSame(g.build());
    }

    @Test
    void dropout_losesItsRatio() {
        SmallGraph g = graph(11, 1, 4, 6, 5);
        g.node("Dropout", "d", "x").addAttribute(SmallGraph.floating("ratio", 0.3f));
        g.node("Relu", "y", "d");
        staysTheSame(g.build());
    }

    @Test
    void graphsInside_areRewrittenToo() {
        SmallGraph g = graph(11, 4, 6, 5);
        g.graph.addInitializer(TensorProto.newBuilder()
                .setName("yes")
                .setDataType(DataType.BOOL.number())
                .setRawData(ByteString.copyFrom(new byte[] {1})));
        g.node("If", "y", "yes").addAttribute(branch("then_branch", 0)).addAttribute(branch("else_branch", -4));
        staysTheSame(g.build());
    }

    private static AttributeProto branch(String name, long axis) {
        NodeProto squeeze = NodeProto.newBuilder()
                .setOpType("Squeeze")
                .addInput("x")
                .addOutput(name + "_y")
                .addAttribute(SmallGraph.integers("axes", axis))
                .build();
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(GraphProto.newBuilder()
                        .setName(name)
                        .addNode(squeeze)
                        .addOutput(OnnxGraph.declare(new OnnxValue(name + "_y", DataType.FLOAT, Shape.of(4, 6, 5)))))
                .build();
    }

    @Test
    void newEnough_isLeftAlone() {
        SmallGraph g = graph(13, 1, 4, 6, 5);
        g.node("Softmax", "y", "x");
        OnnxModel model = g.build();
        assertThat(OpsetUpgrade.toAtLeast(13, model)).isSameAs(model);
    }

    @Test
    void whatMeansSomethingElse_isRefused() {
        SmallGraph old = graph(10, 1, 4, 6, 5);
        old.node("Relu", "y", "x");
        SmallGraph wide = graph(12, 1, 4, 6, 5);
        wide.node("Softmax", "y", "x");
        SmallGraph unknown = graph(12, 1, 4, 6, 5);
        unknown.node("Mystery", "m", "x").setDomain("elsewhere");
        unknown.node("Softmax", "y", "m");
        for (SmallGraph g : List.of(old, wide, unknown)) {
            assertThatThrownBy(() -> OpsetUpgrade.toAtLeast(13, g.build()))
                    .isInstanceOf(ModelException.class)
                    .hasMessageStartingWith("[DERM-099] Model small.onnx has ")
                    .hasMessageContaining("Remedy: ");
        }
    }
}

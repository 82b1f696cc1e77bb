package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import io.derm.api.Model;
import io.derm.api.SessionOptions;
import io.derm.ort.OrtRuntime;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorRtQdqCheckTest {
    /** A Conv of 3 x 3 or 1 x 1 with quantised weights and data and a floating bias. */
    private static NodeProto.Builder conv(SmallGraph g, String name, String data, int out, int in, int side) {
        g.floats(name + "_w", out, in, side, side).floats(name + "_b", out);
        g.quantize(name + "_wd", name + "_w", 0.01f, 0, out);
        return g.node("Conv", name, data, name + "_wd", name + "_b")
                .addAttribute(SmallGraph.integers("pads", side / 2, side / 2, side / 2, side / 2));
    }

    /**
     * Conv-BN-Relu, a residual block, a depthwise Conv with SiLU, squeeze and excite, a resize and a max pool, a concat, a Gemm, each with
     * pairs where TensorRT wants them.
     */
    static SmallGraph sound() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 8, 8, 8)
                .output("y", DataType.FLOAT, 1, 8)
                .floats("bn_s", 8)
                .floats("bn_b", 8)
                .floats("bn_m", 8)
                .floats("bn_v", 8)
                .floats("scales", new float[] {1, 1, 2, 2}, 4)
                .floats("fc_w", 8, 16)
                .floats("fc_b", 8);
        g.quantize("xd", "x", 0.1f, -1, 1);
        conv(g, "c1", "xd", 8, 8, 3);
        g.node("BatchNormalization", "bn", "c1", "bn_s", "bn_b", "bn_m", "bn_v");
        g.node("Relu", "r1", "bn");
        // The skip is the tensor that the block takes, quantised once for both.
        g.quantize("r1d", "r1", 0.2f, -1, 1);
        conv(g, "c2", "r1d", 8, 8, 3);
        g.node("Relu", "r2", "c2");
        g.quantize("r2d", "r2", 0.3f, -1, 1);
        conv(g, "c3", "r2d", 8, 8, 3);
        g.node("Add", "add", "c3", "r1d");
        g.node("Relu", "r3", "add");
        g.quantize("r3d", "r3", 0.4f, -1, 1);
        conv(g, "dw", "r3d", 8, 1, 3).addAttribute(SmallGraph.integer("group", 8));
        g.node("Sigmoid", "sig", "dw");
        g.node("Mul", "silu", "dw", "sig");
        g.node("GlobalAveragePool", "gap", "silu");
        g.quantize("gapd", "gap", 0.5f, -1, 1);
        conv(g, "se1", "gapd", 8, 8, 1);
        g.node("Relu", "se_relu", "se1");
        g.quantize("se_relud", "se_relu", 0.6f, -1, 1);
        conv(g, "se2", "se_relud", 8, 8, 1);
        g.node("HardSigmoid", "gate", "se2");
        g.node("Mul", "se", "silu", "gate");
        g.quantize("sed", "se", 0.7f, -1, 1);
        g.node("MaxPool", "pool", "sed")
                .addAttribute(SmallGraph.integers("kernel_shape", 2, 2))
                .addAttribute(SmallGraph.integers("strides", 2, 2));
        g.node("Resize", "up", "pool", "", "scales");
        // Without a pair after the pool: int8 goes through both.
        g.node("Concat", "cat", "up", "sed").addAttribute(SmallGraph.integer("axis", 1));
        g.quantize("catd", "cat", 0.7f, -1, 1);
        conv(g, "c4", "catd", 16, 16, 3);
        g.node("GlobalAveragePool", "gap2", "c4");
        g.node("Flatten", "flat", "gap2");
        g.quantize("flatd", "flat", 0.8f, -1, 1).quantize("fc_wd", "fc_w", 0.02f, 0, 8);
        g.node("Gemm", "y", "flatd", "fc_wd", "fc_b").addAttribute(SmallGraph.integer("transB", 1));
        return g;
    }

    record Mutation(String name, String rule, Consumer<SmallGraph> change) {
        @Override
        public String toString() {
            return rule + ": " + name;
        }
    }

    private static Mutation of(String rule, String name, Consumer<SmallGraph> change) {
        return new Mutation(name, rule, change);
    }

    private static void scale(SmallGraph g, String pair, float value) {
        g.tensor(pair + "_scale")
                .setRawData(TensorBytes.floatTensor("", new float[] {value}).getRawData());
    }

    private static void zero(SmallGraph g, String pair, DataType type, int value) {
        TensorProto.Builder t = g.tensor(pair + "_zero");
        byte[] bytes = new byte[t.getRawData().size()];
        Arrays.fill(bytes, (byte) value);
        t.setDataType(type.number()).setRawData(ByteString.copyFrom(bytes));
    }

    private static void shorten(NodeProto.Builder node) {
        List<String> two = List.copyOf(node.getInputList().subList(0, 2));
        node.clearInput().addAllInput(two);
    }

    /** Puts a pair between a tensor and one input of a node. */
    private static void cut(SmallGraph g, String node, int input) {
        g.quantize("cut", g.node(node).getInput(input), 0.9f, -1, 1);
        g.node(node).setInput(input, "cut");
    }

    private static void input(SmallGraph g, String node, int input, String tensor) {
        g.node(node).setInput(input, tensor);
    }

    static List<Mutation> mutations() {
        return List.of(
                of("opset", "12", g -> g.model.getOpsetImportBuilder(0).setVersion(12)),
                of("opset", "scales of float16 at 17", g -> {
                    TensorProto half = SmallGraph.half(g.tensor("xd_scale").build());
                    g.tensor("xd_scale").setDataType(half.getDataType()).setRawData(half.getRawData());
                }),
                of("int8", "uint8", g -> zero(g, "xd", DataType.UINT8, 0)),
                of("int8", "no zero point", g -> {
                    shorten(g.node("xd_q"));
                    shorten(g.node("xd"));
                }),
                of("zero-point", "of data", g -> zero(g, "xd", DataType.INT8, 3)),
                of("zero-point", "of weights", g -> zero(g, "c1_wd", DataType.INT8, -1)),
                of("scale", "0", g -> scale(g, "xd", 0)),
                of("scale", "below 0", g -> scale(g, "xd", -0.1f)),
                of("scale", "no number", g -> scale(g, "xd", Float.NaN)),
                of("scale", "infinite", g -> scale(g, "xd", Float.POSITIVE_INFINITY)),
                of("scale", "computed", g -> {
                    g.node("Identity", "later_scale", "xd_scale");
                    input(g, "xd_q", 1, "later_scale");
                    input(g, "xd", 1, "later_scale");
                }),
                of("pair", "Q without DQ", g -> g.floats("s", new float[] {1})
                        .bytes("z", DataType.INT8, 0)
                        .node("QuantizeLinear", "alone", "x", "s", "z")),
                of("pair", "other scales", g -> input(g, "xd", 1, "r1d_scale")),
                of("pair", "int8 used as such", g -> g.node("Identity", "int8", "xd_q")),
                of("pair", "a pair after a pair", g -> cut(g, "c1", 0)),
                of("pair", "DQ of a computed tensor", g -> {
                    g.node("Identity", "int8", "bytes");
                    g.bytes("bytes", DataType.INT8, 1, 1, 8, 8, 8);
                    g.node("DequantizeLinear", "xx", "int8", "xd_scale", "xd_zero");
                    input(g, "c1", 0, "xx");
                }),
                of("float-tensors", "integers", g -> {
                    g.node("Cast", "whole", "x").addAttribute(SmallGraph.integer("to", DataType.INT32.number()));
                    input(g, "xd_q", 0, "whole");
                }),
                of("float-tensors", "scales of Resize", g -> cut(g, "up", 2)),
                of("inputs", "weights alone", g -> input(g, "c1", 0, "x")),
                of("inputs", "data alone", g -> input(g, "c1", 1, "c1_w")),
                of("inputs", "data of a Gemm alone", g -> input(g, "y", 1, "fc_w")),
                of("weights", "computed", g -> {
                    g.node("Identity", "w", "c4_w");
                    g.quantize("wd", "w", 0.1f, -1, 1);
                    input(g, "c4", 1, "wd");
                }),
                of("weights", "another constant", g -> {
                    g.floats("shift", 8, 1, 1);
                    g.node("Add", "shifted", "silu", "shift");
                    cut(g, "shifted", 1);
                }),
                of("per-channel", "data", g -> {
                    g.quantize("xp", "x", 0.1f, 1, 8);
                    input(g, "c1", 0, "xp");
                }),
                of("per-channel", "weights along another axis", g -> {
                    g.quantize("wp", "c1_w", 0.1f, 1, 8);
                    input(g, "c1", 1, "wp");
                }),
                of("per-channel", "weights of a Gemm along another axis", g -> {
                    g.quantize("wp", "fc_w", 0.1f, 1, 16);
                    input(g, "y", 1, "wp");
                }),
                of("bias", "quantised", g -> cut(g, "c1", 2)),
                of("bias", "in int32", g -> {
                    g.graph.addInitializer(TensorBytes.longTensor("b32", 0, 0, 0, 0).toBuilder()
                            .setDataType(DataType.INT32.number())
                            .setDims(0, 8)
                            .setName("b32"));
                    g.node("DequantizeLinear", "bd", "b32", "xd_scale");
                    input(g, "c1", 2, "bd");
                }),
                of("grouped", "kernels of 1", g -> {
                    conv(g, "dw1", "r3d", 8, 1, 1).addAttribute(SmallGraph.integer("group", 8));
                    input(g, "gap", 0, "dw1");
                }),
                of("grouped", "12 channels", g -> conv(g, "dw12", "r3d", 12, 2, 3)
                        .addAttribute(SmallGraph.integer("group", 4))),
                of("partition", "Conv and batch norm", g -> cut(g, "bn", 0)),
                of("partition", "batch norm and activation", g -> cut(g, "r1", 0)),
                of("partition", "Conv and activation", g -> cut(g, "r2", 0)),
                of("partition", "residual Add and activation", g -> cut(g, "r3", 0)),
                of("silu", "before the sigmoid", g -> cut(g, "sig", 0)),
                of("silu", "after the sigmoid", g -> cut(g, "silu", 1)),
                of("silu", "beside the sigmoid", g -> cut(g, "silu", 0)),
                of("partition-output", "softmax", g -> {
                    g.node("Softmax", "softmax", "c4");
                    cut(g, "softmax", 0);
                }),
                of("partition-output", "output of the graph", g -> {
                    g.quantize("end", "y", 0.9f, -1, 1);
                    g.output("end", DataType.FLOAT, 1, 8);
                }),
                of("residual", "skip floating", g -> input(g, "add", 1, "r1")),
                of("residual", "the convolution's output too", g -> cut(g, "add", 0)),
                of("residual", "the convolution's output in its place", g -> {
                    cut(g, "add", 0);
                    input(g, "add", 1, "r1");
                }),
                of("gate", "one factor", g -> cut(g, "se", 0)),
                of("gate", "the gate", g -> cut(g, "se", 1)),
                of("concat", "two scales", g -> cut(g, "cat", 0)),
                of("concat", "another scale after", g -> scale(g, "catd", 0.9f)),
                of("commute", "max pool", g -> {
                    g.quantize("poold", "pool", 0.1f, -1, 1);
                    conv(g, "after", "poold", 8, 8, 3);
                }));
    }

    @Test
    void graph_asItIs_passesAndRuns() {
        OnnxModel model = sound().build();
        assertThat(ModelCheck.of(model)).isEmpty();
        assertThat(TensorRtQdqCheck.of(model)).isEmpty();
        new OrtRuntime()
                .open(
                        Model.of("small", model.proto().toByteArray()),
                        SessionOptions.defaults().withThreads(1))
                .close();
    }

    @ParameterizedTest
    @MethodSource("mutations")
    void mutation_breaksItsRuleAndNoOther(Mutation mutation) {
        SmallGraph g = sound();
        mutation.change().accept(g);
        assertThat(TensorRtQdqCheck.of(g.build()))
                .isNotEmpty()
                .allSatisfy(f -> assertThat(f.rule()).as("%s", f).isEqualTo(mutation.rule()));
    }

    @Test
    void weights_asInt8Initialisers_pass() {
        SmallGraph g = sound();
        g.bytes("c1_i", DataType.INT8, 5, 8, 8, 3, 3);
        input(g, "c1_wd", 0, "c1_i");
        input(g, "c1_wd_q", 0, "c1_w");
        g.graph.removeNode(indexOf(g, "c1_wd_q"));
        assertThat(TensorRtQdqCheck.of(g.build())).isEmpty();
    }

    private static int indexOf(SmallGraph g, String node) {
        return g.graph.getNodeList().stream().map(NodeProto::getName).toList().indexOf(node);
    }

    /** Either of two convolutions may be the one that the Add is fused to. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void shortcut_withItsOwnConv_hasOneInputQuantised(int quantised) {
        SmallGraph g = sound();
        conv(g, "down", "r1d", 8, 8, 1);
        input(g, "add", 1, "down");
        assertThat(TensorRtQdqCheck.of(g.build())).extracting(Finding::rule).containsExactly("residual");
        cut(g, "add", quantised);
        assertThat(TensorRtQdqCheck.of(g.build())).isEmpty();
    }

    @Test
    void gate_withBothFactorsQuantised_passes() {
        SmallGraph g = sound();
        g.quantize("gd", "gate", 0.9f, -1, 1).quantize("sd", "silu", 0.9f, -1, 1);
        g.node("se").setInput(0, "sd").setInput(1, "gd");
        assertThat(TensorRtQdqCheck.of(g.build())).isEmpty();
    }

    @Test
    void transposedConv_hasItsChannelsOnAxis1() {
        SmallGraph g = sound();
        g.floats("t_w", 8, 4, 2, 2).quantize("t_wd", "t_w", 0.1f, 1, 4);
        g.node("ConvTranspose", "t", "r3d", "t_wd");
        assertThat(TensorRtQdqCheck.of(g.build())).isEmpty();
        g.quantize("t_w0", "t_w", 0.1f, 0, 8);
        input(g, "t", 1, "t_w0");
        assertThat(TensorRtQdqCheck.of(g.build())).extracting(Finding::rule).containsExactly("per-channel");
    }

    @Test
    void modelWithoutPairs_passes() {
        SmallGraph g = new SmallGraph(11, 6).input("x", DataType.FLOAT, 2).output("y", DataType.FLOAT, 2);
        g.node("Relu", "y", "x");
        assertThat(TensorRtQdqCheck.of(g.build())).isEmpty();
    }
}

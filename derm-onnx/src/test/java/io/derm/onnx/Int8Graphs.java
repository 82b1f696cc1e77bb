package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** Small graphs with what int8 has to deal with, for tests. */
final class Int8Graphs {
    /**
     * A graph.
     *
     * @param operators how often operators shall be in what ONNX Runtime makes of it in int8
     */
    record Case(String name, OnnxModel model, Map<String, Integer> operators) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final int C = 8;
    private static final int SIDE = 12;

    private final SmallGraph graph = new SmallGraph(17, 8);
    private final Random random;

    private Int8Graphs(long seed) {
        random = new Random(seed);
        graph.input("x", DataType.FLOAT, 1, C, SIDE, SIDE);
    }

    static Stream<Case> all() {
        return Stream.of(
                relu(),
                clip(),
                leaky(),
                silu(),
                squeezeExcite(),
                residual(),
                concat(),
                maxPool(),
                resize(),
                splitAndSlice(),
                gemm(),
                gemmOfRows(),
                sharedWeights(),
                outputConsumed(),
                inputUsedTwice(),
                outputOfPassing(),
                scalars(),
                dynamicBatch(),
                computedSizes(),
                depthwise(),
                sumOfThree());
    }

    private float[] normal(int n, double spread) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (spread * random.nextGaussian());
        }
        return values;
    }

    private NodeProto.Builder conv(String out, String in, int from, int to, int kernel, int groups, double gain) {
        int fan = from / groups * kernel * kernel;
        graph.floats(out + "_w", normal(to * fan, gain / Math.sqrt(fan)), to, from / groups, kernel, kernel);
        graph.floats(out + "_b", normal(to, 0.3 * gain), to);
        return convWith(out, in, out, kernel).addAttribute(SmallGraph.integer("group", groups));
    }

    private NodeProto.Builder convWith(String out, String in, String weights, int kernel) {
        return graph.node("Conv", out, in, weights + "_w", weights + "_b")
                .addAttribute(SmallGraph.integers("kernel_shape", kernel, kernel))
                .addAttribute(SmallGraph.integers("pads", kernel / 2, kernel / 2, kernel / 2, kernel / 2));
    }

    private Int8Graphs conv(String out, String in) {
        conv(out, in, C, C, 3, 1, 1.4);
        return this;
    }

    private Int8Graphs node(String operator, String out, String... in) {
        graph.node(operator, out, in);
        return this;
    }

    private Case done(String name, Map<String, Integer> operators, String... outputs) {
        for (String o : outputs) {
            OnnxValue v = graph.build().graph().infer().get(o);
            graph.graph.addOutput(OnnxGraph.declare(new OnnxValue(o, DataType.FLOAT, v.shape())));
        }
        return new Case(name, graph.build(), operators);
    }

    static Case relu() {
        Int8Graphs g = new Int8Graphs(1).conv("a", "x").node("Relu", "r", "a").conv("y", "r");
        return g.done("conv, relu", Map.of("QLinearConv", 2, "Relu", 0), "y");
    }

    static Case clip() {
        Int8Graphs g = new Int8Graphs(2);
        g.conv("a", "x", C, C, 3, 1, 6);
        g.graph.floats("zero", new float[] {0}).floats("six", new float[] {6});
        g.node("Clip", "r", "a", "zero", "six").conv("y", "r");
        return g.done("conv, clip", Map.of("QLinearConv", 2, "Clip", 0), "y");
    }

    static Case leaky() {
        Int8Graphs g = new Int8Graphs(3).conv("a", "x");
        g.graph.node("LeakyRelu", "r", "a").addAttribute(SmallGraph.floating("alpha", 0.1f));
        return g.conv("y", "r")
                .done("conv, leaky", Map.of("QLinearConv", 2, "QLinearLeakyRelu", 1, "LeakyRelu", 0), "y");
    }

    private Int8Graphs silu(String out, String in) {
        return node("Sigmoid", out + "_s", in).node("Mul", out, in, out + "_s");
    }

    static Case silu() {
        Int8Graphs g = new Int8Graphs(4).conv("a", "x").silu("r", "a").conv("y", "r");
        return g.done("silu", Map.of("QLinearConv", 2, "QLinearSigmoid", 1, "QLinearMul", 1), "y");
    }

    static Case squeezeExcite() {
        Int8Graphs g = new Int8Graphs(5).conv("a", "x").silu("b", "a").node("GlobalAveragePool", "p", "b");
        g.conv("s1", "p", C, 4, 1, 1, 6);
        g.silu("s2", "s1").conv("s3", "s2", 4, C, 1, 1, 3);
        g.node("Sigmoid", "g", "s3").node("Mul", "m", "b", "g").conv("y", "m");
        return g.done(
                "squeeze and excite",
                Map.of("QLinearConv", 4, "QLinearSigmoid", 3, "QLinearMul", 3, "QLinearGlobalAveragePool", 1),
                "y");
    }

    static Case residual() {
        Int8Graphs g = new Int8Graphs(6).conv("a", "x").node("Relu", "r", "a").conv("b", "r");
        g.node("Add", "s", "r", "b").node("Relu", "t", "s").conv("y", "t");
        return g.done("residual", Map.of("QLinearConv", 3, "QLinearAdd", 1, "Relu", 0), "y");
    }

    static Case concat() {
        Int8Graphs g = new Int8Graphs(7).conv("a", "x");
        g.conv("b", "x", C, C, 3, 1, 5);
        g.graph.node("Concat", "c", "a", "b").addAttribute(SmallGraph.integer("axis", 1));
        g.conv("y", "c", 2 * C, C, 1, 1, 1);
        return g.done("concat", Map.of("QLinearConv", 3, "QLinearConcat", 1), "y");
    }

    private NodeProto.Builder maxPool(String out, String in) {
        return graph.node("MaxPool", out, in)
                .addAttribute(SmallGraph.integers("kernel_shape", 3, 3))
                .addAttribute(SmallGraph.integers("strides", 2, 2))
                .addAttribute(SmallGraph.integers("pads", 1, 1, 1, 1));
    }

    static Case maxPool() {
        Int8Graphs g = new Int8Graphs(8).conv("a", "x").node("Relu", "r", "a");
        g.maxPool("p", "r");
        return g.conv("y", "p").done("max pool", Map.of("QLinearConv", 2, "NhwcMaxPool", 1), "y");
    }

    static Case resize() {
        Int8Graphs g = new Int8Graphs(9).conv("a", "x");
        g.graph.floats("scales", new float[] {1, 1, 2, 2}, 4);
        g.graph.node("Resize", "u", "a", "", "scales").addAttribute(SmallGraph.text("mode", "nearest"));
        return g.conv("y", "u").done("resize", Map.of("QLinearConv", 2, "Resize", 1), "y");
    }

    static Case splitAndSlice() {
        Int8Graphs g = new Int8Graphs(10).conv("a", "x");
        g.graph.longs("parts", 4, 4).longs("from", 1).longs("to", 3).longs("axes", 1);
        g.graph.node("Split", "p", "a", "parts").addOutput("q").addAttribute(SmallGraph.integer("axis", 1));
        g.node("Slice", "l", "q", "from", "to", "axes");
        g.conv("b", "p", 4, C, 3, 1, 1);
        g.conv("c", "l", 2, C, 3, 1, 1);
        return g.node("Add", "y", "b", "c").done("split, slice", Map.of("QLinearConv", 3, "QLinearAdd", 1), "y");
    }

    private Int8Graphs pooled() {
        return conv("a", "x")
                .node("Relu", "r", "a")
                .node("GlobalAveragePool", "p", "r")
                .node("Flatten", "f", "p");
    }

    static Case gemm() {
        Int8Graphs g = new Int8Graphs(11).pooled();
        g.graph.floats("w", g.normal(5 * C, 1), 5, C).floats("b", g.normal(5, 1), 5);
        g.graph.node("Gemm", "y", "f", "w", "b").addAttribute(SmallGraph.integer("transB", 1));
        return g.done("gemm", Map.of("QLinearConv", 1, "QGemm", 1, "Gemm", 0, "QLinearGlobalAveragePool", 1), "y");
    }

    /** Weights as they are, one bias for all, and another layer with one for each row. */
    static Case gemmOfRows() {
        Int8Graphs g = new Int8Graphs(12).pooled();
        g.graph.floats("w", g.normal(5 * C, 1), C, 5).floats("b", new float[] {2}, 1);
        g.graph.floats("v", g.normal(5 * 5, 1), 5, 5).floats("c", g.normal(5, 1), 1, 5);
        g.node("Gemm", "h", "f", "w", "b");
        g.graph.node("Gemm", "y", "h", "v", "c").addAttribute(SmallGraph.integer("transB", 1));
        return g.done("gemm with one bias", Map.of("QLinearConv", 1, "QGemm", 1, "Gemm", 1), "y");
    }

    static Case sharedWeights() {
        Int8Graphs g = new Int8Graphs(13).conv("a", "x").node("Relu", "r", "a");
        g.convWith("y", "r", "a", 3);
        return g.done("shared weights", Map.of("QLinearConv", 2), "y");
    }

    static Case outputConsumed() {
        Int8Graphs g = new Int8Graphs(14).conv("a", "x").node("Relu", "r", "a").conv("y", "r");
        return g.done("outputs consumed", Map.of("QLinearConv", 2), "y", "r", "a");
    }

    static Case inputUsedTwice() {
        Int8Graphs g = new Int8Graphs(15).conv("a", "x").conv("b", "x").node("Add", "y", "a", "b");
        g.node("Tanh", "z", "x");
        return g.done("input used thrice", Map.of("QLinearConv", 2, "QLinearAdd", 1, "Tanh", 1), "y", "z");
    }

    static Case outputOfPassing() {
        Int8Graphs g = new Int8Graphs(16).conv("a", "x");
        g.maxPool("y", "a");
        return g.done("output of a pool", Map.of("QLinearConv", 1, "NhwcMaxPool", 1), "y");
    }

    static Case scalars() {
        Int8Graphs g = new Int8Graphs(17).conv("a", "x");
        g.graph.floats("half", new float[] {-0.37f}).floats("one", new float[] {1.7f}, 1);
        g.node("Mul", "m", "a", "half").node("Add", "s", "one", "m").conv("y", "s");
        return g.done("scalars", Map.of("QLinearConv", 2, "QLinearMul", 1, "QLinearAdd", 1), "y");
    }

    static Case dynamicBatch() {
        Int8Graphs g = new Int8Graphs(18);
        g.graph.graph.clearInput();
        g.graph.input("x", DataType.FLOAT, -1, C, SIDE, SIDE);
        return g.conv("a", "x").node("Relu", "r", "a").conv("y", "r").done("free batch", Map.of("QLinearConv", 2), "y");
    }

    /** Sizes of a Resize that the graph computes, as exporters write an upsampling to the size of another tensor. */
    static Case computedSizes() {
        Int8Graphs g = new Int8Graphs(19).conv("a", "x");
        g.graph.floats("two", new float[] {1, 1, 2, 2}, 4).longs("four", 4);
        g.node("Shape", "n", "a");
        g.graph.node("Cast", "f", "n").addAttribute(SmallGraph.integer("to", DataType.FLOAT.number()));
        g.node("Mul", "d", "f", "two").node("Div", "q", "d", "f");
        g.graph.node("Resize", "u", "a", "", "q").addAttribute(SmallGraph.text("mode", "nearest"));
        g.conv("y", "u");
        OnnxValue y = new OnnxValue("y", DataType.FLOAT, Shape.of(1, C, 2 * SIDE, 2 * SIDE));
        g.graph.graph.addOutput(OnnxGraph.declare(y));
        return new Case("computed sizes", g.graph.build(), Map.of("QLinearConv", 2));
    }

    /** As darknet's shortcut from several layers: a convolution's output goes into two sums. */
    static Case sumOfThree() {
        Int8Graphs g = new Int8Graphs(21).conv("a", "x").node("Relu", "r", "a").conv("b", "r");
        g.graph.floats("half", new float[] {0.5f});
        g.node("Mul", "h", "b", "half")
                .node("Add", "s", "h", "r")
                .node("Add", "t", "s", "h")
                .conv("y", "t");
        return g.done("sum of three", Map.of("QLinearConv", 3, "QLinearAdd", 2), "y");
    }

    static Case depthwise() {
        Int8Graphs g = new Int8Graphs(20);
        g.conv("a", "x", C, 2 * C, 1, 1, 1.4);
        g.node("Relu", "r", "a").conv("b", "r", 2 * C, 2 * C, 3, 2 * C, 1.4);
        g.node("Relu", "s", "b").conv("y", "s", 2 * C, 4, 1, 1, 1.4);
        return g.done("depthwise", Map.of("QLinearConv", 3, "Relu", 0), "y");
    }
}

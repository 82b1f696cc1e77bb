package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.derm.api.Tensors;
import io.derm.onnx.Quantiser.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One convolution in int8 against the formulas of QuantizeLinear, QLinearConv and DequantizeLinear of the ONNX operator documents. */
class QuantisedConvTest {
    private static final int IN = 3;
    private static final int OUT = 5;
    private static final int SIDE = 9;

    private final float[] weights = new float[OUT * IN * 9];
    private final float[] bias = new float[OUT];
    private final Random random = new Random(23);

    QuantisedConvTest() {
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (random.nextGaussian() * Math.pow(3, i / (IN * 9) - 2));
        }
        for (int i = 0; i < OUT; i++) {
            bias[i] = (float) random.nextGaussian();
        }
    }

    private OnnxModel model() {
        SmallGraph g = new SmallGraph(13, 7)
                .input("x", DataType.FLOAT, 1, IN, SIDE, SIDE)
                .output("y", DataType.FLOAT, 1, OUT, SIDE, SIDE)
                .floats("w", weights, OUT, IN, 3, 3)
                .floats("b", bias, OUT);
        g.node("Conv", "y", "x", "w", "b").addAttribute(SmallGraph.integers("pads", 1, 1, 1, 1));
        return g.build();
    }

    /** Sums of products with a border of zeros, exact for integers. */
    private static double[] conv(double[] x, double[] w) {
        double[] y = new double[OUT * SIDE * SIDE];
        for (int i = 0; i < y.length; i++) {
            int out = i / (SIDE * SIDE);
            int row = i / SIDE % SIDE;
            int column = i % SIDE;
            for (int k = 0; k < IN * 9; k++) {
                int r = row + k / 3 % 3 - 1;
                int c = column + k % 3 - 1;
                if (r >= 0 && r < SIDE && c >= 0 && c < SIDE) {
                    y[i] += x[(k / 9 * SIDE + r) * SIDE + c] * w[out * IN * 9 + k];
                }
            }
        }
        return y;
    }

    private static double[] doubles(float[] values) {
        double[] d = new double[values.length];
        for (int i = 0; i < d.length; i++) {
            d[i] = values[i];
        }
        return d;
    }

    private record Scale(double step, double zero) {
        static Scale of(double[] values) {
            double low = 0;
            double high = 0;
            for (double v : values) {
                low = Math.min(low, v);
                high = Math.max(high, v);
            }
            return new Scale((high - low) / 255, Math.rint(-low / ((high - low) / 255)));
        }

        double level(double v) {
            return Math.max(0, Math.min(255, Math.rint(v / step) + zero));
        }
    }

    /** Whether sums of products of full weights are cut off here, for which they are not the default. */
    private static boolean cutsOff() throws IOException {
        Path processors = Path.of("/proc/cpuinfo");
        return System.getProperty("os.arch").equals("amd64")
                && Files.isReadable(processors)
                && !Files.readString(processors).contains("vnni");
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 127})
    void conv_againstIntegers_isTheSameToOneLevel(int top) throws IOException {
        assumeTrue(
                top == 64 || !cutsOff(),
                "this processor has no VNNI: ONNX Runtime adds full weights up in 16 bits on it");
        OnnxModel model = model();
        Tensors sample = Int8Bench.random(model, 5);
        float[] x = new float[IN * SIDE * SIDE];
        sample.get(0).floats().get(0, x);
        Scale in = Scale.of(doubles(x));
        double[] exact = conv(doubles(x), doubles(weights));
        double[] levels = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            levels[i] = in.level(x[i]) - in.zero();
        }
        double[] steps = new double[OUT];
        double[] rounded = new double[weights.length];
        for (int c = 0; c < OUT; c++) {
            for (int i = c * IN * 9; i < (c + 1) * IN * 9; i++) {
                steps[c] = Math.max(steps[c], Math.abs(weights[i]) / (double) top);
            }
            for (int i = c * IN * 9; i < (c + 1) * IN * 9; i++) {
                rounded[i] = Math.rint(weights[i] / steps[c]);
            }
        }
        double[] sums = conv(levels, rounded);
        for (int i = 0; i < exact.length; i++) {
            exact[i] += bias[i / (SIDE * SIDE)];
        }
        Scale out = Scale.of(exact);

        Calibration calibration = Int8Bench.calibrate(model, Samples.of(java.util.List.of(sample)));
        OnnxModel int8 = Quantiser.to(Target.ONNX_RUNTIME)
                .withRanges(RangeMethod.MIN_MAX)
                .withFullWeights(top == 127)
                .quantise(calibration);
        float[] found = Int8Bench.run(int8, sample).get("y");

        int different = 0;
        for (int i = 0; i < found.length; i++) {
            int c = i / (SIDE * SIDE);
            double unit = in.step() * steps[c];
            double y = out.level((sums[i] + Math.rint(bias[c] / unit)) * unit) - out.zero();
            double level = found[i] / out.step();
            assertThat(level).as("element %d", i).isBetween(y - 1.01, y + 1.01);
            different += Math.abs(level - y) > 0.01 ? 1 : 0;
        }
        assertThat(different).as("elements rounded to the other side").isLessThan(found.length / 50);
    }

    @Test
    void weights_byDefault_leaveRoomInSixteenBits() {
        Calibration calibration = Int8Bench.calibrate(model());
        assertThat(largest(Quantiser.to(Target.ONNX_RUNTIME).quantise(calibration)))
                .isEqualTo(64);
        assertThat(255 * (64 + 64)).isLessThanOrEqualTo(Short.MAX_VALUE);
        assertThat(largest(
                        Quantiser.to(Target.ONNX_RUNTIME).withFullWeights(true).quantise(calibration)))
                .isEqualTo(127);
        assertThat(largest(Quantiser.to(Target.TENSORRT).quantise(calibration))).isEqualTo(127);
    }

    /** The largest level of every channel, which must be the same for all. */
    private static int largest(OnnxModel model) {
        NodeProto conv = model.graph().producer("y").orElseThrow();
        if (!conv.getOpType().equals("Conv")) {
            NodeProto q = model.graph().producer(conv.getInput(0)).orElseThrow();
            conv = model.graph().producer(q.getInput(0)).orElseThrow();
        }
        NodeProto dq = model.graph().producer(conv.getInput(1)).orElseThrow();
        TensorProto levels = model.graph().initialiser(dq.getInput(0)).orElseThrow();
        assertThat(levels.getDataType()).isEqualTo(DataType.INT8.number());
        ByteBuffer bytes = model.bytes(levels);
        int[] largest = new int[OUT];
        for (int i = 0; i < bytes.limit(); i++) {
            largest[i / (IN * 9)] = Math.max(largest[i / (IN * 9)], Math.abs(bytes.get(i)));
        }
        assertThat(largest).containsOnly(largest[0]);
        return largest[0];
    }

    @Test
    void bias_beyondTheProducts_isKept() {
        for (int i = 0; i < IN * 9; i++) {
            weights[i] = 0;
            weights[IN * 9 + i] *= 1e-9f;
            weights[2 * IN * 9 + i] *= 1e-30f;
        }
        bias[0] = 1000;
        bias[1] = -300;
        bias[2] = 2e6f;
        bias[3] = 1e6f;
        OnnxModel model = model();
        Calibration calibration = Int8Bench.calibrate(model);
        Tensors input = Int8Bench.random(model, 3);
        float[] expected = Int8Bench.run(model, input).get("y");
        for (Target target : Target.values()) {
            float[] found = Int8Bench.run(
                            Quantiser.to(target).withRanges(RangeMethod.MIN_MAX).quantise(calibration), input)
                    .get("y");
            // All channels share the step of the largest, 2e6 / 255.
            for (int i = 0; i < found.length; i++) {
                assertThat(found[i])
                        .as("%s, channel %d", target, i / SIDE / SIDE)
                        .isBetween(expected[i] - 4000, expected[i] + 4000);
            }
        }
    }

    @Test
    void bias_inIntegers_standsForItself() {
        float[] w = {0, 0, 1e-20f, -1e-20f, 3, 4, 1e-3f, 0};
        float[] b = {1234.5f, -7e8f, 5, 0};
        float step = 0.002f;
        QuantisedWeight q = QuantisedWeight.of(w, new long[] {4, 2, 1, 1}, 127, true, 0, b, step);
        for (int c = 0; c < 4; c++) {
            double scale = q.biasScales()[c];
            assertThat(q.bias()[c] * scale).as("rounded to nearest").isBetween(b[c] - 0.5 * scale, b[c] + 0.5 * scale);
            assertThat(q.biasScales()[c]).isEqualTo(step * q.scales()[c]);
            assertThat(Math.abs((long) q.bias()[c])).isLessThanOrEqualTo((1L << 30) + 128);
        }
        assertThat(q.levels()).startsWith(0, 0, 0, 0, 95, 127).endsWith(127, 0);
    }

    @Test
    void channelOfSmallWeights_hasAScaleThatFloat16Has() {
        float normal = 0x1p-14f;
        float[] w = {0.5f, -0.25f, 3e-3f, -1e-3f, 1e-9f, 0};
        long[] dims = {3, 2, 1, 1};
        QuantisedWeight q = QuantisedWeight.of(w, dims, 127, true, normal, new float[0], 0);
        assertThat(q.scales()).containsExactly(0.5f / 127, normal, normal);
        for (int i = 0; i < w.length; i++) {
            // No channel is rounded more coarsely than by one scale for all.
            assertThat(q.levels()[i] * q.scales()[i / 2]).isBetween(w[i] - 0.25f / 127, w[i] + 0.25f / 127);
        }
        float[] allSmall = {3e-3f, -1e-3f, 1e-4f, 0};
        QuantisedWeight fine =
                QuantisedWeight.of(allSmall, new long[] {2, 2, 1, 1}, 127, true, normal, new float[0], 0);
        assertThat(fine.scales()).containsExactly(3e-3f / 127, 1e-4f / 127);
    }

    @Test
    void bias_inFloat_costsNoWeights() {
        for (int i = 0; i < bias.length; i++) {
            bias[i] = 1e6f;
        }
        SmallGraph g = new SmallGraph(13, 7)
                .input("x", DataType.FLOAT, 1, IN, SIDE, SIDE)
                .output("y", DataType.FLOAT, 1, OUT, SIDE, SIDE)
                .floats("w", weights, OUT, IN, 3, 3)
                .floats("tiny", new float[] {1e-7f}, 1)
                .floats("b", bias, OUT);
        g.node("Mul", "t", "x", "tiny");
        g.node("Conv", "y", "t", "w", "b").addAttribute(SmallGraph.integers("pads", 1, 1, 1, 1));
        OnnxModel model = g.build();
        assertThat(largest(Quantiser.to(Target.TENSORRT).quantise(Int8Bench.calibrate(model))))
                .isEqualTo(127);
    }
}

package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.ModelException;
import io.derm.onnx.Quantiser.Target;
import io.derm.ort.OrtRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A network with a layer that int8 ruins: one of its input channels is thousands of times as large as the others. */
class AccuracyBudgetTest {
    private static final int C = 8;

    private final Random random = new Random(31);

    private void conv(SmallGraph g, String out, String in, float firstInput) {
        float[] weights = new float[C * C];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (random.nextGaussian() / 3) * (i % C == 0 ? firstInput : 1);
        }
        g.floats(out + "_w", weights, C, C, 1, 1);
        g.node("Conv", out, in, out + "_w");
    }

    private OnnxModel planted() {
        SmallGraph g =
                new SmallGraph(17, 8).input("x", DataType.FLOAT, 1, C, 6, 6).output("y", DataType.FLOAT, 1, C, 6, 6);
        float[] divisor = {1 / 5000f, 1, 1, 1, 1, 1, 1, 1};
        g.floats("divisor", divisor, 1, C, 1, 1);
        conv(g, "c1", "x", 1);
        g.node("Relu", "r1", "c1");
        conv(g, "c2", "r1", 1);
        // A division is computed in float for both targets, so that the layer before it is none of those that are
        // ruined.
        g.node("Div", "d", "c2", "divisor");
        conv(g, "bad", "d", 1 / 5000f);
        g.node("Tanh", "t", "bad");
        conv(g, "c3", "t", 1);
        g.node("Relu", "r3", "c3");
        conv(g, "y", "r3", 1);
        return g.build();
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void ruinedLayer_ranksFirstAndAloneStaysFloat(Target target) {
        OnnxModel model = planted();
        Samples samples = Int8Bench.samples(model, 6);
        Calibration calibration = Int8Bench.calibrate(model, samples);
        Quantiser quantiser = Quantiser.to(target).withRanges(RangeMethod.MIN_MAX);
        OutputError error = new OutputError(model, new OrtRuntime(), Int8Bench.OPTIONS, samples);

        List<LayerSensitivity> ranked = LayerSensitivity.of(quantiser, calibration, error, Progress.NONE);
        assertThat(ranked).extracting(LayerSensitivity::layer).containsExactlyInAnyOrder("c1", "c2", "bad", "c3", "y");
        assertThat(ranked.get(0).layer()).isEqualTo("bad");
        assertThat(ranked.get(0).loss()).isGreaterThan(10 * ranked.get(1).loss());

        double budget = 0.1;
        AccuracyBudget met = AccuracyBudget.meet(quantiser, calibration, error, budget, () -> ranked);
        assertThat(met.kept()).containsExactly("bad");
        assertThat(met.loss()).isLessThan(budget).isCloseTo(error.applyAsDouble(met.model()), within(1e-9));
        assertThat(met.trials()).first().matches(t -> t.kept() == 0 && t.loss() > budget);
        assertThat(quantiser.layers(calibration)).hasSize(5);
        assertThat(met.model().graph().initialisers()).containsKey("bad_w").doesNotContainKeys("c2_w", "c3_w");

        List<LayerSensitivity> misranked = new ArrayList<>(ranked.subList(1, 4));
        misranked.add(ranked.get(0));
        misranked.add(ranked.get(4));
        assertThat(AccuracyBudget.meet(quantiser, calibration, error, budget, () -> misranked)
                        .kept())
                .containsExactly("bad");
    }

    @Test
    void layersKeptBefore_stayFloatWhileOthersAreMeasured() {
        OnnxModel model = planted();
        Calibration calibration = Int8Bench.calibrate(model);
        for (Target target : Target.values()) {
            List<Set<String>> seen = new ArrayList<>();
            List<LayerSensitivity> ranked = LayerSensitivity.of(
                    Quantiser.to(target).keeping(List.of("ba*", "c3")),
                    calibration,
                    m -> {
                        seen.add(m.graph().initialisers().keySet());
                        return seen.size();
                    },
                    Progress.NONE);
            assertThat(ranked).extracting(LayerSensitivity::layer).containsExactly("y", "c2", "c1");
            assertThat(seen).allMatch(s -> s.contains("bad_w") && s.contains("c3_w"));
            assertThat(seen.get(0)).contains("c2_w", "y_w").doesNotContain("c1_w");
        }
    }

    @Test
    void budgetThatIsKept_asksForNoSensitivities() {
        Calibration calibration = Int8Bench.calibrate(planted());
        AccuracyBudget met = AccuracyBudget.meet(Quantiser.to(Target.ONNX_RUNTIME), calibration, m -> 0.5, 0.5, () -> {
            throw new AssertionError();
        });
        assertThat(met.kept()).isEmpty();
        assertThat(met.loss()).isEqualTo(0.5);
    }

    @Test
    void budgetThatCannotBeKept_isRefused() {
        Calibration calibration = Int8Bench.calibrate(planted());
        for (Quantiser q : List.of(
                Quantiser.to(Target.ONNX_RUNTIME), Quantiser.to(Target.TENSORRT).keeping(List.of("*")))) {
            assertThatThrownBy(() -> AccuracyBudget.meet(
                            q,
                            calibration,
                            m -> Double.NaN,
                            1,
                            () -> LayerSensitivity.of(q, calibration, m -> 1, Progress.NONE)))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("[DERM-079] Model small.onnx loses NaN with every layer in float");
        }
    }

    @Test
    void outputError_isTheWorstOfTheFloatOutputs() {
        Samples samples = Int8Bench.samples(scaled(1, 1), 3);
        OutputError error = new OutputError(scaled(1, 1), new OrtRuntime(), Int8Bench.OPTIONS, samples);
        assertThat(error.applyAsDouble(scaled(1, 1))).isZero();
        assertThat(error.applyAsDouble(scaled(1.25f, 0.9f))).isCloseTo(0.25, within(1e-6));
        assertThat(error.applyAsDouble(scaled(0.9f, 1.5f))).isCloseTo(0.5, within(1e-6));
        assertThat(error.applyAsDouble(scaled(1, Float.NaN))).isInfinite();
        assertThat(error.applyAsDouble(scaled(Float.NaN, 1))).isInfinite();
    }

    /** Two outputs in float around one of integers. */
    private static OnnxModel scaled(float first, float second) {
        SmallGraph g = new SmallGraph(13, 7)
                .input("x", DataType.FLOAT, 1, 5)
                .output("a", DataType.FLOAT, 1, 5)
                .output("i", DataType.INT64, 1, 1)
                .output("b", DataType.FLOAT, 1, 5)
                .floats("first", new float[] {first})
                .floats("second", new float[] {second});
        g.node("Mul", "a", "x", "first");
        g.node("ArgMax", "i", "x").addAttribute(SmallGraph.integer("axis", 1));
        g.node("Mul", "b", "x", "second");
        return g.build();
    }
}

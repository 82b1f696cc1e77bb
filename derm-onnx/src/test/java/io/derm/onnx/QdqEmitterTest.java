package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.ElementType;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import io.derm.onnx.Int8Graphs.Case;
import io.derm.onnx.Quantiser.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Both ways of writing int8, run by ONNX Runtime and held to the documents. */
class QdqEmitterTest {
    @TempDir
    Path folder;

    static Stream<Case> graphs() {
        return Int8Graphs.all();
    }

    private static OnnxModel int8(OnnxModel model, Target target, String... kept) {
        return Quantiser.to(target).keeping(List.of(kept)).quantise(Int8Bench.calibrate(model));
    }

    private static void isClose(OnnxModel model, OnnxModel int8, Tensors input, double limit) {
        Map<String, float[]> expected = Int8Bench.run(model, input);
        Map<String, float[]> found = Int8Bench.run(int8, input);
        assertThat(found.keySet()).containsExactlyElementsOf(expected.keySet());
        expected.forEach((name, values) ->
                assertThat(Int8Bench.error(found.get(name), values)).as(name).isLessThan(limit));
    }

    private static void isSameOutside(OnnxModel model, OnnxModel int8) {
        assertThat(int8.graph().inputs()).isEqualTo(model.graph().inputs());
        assertThat(int8.graph().outputs()).isEqualTo(model.graph().outputs());
        assertThat(int8.metadata()).isEqualTo(model.metadata());
        assertThat(ModelCheck.of(int8)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void name_ofNoNode_isRefused(Target target) {
        OnnxModel model = graphs().findFirst().orElseThrow().model();
        String node = model.graph().nodes().get(0).getName();
        assertThatThrownBy(() -> int8(model, target, node, node + "x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(" is called '" + node + "x', expected names of its nodes");
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void graph_forOnnxRuntime_runsInIntegersCloseToFloat(Case c) throws IOException {
        OnnxModel int8 = int8(c.model(), Target.ONNX_RUNTIME);
        isSameOutside(c.model(), int8);
        isClose(c.model(), int8, Int8Bench.random(c.model(), 100), 0.03);
        Map<String, Integer> found = Int8Bench.optimised(int8, folder);
        assertThat(found).doesNotContainKey("Conv").doesNotContainKey("FusedConv");
        c.operators().forEach((operator, n) -> assertThat(found.getOrDefault(operator, 0))
                .as("%s in %s", operator, found)
                .isEqualTo(n));
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void graph_forTensorRt_keepsItsRulesCloseToFloat(Case c) {
        OnnxModel int8 = int8(c.model(), Target.TENSORRT);
        isSameOutside(c.model(), int8);
        assertThat(TensorRtQdqCheck.of(int8)).isEmpty();
        assertThat(int8.graph().nodes().stream().filter(n -> n.getOpType().equals("Conv")))
                .as("convolutions of int8 weights")
                .allMatch(n -> int8.graph().producer(n.getInput(1)).isPresent());
        isClose(c.model(), int8, Int8Bench.random(c.model(), 100), 0.03);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void freeBatch_staysFree(int batch) {
        OnnxModel model = Int8Graphs.dynamicBatch().model();
        Tensor x = Tensor.allocate("x", ElementType.FLOAT32, batch, 8, 12, 12);
        for (int i = 0; i < x.elements(); i++) {
            x.floats().put(i, (float) Math.sin(i));
        }
        for (Target target : Target.values()) {
            isClose(model, int8(model, target), Tensors.of(x), 0.04);
        }
    }

    @Test
    void layerKept_runsInFloat() throws IOException {
        OnnxModel model = Int8Graphs.residual().model();
        OnnxModel int8 = int8(model, Target.ONNX_RUNTIME, "b");
        Map<String, Integer> found = Int8Bench.optimised(int8, folder);
        assertThat(found).containsEntry("QLinearConv", 2);
        assertThat(found.getOrDefault("Conv", 0) + found.getOrDefault("FusedConv", 0))
                .isEqualTo(1);
        assertThat(int8.graph().initialisers()).containsKey("b_w").doesNotContainKey("y_w");
        OnnxModel rt = int8(model, Target.TENSORRT, "b");
        assertThat(rt.graph().initialisers()).containsKey("b_w").doesNotContainKey("y_w");
        assertThat(TensorRtQdqCheck.of(rt)).isEmpty();
        isClose(model, rt, Int8Bench.random(model, 100), 0.03);
    }

    /** What a kept layer gives out is not rounded for the sake of a quantised one that takes it too. */
    @Test
    void layerKept_whoseOutputIsAnOutput_isExact() {
        OnnxModel model = Int8Graphs.outputConsumed().model();
        Tensors input = Int8Bench.random(model, 100);
        Map<String, float[]> expected = Int8Bench.run(model, input);
        for (Target target : Target.values()) {
            Map<String, float[]> found = Int8Bench.run(int8(model, target, "a", "r"), input);
            assertThat(Int8Bench.error(found.get("a"), expected.get("a"))).isLessThan(1e-6);
            assertThat(Int8Bench.error(found.get("r"), expected.get("r"))).isLessThan(1e-6);
            assertThat(Int8Bench.error(found.get("y"), expected.get("y"))).isBetween(1e-4, 0.03);
        }
        assertThat(Int8Bench.run(int8(Int8Graphs.inputUsedTwice().model(), Target.ONNX_RUNTIME), input)
                        .get("z"))
                .as("a float operator takes the input as it is")
                .usingComparatorWithPrecision(1e-6f)
                .containsExactly(Int8Bench.run(Int8Graphs.inputUsedTwice().model(), input)
                        .get("z"));
    }

    @Test
    void residualSum_forTensorRt_takesTheSkipAloneQuantised() {
        OnnxModel int8 = int8(Int8Graphs.residual().model(), Target.TENSORRT);
        assertThat(int8.graph().producer("s").orElseThrow().getInputList())
                .extracting(i -> int8.graph().producer(i).orElseThrow().getOpType())
                .containsExactly("DequantizeLinear", "Conv");
        OnnxModel three = int8(Int8Graphs.sumOfThree().model(), Target.TENSORRT);
        assertThat(three.graph().producer("s").orElseThrow().getInputList())
                .extracting(i -> three.graph().producer(i).orElseThrow().getOpType())
                .containsExactly("Mul", "DequantizeLinear");
        assertThat(three.graph().producer("t").orElseThrow().getInputList()).containsExactly("s", "h");
    }

    private static String scale(OnnxModel int8, String tensor) {
        return int8.graph().consumers(tensor).stream()
                .filter(n -> n.getOpType().equals("QuantizeLinear"))
                .findFirst()
                .orElseThrow()
                .getInput(1);
    }

    @Test
    void concatenation_forTensorRt_sharesItsScale() {
        OnnxModel int8 = int8(Int8Graphs.concatRead().model(), Target.TENSORRT);
        assertThat(scale(int8, "a")).isEqualTo(scale(int8, "c")).isNotEqualTo(scale(int8, "x"));
    }

    @Test
    void groupsWithoutAKernel_forTensorRt_stayFloat() throws IOException {
        OnnxModel model = Int8Graphs.oddGroups().model();
        OnnxModel int8 = int8(model, Target.TENSORRT);
        assertThat(TensorRtQdqCheck.of(int8)).isEmpty();
        assertThat(int8.graph().initialisers()).containsKey("b_w").doesNotContainKeys("a_w", "y_w");
        assertThat(Int8Bench.optimised(int8(model, Target.ONNX_RUNTIME), folder))
                .containsEntry("QLinearConv", 3);
    }

    @Test
    void rectifiedLayer_forOnnxRuntime_hasOnePairAfterBoth() {
        OnnxModel int8 = int8(Int8Graphs.relu().model(), Target.ONNX_RUNTIME);
        assertThat(Int8Bench.operators(int8)).containsEntry("QuantizeLinear", 3);
    }

    @Test
    void rectifierKept_isNotMadePartOfTheLayer() {
        OnnxModel int8 = int8(Int8Graphs.relu().model(), Target.ONNX_RUNTIME, "r");
        String before = int8.graph().producer("r").orElseThrow().getInput(0);
        assertThat(int8.graph().producer(before).orElseThrow().getOpType()).isEqualTo("DequantizeLinear");
    }

    @Test
    void everythingKept_isTheCalibratedModel() {
        for (Target target : Target.values()) {
            Calibration calibration =
                    Int8Bench.calibrate(Int8Graphs.squeezeExcite().model());
            OnnxModel kept = Quantiser.to(target).keeping(List.of("*")).quantise(calibration);
            assertThat(Int8Bench.operators(kept)).isEqualTo(Int8Bench.operators(calibration.model()));
        }
    }

    @Test
    void layers_areThoseWithConstantWeights() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 4, 6, 6)
                .output("y", DataType.FLOAT, 1, 4, 6, 6)
                .floats("w", 4, 4, 1, 1);
        g.node("Conv", "a", "x", "w");
        g.node("Sigmoid", "s", "a");
        g.node("MatMul", "y", "a", "s");
        Calibration calibration = Int8Bench.calibrate(g.build());
        for (Target target : Target.values()) {
            assertThat(Quantiser.to(target).layers(calibration)).containsExactly("a");
        }
    }
}

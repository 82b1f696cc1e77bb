package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.ElementType;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import io.derm.onnx.MixedPrecision.Converted;
import io.derm.ort.OrtRuntime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The demo models in 16 bits, next to what they say in float32. */
class MixedPrecisionModelsTest {
    private static final OrtRuntime RUNTIME = new OrtRuntime();
    private static final SessionOptions OPTIONS = SessionOptions.defaults().withThreads(2);

    private static OnnxModel model(String name) {
        return OnnxModel.read(Path.of("../derm-models/src/main/resources/io/derm/models", name + ".onnx"));
    }

    /** Seeded pictures, one of them dark, in the numbers that the model takes. */
    private static Samples pictures(OnnxModel model) {
        OnnxValue input = model.graph().inputs().get(0);
        int side = (int) input.shape().dim(2);
        byte[] rgb = SeededNetwork.picture(side, side);
        boolean detector = model.graph().outputs().size() == 3;
        List<Tensors> pictures = new ArrayList<>();
        for (float light : new float[] {1, 0.3f}) {
            Tensor t = Tensor.allocate(input.name(), ElementType.FLOAT32, 1, 3, side, side);
            for (int i = 0; i < rgb.length; i++) {
                float v = light * (rgb[i] & 0xff) / 255;
                t.floats().put(i % 3 * side * side + i / 3, detector ? v : (v - 0.45f) / 0.225f);
            }
            pictures.add(Tensors.of(t));
        }
        return Samples.of(pictures);
    }

    @ParameterizedTest
    @CsvSource({
        "derm-yolov4-tiny-3l,FLOAT16,1e-2",
        "derm-yolov4-tiny-3l,BFLOAT16,5e-2",
        "derm-efficientnet-lite0,FLOAT16,1e-2",
        "derm-efficientnet-lite0,BFLOAT16,5e-2"
    })
    void outputs_in16Bits_areThoseOfFloat32WithinTheTolerance(String name, DataType type, double tolerance) {
        OnnxModel model = model(name);
        Samples samples = pictures(model);
        MixedPrecision pass = MixedPrecision.to(type);
        Converted converted = pass.convert(model, RUNTIME, OPTIONS, samples, Progress.NONE);
        Converted emulated = pass.emulating(true).convert(model, RUNTIME, OPTIONS, samples, Progress.NONE);
        assertThat(ModelCheck.of(converted.model())).isEmpty();
        assertThat(ModelCheck.of(emulated.model())).isEmpty();
        assertThat(converted.report().kept()).isEmpty();
        assertThat(converted.report().nodes())
                .hasSizeGreaterThan(60)
                .isEqualTo(emulated.report().nodes());
        assertThat(converted.model().metadata()).isEqualTo(model.metadata());
        LargestError error = new LargestError(model, RUNTIME, OPTIONS, samples);
        double rounded = error.of(emulated.model(), samples.size());
        // It would be 0 had the runtime left the roundings out, and infinite with a NaN.
        assertThat(rounded).isBetween(1e-5, tolerance);
        if (type == DataType.FLOAT16) {
            assertThat(error.of(converted.model(), samples.size())).isLessThan(tolerance);
        }
        System.out.printf("%s %s: largest error %.2e of the largest magnitude%n", name, type.label(), rounded);
    }

    @ParameterizedTest
    @ValueSource(strings = {"derm-yolov4-tiny-3l", "derm-efficientnet-lite0"})
    void int8ForTensorRt_takesTheRestInFloat16(String name) {
        OnnxModel model = model(name);
        Samples samples = pictures(model);
        Calibration calibration = Calibration.of(model, RUNTIME, OPTIONS, samples, Progress.NONE);
        OnnxModel int8 = Quantiser.to(Quantiser.Target.TENSORRT).quantise(calibration);
        Converted converted =
                MixedPrecision.to(DataType.FLOAT16).convert(int8, RUNTIME, OPTIONS, samples, Progress.NONE);
        assertThat(ModelCheck.of(converted.model())).isEmpty();
        assertThat(converted.model().opset()).isBetween(19L, 22L);
        assertThat(converted.report().kept()).isEmpty();
        Map<String, OnnxValue> values = converted.model().graph().infer();
        assertThat(converted.model().graph().nodes().stream()
                        .filter(n -> n.getOpType().equals("Conv"))
                        .map(n -> values.get(n.getOutput(0)).type()))
                .containsOnly(DataType.FLOAT16);
        assertThat(count(converted.model(), "QuantizeLinear"))
                .isEqualTo(count(int8, "QuantizeLinear"))
                .isGreaterThan(10);
        assertThat(TensorRtQdqCheck.of(converted.model())).isEqualTo(TensorRtQdqCheck.of(int8));
        RUNTIME.open(converted.model().toModel(), OPTIONS).close();
        // ONNX Runtime 1.28 cuts off in QuantizeLinear of float16 where it should round, so that only the emulation
        // tells
        // anything.
        OnnxModel emulated = MixedPrecision.to(DataType.FLOAT16)
                .emulating(true)
                .convert(int8)
                .model();
        double error = new LargestError(int8, RUNTIME, OPTIONS, samples).of(emulated, samples.size());
        assertThat(error).isBetween(1e-5, 5e-2);
        System.out.printf("%s int8 with float16: %.2e from int8 with float32%n", name, error);
    }

    private static long count(OnnxModel model, String operator) {
        return model.graph().nodes().stream()
                .filter(n -> n.getOpType().equals(operator))
                .count();
    }

    /** Two scales: one that float16 has, one that it would round by an eighth. */
    @Test
    void quantisation_withATinyScale_staysFloat32() {
        SmallGraph g = new SmallGraph(17, 8)
                .input("x", DataType.FLOAT, 1, 4)
                .output("y", DataType.FLOAT, 1, 4)
                .floats("w", new float[] {1e-5f, 2e-5f, 3e-5f, 1e-4f}, 4);
        g.node("Sigmoid", "s", "x");
        g.quantize("fine", "s", 0.01f, -1, 1);
        g.quantize("tiny", "fine", 1e-6f, -1, 1);
        g.node("Mul", "y", "tiny", "w");
        Converted c = MixedPrecision.to(DataType.FLOAT16).convert(g.build());
        assertThat(ModelCheck.of(c.model())).isEmpty();
        assertThat(c.model().opset()).isEqualTo(19);
        assertThat(c.report().kept())
                .extracting(PrecisionReport.Node::name)
                .containsExactly("fine_q", "fine", "tiny_q", "tiny");
        assertThat(c.report().node("tiny").map(n -> n.reason().orElseThrow() + " " + n.detail()))
                .hasValue("SCALE 'tiny_scale' has 1.0E-6, under 6.1035156E-5");
        Map<String, OnnxValue> values = c.model().graph().infer();
        assertThat(values.get("fine_q").type()).isEqualTo(DataType.INT8);
        assertThat(values.get("fine_zero").type()).isEqualTo(DataType.INT8);
        try (Session session = RUNTIME.open(c.model().toModel(), OPTIONS)) {
            assertThat(session.signature().outputs()).hasSize(1);
        }
    }
}

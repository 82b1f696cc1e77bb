package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.ElementType;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import io.derm.onnx.Quantiser.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole networks in int8: imports of darknet, and the demo models. */
class Int8ModelsTest {
    private static final Path MODELS = Path.of("..", "derm-models/src/main/resources/io/derm/models");

    @TempDir
    Path folder;

    private OnnxModel model(String name) throws IOException {
        if (!SeededNetwork.NAMES.contains(name)) {
            return OnnxModel.read(MODELS.resolve(name + ".onnx"));
        }
        SeededNetwork.write(name, folder);
        return DarknetImporter.create()
                .foldingBatchNorm(false)
                .importModel(folder.resolve(name + ".cfg"), folder.resolve(name + ".weights"));
    }

    /** A picture in the layout of the models, 0 to 1, rows moved on by {@code shift}. */
    private static Tensors picture(OnnxModel model, int shift) {
        OnnxValue input = model.graph().inputs().get(0);
        int height = (int) input.shape().dim(2);
        int width = (int) input.shape().dim(3);
        byte[] rgb = SeededNetwork.picture(width, height + shift);
        Tensor t = Tensor.allocate(input.name(), ElementType.FLOAT32, 1, 3, height, width);
        for (int i = 0; i < t.elements(); i++) {
            int at = (i % (width * height) + shift * width) * 3 + i / (width * height);
            t.floats().put(i, (rgb[at] & 0xff) / 255f);
        }
        return Tensors.of(t);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"residual", "scaled", "mobile", "attention", "derm-yolov4-tiny-3l", "derm-efficientnet-lite0"})
    void network_inInt8_hasNoFloatConvolutionAndStaysClose(String name) throws IOException {
        OnnxModel model = model(name);
        Tensors input = picture(model, 0);
        Calibration calibration = Int8Bench.calibrate(model, Samples.of(List.of(input, picture(model, 31))));
        Map<String, Integer> before = Int8Bench.operators(calibration.model());
        Map<String, float[]> expected = Int8Bench.run(model, input);

        OnnxModel ort = Quantiser.to(Target.ONNX_RUNTIME).quantise(calibration);
        assertThat(ModelCheck.of(ort)).isEmpty();
        Map<String, Integer> found = Int8Bench.optimised(ort, folder);
        assertThat(found)
                .containsEntry("QLinearConv", before.get("Conv"))
                .doesNotContainKeys("Conv", "FusedConv", "BatchNormalization");
        assertThat(found.getOrDefault("QGemm", 0)).isEqualTo(before.getOrDefault("Gemm", 0));

        OnnxModel rt = Quantiser.to(Target.TENSORRT).quantise(calibration);
        assertThat(ModelCheck.of(rt)).isEmpty();
        assertThat(TensorRtQdqCheck.of(rt)).isEmpty();
        assertThat(Quantiser.to(Target.TENSORRT).layers(calibration)).isNotEmpty();

        Stream.of(ort, rt).forEach(int8 -> {
            assertThat(int8.graph().inputs()).isEqualTo(model.graph().inputs());
            assertThat(int8.graph().outputs()).isEqualTo(model.graph().outputs());
            Int8Bench.run(int8, input)
                    .forEach((output, values) -> assertThat(Int8Bench.error(values, expected.get(output)))
                            .as("%s of %s", output, name)
                            .isBetween(1e-6, 0.25));
        });
    }
}

package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.api.SessionOptions;
import io.derm.models.DemoModels;
import io.derm.onnx.Calibration;
import io.derm.onnx.ModelCheck;
import io.derm.onnx.ModelReport;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.Quantiser;
import io.derm.onnx.TensorRtQdqCheck;
import io.derm.ort.OrtRuntime;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demo models in int8: that every layer has an integer kernel, and that they answer as in float32 on unseen phantoms. */
class DemoInt8Test {
    @TempDir
    Path folder;

    // Counts of convolutions in the float32 files: 25 of yolov4-tiny-3l-derm.cfg, 49 of EfficientNet-Lite0.
    @ParameterizedTest
    @CsvSource({"true, 25", "false, 49"})
    void int8_everyConvolution_hasAnIntegerKernel(boolean detector, int convolutions) {
        Model model = detector ? DemoInt8.detector() : DemoInt8.classifier();
        Path optimised = folder.resolve("optimised.onnx");
        new OrtRuntime().writeOptimised(model, SessionOptions.defaults(), optimised);

        Map<String, Integer> operators =
                ModelReport.of(OnnxModel.read(optimised)).operators();
        assertThat(operators).containsEntry("com.microsoft.QLinearConv", convolutions);
        assertThat(operators)
                .doesNotContainKeys(
                        "Conv", "com.microsoft.FusedConv", "com.microsoft.nchwc.Conv", "LeakyRelu", "Sigmoid");
        assertThat(ModelReport.of(OnnxModel.read(
                                "fp32", (detector ? DemoModels.detector() : DemoModels.classifier()).bytes()))
                        .operators())
                .containsEntry("Conv", convolutions);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void int8_forEitherRuntime_isSound(boolean detector) {
        Model fp32 = detector ? DemoModels.detector() : DemoModels.classifier();
        OnnxModel onnx = OnnxModel.read(fp32.name(), fp32.bytes());
        Calibration calibration = Calibration.parse(
                onnx, detector ? DemoModels.detectorCalibration() : DemoModels.classifierCalibration());

        assertThat(ModelCheck.of(Quantiser.to(Quantiser.Target.ONNX_RUNTIME).quantise(calibration)))
                .isEmpty();
        OnnxModel tensorRt = Quantiser.to(Quantiser.Target.TENSORRT).quantise(calibration);
        assertThat(ModelCheck.of(tensorRt)).isEmpty();
        assertThat(TensorRtQdqCheck.of(tensorRt)).isEmpty();
    }

    @Test
    void int8_madeTwice_isTheSameFile() {
        assertThat(DemoInt8.detector().sha256()).isEqualTo(DemoInt8.detector().sha256());
        OnnxModel onnx = OnnxModel.read("int8", DemoInt8.detector().bytes());
        assertThat(onnx.metadata())
                .containsEntry(ModelKeys.PRECISION, "int8")
                .containsEntry(ModelKeys.INTENDED_USE, "research use only, not a medical device");
    }

    @Test
    void int8_onUnseenPhantoms_losesAtMostAPoint() throws Exception {
        // The 24 scenes hold about 250 lesions; the figures of the model cards are of hundreds of scenes.
        assertThat(Derm.execute(
                        "phantom",
                        "--images",
                        "24",
                        "--seed",
                        "1300000",
                        "--out",
                        folder.resolve("set").toString()))
                .isZero();
        DataSet data = DataSet.read(folder.resolve("set"));
        OrtRuntime runtime = new OrtRuntime();
        try (Comparison c = Comparison.open(
                new Both<>(runtime, runtime), new Both<>(DemoModels.detector(), DemoInt8.detector()), data)) {
            ComparisonResult result = c.run(0.35, () -> {});
            assertThat(ComparisonLimits.none().withDrop(0.01).exceeded(result)).isEmpty();
            assertThat(result.detection().orElseThrow().a().lesions()).isGreaterThan(150);
        }
        try (Comparison c = Comparison.open(
                new Both<>(runtime, runtime), new Both<>(DemoModels.classifier(), DemoInt8.classifier()), data)) {
            ComparisonResult result = c.run(0.35, () -> {});
            // A score decides a crop in so small a set, so what is held is the area.
            assertThat(result.areaDrop().orElseThrow()).isLessThan(0.01);
        }
    }
}

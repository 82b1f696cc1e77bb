package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.models.DemoModels;
import io.derm.onnx.ModelCheck;
import io.derm.onnx.ModelReport;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.TensorRtQdqCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TensorRtModelTest {
    @TempDir
    Path folder;

    private Path write(String model, BuildCommand.@Nullable Precision precision, @Nullable Path calibrate)
            throws Exception {
        Path place = folder.resolve("m.plan.onnx");
        try (TensorRtModel lowered = TensorRtModel.write(model, Optional.ofNullable(precision), calibrate, place)) {
            assertThat(lowered.model().path().orElseThrow()).isNotEqualTo(place);
            lowered.keep();
        }
        try (var files = Files.list(folder)) {
            assertThat(files.filter(f -> f.toString().endsWith(".tmp"))).isEmpty();
        }
        return place;
    }

    @ParameterizedTest
    @CsvSource({"demo:detector, 25", "demo:classifier, 49"})
    void demoModel_inInt8_isTensorRtsWithTheRestInFloat16(String model, int convolutions) throws Exception {
        OnnxModel int8 = OnnxModel.read(write(model, BuildCommand.Precision.int8, null));

        assertThat(ModelCheck.of(int8)).isEmpty();
        assertThat(TensorRtQdqCheck.of(int8)).isEmpty();
        assertThat(int8.metadata()).containsEntry(ModelKeys.PRECISION, "int8");
        assertThat(int8.metadata()).containsKey(ModelKeys.TASK);
        assertThat(ModelReport.of(int8).operators()).containsEntry("Conv", convolutions);
        // Weights of a convolution and its input: none of them is left in float alone.
        assertThat(ModelReport.of(int8).operators().get("DequantizeLinear")).isGreaterThanOrEqualTo(convolutions);
        assertThat(floats(int8)).as("float32 constants of more than a number").isZero();
    }

    @Test
    void demoModel_inInt8_isWhatPrecisionWritesForTensorRt() throws Exception {
        Path ranges = Files.writeString(folder.resolve("ranges.txt"), DemoModels.detectorCalibration());
        Path other = folder.resolve("precision.onnx");
        Cli run = Cli.run(
                "precision",
                "demo:detector",
                "--to",
                "int8",
                "--for",
                "tensorrt",
                "--calibrate",
                ranges.toString(),
                "-o",
                other.toString());
        assertThat(run.code()).as(run.err()).isZero();

        Path file = write("demo:detector", BuildCommand.Precision.int8, null);
        assertThat(OnnxModel.read(file).proto().getGraph().getNodeList())
                .isEqualTo(OnnxModel.read(other).proto().getGraph().getNodeList());
        assertThat(OnnxModel.read(write("demo:detector", BuildCommand.Precision.int8, ranges))
                        .proto()
                        .getGraph()
                        .getNodeList())
                .isEqualTo(OnnxModel.read(other).proto().getGraph().getNodeList());
    }

    @ParameterizedTest
    @EnumSource(
            value = BuildCommand.Precision.class,
            names = {"fp16", "bf16"})
    void file_loweredTo16Bits_hasNoWeightInFloat32(BuildCommand.Precision to) throws Exception {
        Path source = folder.resolve("source.onnx");
        Files.write(source, DemoModels.detector().bytes());
        OnnxModel lowered = OnnxModel.read(write(source.toString(), to, null));
        assertThat(ModelCheck.of(lowered)).isEmpty();
        assertThat(floats(lowered)).isZero();
        assertThat(lowered.metadata())
                .containsEntry(ModelKeys.PRECISION, to == BuildCommand.Precision.fp16 ? "float16" : "bfloat16");
        // In the precision that is asked for already: as it is.
        Path again = folder.resolve("again.onnx");
        Files.copy(folder.resolve("m.plan.onnx"), again);
        assertThat(Model.of(write(again.toString(), to, null)).sha256())
                .isEqualTo(Model.of(again).sha256());
    }

    @Test
    void model_withoutPrecision_isCopiedByteForByte() throws Exception {
        assertThat(Model.of(write("demo:classifier", null, null)).sha256())
                .isEqualTo(DemoModels.classifier().sha256());
        assertThat(Model.of(write("demo:classifier", BuildCommand.Precision.fp32, null))
                        .sha256())
                .isEqualTo(DemoModels.classifier().sha256());
    }

    @Test
    void model_ofAnotherPrecision_isRefused() throws Exception {
        Path half = folder.resolve("half.onnx");
        Files.copy(write("demo:detector", BuildCommand.Precision.fp16, null), half);
        for (BuildCommand.Precision other :
                new BuildCommand.Precision[] {BuildCommand.Precision.fp32, BuildCommand.Precision.bf16}) {
            assertThatThrownBy(() -> write(half.toString(), other, null))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContainingAll("[DERM-263]", "is float16", "--precision " + other);
        }
    }

    @Test
    void file_ofAPlanThatIsThere_staysUntilTheNewOneIsKept() throws Exception {
        Path place = folder.resolve("m.plan.onnx");
        Files.writeString(place, "before");
        TensorRtModel lowered =
                TensorRtModel.write("demo:detector", Optional.of(BuildCommand.Precision.fp16), null, place);
        Path made = lowered.model().path().orElseThrow();
        assertThat(made).isNotEmptyFile();
        lowered.close();
        assertThat(place).hasContent("before");
        assertThat(made).doesNotExist();
    }

    @Test
    void lowering_thatFails_leavesNothingBehind() throws Exception {
        Path broken = Files.writeString(folder.resolve("broken.onnx"), "not a model");
        assertThatThrownBy(() -> write(broken.toString(), BuildCommand.Precision.fp16, null))
                .isInstanceOf(ModelException.class);
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(broken);
        }
    }

    @ParameterizedTest
    @EnumSource(DemoModel.class)
    void demoModel_loweredTwice_isTheSameFile(DemoModel demo) {
        for (PrecisionCommand.To to : PrecisionCommand.To.values()) {
            assertThat(demo.forTensorRt(to).sha256())
                    .as(to.name())
                    .isEqualTo(demo.forTensorRt(to).sha256());
        }
    }

    /** How many constants of more than one number are float32, but for the scales of Resize, which are so by ONNX's schema. */
    private static long floats(OnnxModel model) {
        Set<String> scales = model.proto().getGraph().getNodeList().stream()
                .filter(n -> n.getOpType().equals("Resize"))
                .map(n -> n.getInput(2))
                .collect(Collectors.toSet());
        return model.proto().getGraph().getInitializerList().stream()
                .filter(t -> t.getDataType() == 1)
                .filter(t -> !scales.contains(t.getName()))
                .filter(t -> t.getDimsList().stream().reduce(1L, (a, b) -> a * b) > 1)
                .count();
    }
}

package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.models.DemoModels;
import io.derm.onnx.DataType;
import io.derm.onnx.ModelCheck;
import io.derm.onnx.ModelReport;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.TensorRtQdqCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrecisionCommandTest {
    @TempDir
    static Path folder;

    @BeforeAll
    static void drawPhantoms() {
        Cli.run("phantom", "--images", "8", "--seed", "9000000", "--out", images());
    }

    private static String images() {
        return folder.resolve("phantoms").toString();
    }

    @Test
    void int8_withBudgetAndSensitivity_isReportedAndWritten() throws Exception {
        Path file = folder.resolve("int8.onnx");
        Cli r = Cli.run(
                "precision",
                "demo:detector",
                "--to",
                "int8",
                "--for",
                "onnxruntime",
                "--calibrate",
                images(),
                "--budget",
                "0.05",
                "--sensitivity",
                "--json",
                "-o",
                file.toString());

        assertThat(r.code()).as(r.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(r.out());
        assertThat(report.path("calibrated").asText()).startsWith("4 images");
        assertThat(report.path("lost").asDouble()).isLessThanOrEqualTo(0.05);
        assertThat(report.path("sensitivities").size()).isEqualTo(25);
        assertThat(report.path("bytes").asLong()).isEqualTo(Files.size(file));
        assertThat(ModelReport.of(OnnxModel.read(file)).operators()).containsKey("QuantizeLinear");
        assertThat(Cli.run("detect", "--model", file.toString(), "--precision", "int8", firstImage())
                        .code())
                .isZero();
        Cli refused = Cli.run("detect", "--model", file.toString(), "--precision", "fp32", firstImage());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("[DERM-263]", "is int8, expected float32");
    }

    private static String firstImage() throws Exception {
        try (var files = Files.list(Path.of(images(), "images"))) {
            return files.sorted().findFirst().orElseThrow().toString();
        }
    }

    @Test
    void int8_forTensorRtFromSavedRanges_hasTheRestInFloat16() throws Exception {
        Path ranges = folder.resolve("ranges.txt");
        Files.writeString(ranges, DemoModels.classifierCalibration());
        Path file = folder.resolve("trt.onnx");
        Cli r = Cli.run(
                "precision",
                "demo:classifier",
                "--to",
                "int8",
                "--for",
                "tensorrt",
                "--calibrate",
                ranges.toString(),
                "-o",
                file.toString());

        assertThat(r.code()).as(r.err()).isZero();
        OnnxModel written = OnnxModel.read(file);
        assertThat(ModelCheck.of(written)).isEmpty();
        assertThat(TensorRtQdqCheck.of(written)).isEmpty();
        assertThat(ModelReport.of(written).nodesByPrecision()).containsKey(DataType.FLOAT16);
        assertThat(ModelReport.of(written).operators()).containsKey("QuantizeLinear");
    }

    @Test
    void int8_rangesOfOtherWeights_areRefused() throws Exception {
        Path ranges = Files.writeString(folder.resolve("other.txt"), DemoModels.classifierCalibration());
        Path file = folder.resolve("none.onnx");
        Cli r = Cli.run(
                "precision",
                "demo:detector",
                "--to",
                "int8",
                "--for",
                "onnxruntime",
                "--calibrate",
                ranges.toString(),
                "-o",
                file.toString());

        assertThat(r.code()).isEqualTo(1);
        assertThat(r.err()).contains("[DERM-078]", "expected the weights").hasLineCount(1);
        assertThat(file).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({"fp16, FLOAT16", "bf16, BFLOAT16"})
    void sixteenBits_withReferenceRun_areReportedAndWritten(String to, DataType type) {
        Path file = folder.resolve(to + ".onnx");
        Cli r = Cli.run(
                "precision",
                "demo:detector",
                "--to",
                to,
                "--for",
                "tensorrt",
                "--calibrate",
                images(),
                "--max-images",
                "2",
                "--keep",
                "yolo_*",
                "-o",
                file.toString());

        assertThat(r.code()).as(r.err()).isZero();
        OnnxModel written = OnnxModel.read(file);
        assertThat(ModelCheck.of(written)).isEmpty();
        assertThat(ModelReport.of(written).nodesByPrecision()).containsKey(type);
        assertThat(r.out()).contains("yolo_32");
        List<DataType> heads =
                ModelReport.of(written).outputs().stream().map(o -> o.type()).toList();
        assertThat(heads).containsOnly(DataType.FLOAT);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--to int8|has no --calibrate",
                "--to fp16 --budget 0.01|expected --tolerance",
                "--to int8 --calibrate . --budget 2|--budget is 2.0",
                "--to int8 --calibrate . --only a|--only and --tolerance are for fp16",
                "--to fp16 --tolerance 0.1|--tolerance has no --calibrate",
                "--to int8 --calibrate . --max-images 0|--max-images is 0",
                "--to int8 --calibrate . --ranges widest|min-max, percentile, entropy, mse",
                "--to int4|fp16, bf16, int8"
            })
    void usage_wrong_isSaidInALineWithCode2(String options, String said) {
        String[] all = ("precision demo:detector --for onnxruntime -o " + folder.resolve("no.onnx") + " " + options)
                .split(" ");
        Cli r = Cli.run(all);

        assertThat(r.code()).isEqualTo(2);
        assertThat(r.err()).contains(said);
    }

    @Test
    void int8_ofAnInt8Model_isRefused() {
        Path file = folder.resolve("twice.onnx");
        Cli r = Cli.run(
                "precision",
                "demo:detector-int8",
                "--to",
                "int8",
                "--for",
                "onnxruntime",
                "--calibrate",
                images(),
                "--max-images",
                "1",
                "-o",
                file.toString());

        assertThat(r.code()).isEqualTo(1);
        assertThat(r.err()).contains("[DERM-264]", "no layer to bring to int8");
        assertThat(file).doesNotExist();
    }

    @Test
    void images_none_areRefused() throws Exception {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        Cli r = Cli.run(
                "precision",
                "demo:detector",
                "--to",
                "int8",
                "--for",
                "onnxruntime",
                "--calibrate",
                empty.toString(),
                "-o",
                folder.resolve("no.onnx").toString());

        assertThat(r.code()).isEqualTo(1);
        assertThat(r.err()).contains("[DERM-", "Remedy").hasLineCount(1);
    }
}

package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configuration files, as commands take them and as a user is told what is wrong with one. */
class ConfigTest {
    @TempDir
    Path dir;

    @Test
    void exam_allOfItFromAFile_runsAsConfigured() throws Exception {
        Path out = dir.resolve("results");
        Cli run = Cli.run(
                "exam",
                "--config",
                file(
                                "source: phantom:seed=7&frames=4&size=320x240",
                                "out: " + out,
                                "no-recording: true",
                                "threads: 1",
                                "runtime: onnxruntime")
                        .toString());
        assertThat(run.code()).isZero();
        assertThat(run.err()).contains("in 4 frames");
        assertThat(out.resolve("report.html")).isNotEmptyFile();
        assertThat(out.resolve("exam.mp4")).doesNotExist();
    }

    @Test
    void detect_optionOnTheCommandLineToo_goesBeforeTheFile() throws Exception {
        String image = image();
        String config = file("threshold: 0.999999").toString();
        Cli configured = Cli.run("detect", image, "--config", config);
        Cli overridden = Cli.run("detect", image, "--config", config, "--threshold", "0.1");
        assertThat(configured.out()).contains("\"detections\":[]");
        assertThat(overridden.out())
                .isEqualTo(Cli.run("detect", image, "--threshold", "0.1").out());
        assertThat(overridden.out()).contains("\"score\"");
    }

    @Test
    void detect_detectorNamedAsForAnExam_isTheModel() throws Exception {
        Cli run = Cli.run(
                "detect", "any.png", "--config", file("detector: nowhere.onnx").toString());
        assertThat(run.code()).isOne();
        assertThat(run.complaints())
                .singleElement()
                .asString()
                .contains("[DERM-001] Model nowhere.onnx does not exist");
    }

    @Test
    void detect_runtimeOptionsAsAMap_areTakenOneByOne() throws Exception {
        Path config = file("runtime-option:", "  session.x: 1", "  classifier:session.y: 2");
        Cli refused = Cli.run("detect", image(), "--config", config.toString());
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err().strip())
                .isEqualTo(
                        "derm: --runtime-option classifier:session.y is for 'classifier', expected one of [detector] ("
                                + config + " line 1)");
        assertThat(Cli.run("detect", image(), "--config", config.toString(), "--runtime-option", "session.x=1")
                        .code())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DERM-842|treshold: 0.4|line 2: there is no key 'treshold', expected threshold.",
                "DERM-842|--runtime: auto|line 2: there is no key '--runtime', expected runtime.",
                "DERM-842|config: b.yaml|line 2: there is no key 'config', expected one of box, classifier, classify-every, clips, confirm-score",
                "DERM-843|threshold: [0.4, 0.5]|line 2: 'threshold' has a list for a value, expected a single T.",
                "DERM-843|threshold:|line 2: 'threshold' has no value, expected a single T.",
                "DERM-843|runtime-option: trt.cache|line 2: 'runtime-option' is no map, expected lines 'NAME: VALUE' below",
                "DERM-844|runtime: onnxruntime|line 2: 'runtime' comes twice, first at FILE line 1, expected each key once",
                "DERM-845|threshold: high|line 2: 'threshold' does not fit. Invalid value for option '--threshold': 'high'",
                "DERM-845|precision: fp64|line 2: 'precision' does not fit. Invalid value for option '--precision': expected",
                "DERM-841|threshold 0.4|line 3: could not find expected ':', expected YAML with a line",
                "DERM-841|'\"a': b|line 3: "
            })
    void detect_badLine_isOneLineWithFileLineAndKey(String id, String line, String expected) throws Exception {
        Path config = file("runtime: auto", line.replaceAll("^'|'$", ""));
        Cli run = Cli.run("detect", "any.png", "--config", config.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err().strip()).doesNotContain("\n");
        assertThat(run.err().replace(config.toString(), "FILE"))
                .startsWith("derm: [" + id + "] FILE " + expected)
                .contains(" Remedy: ");
    }

    @Test
    void detect_numberOutOfRange_namesTheLineThatItComesFrom() throws Exception {
        Path config = file("", "nms: 1.5");
        Cli run = Cli.run("detect", image(), "--config", config.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err().strip())
                .isEqualTo("derm: --nms: Overlap threshold is 1.5, expected 0 to 1 (" + config + " line 2)");
        assertThat(Cli.run("detect", image(), "--nms", "1.5").err().strip())
                .isEqualTo("derm: --nms: Overlap threshold is 1.5, expected 0 to 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"- runtime: auto", "auto"})
    void detect_fileWithoutKeys_isRefused(String text) throws Exception {
        Cli run = Cli.run("detect", "any.png", "--config", file(text).toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("derm: [DERM-841] ").contains(" line 1 is no 'key: value', expected");
    }

    @Test
    void detect_noSuchFile_isRefused() {
        Cli run = Cli.run(
                "detect", "any.png", "--config", dir.resolve("none.yaml").toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("derm: [DERM-840] Configuration " + dir.resolve("none.yaml"));
    }

    @Test
    void detect_keyOfAnotherCommand_isPassedOver() throws Exception {
        Path config = file("out: results", "max-crops: 3", "labels: none.txt", "metrics-port: 9100");
        assertThat(Cli.run("detect", image(), "--config", config.toString()).code())
                .isZero();
        assertThat(Cli.run("detect", image(), "--config", file("# nothing").toString())
                        .code())
                .isZero();
    }

    @Test
    void doctor_fileWithBadValuesOfOtherCommands_namesEach() throws Exception {
        Path config = file("threads: many", "reconnect-for: soon", "min-iou: half", "threshold: 0.4");
        Cli run = Cli.run("doctor", "--config", config.toString());
        assertThat(run.code()).isOne();
        assertThat(run.out())
                .contains("[DERM-845] " + config + " line 1: 'threads' does not fit.")
                .contains("[DERM-845] " + config + " line 2: 'reconnect-for' does not fit.")
                .contains("[DERM-845] " + config + " line 3: 'min-iou' does not fit.")
                .doesNotContain("line 4")
                .contains("yes detector");
        assertThat(Cli.run("doctor", "--config", file("threshold: 0.4").toString())
                        .out())
                .contains("yes every option fits each command that has it");
    }

    @Test
    void doctor_numbersOutOfRange_namesEach() throws Exception {
        Path config = file(
                "threshold: 2",
                "nms: 9",
                "metrics-port: 99999",
                "classify-every: -5",
                "threads: -1",
                "detectors: 0",
                "port: 70000",
                "max-batch: 0",
                "runtime-option:",
                "  detector:trt.plan: a.plan");
        Cli run = Cli.run("doctor", "--config", config.toString());
        assertThat(run.code()).isEqualTo(2);
        for (int line = 1; line <= 9; line++) {
            assertThat(run.err()).contains("derm: [DERM-845] " + config + " line " + line + ": ");
        }
        assertThat(run.err())
                .contains("line 4: 'classify-every' does not fit. --classify-every is -5: ")
                .contains(
                        "--runtime-option for detector: trt.plan is a.plan and trt.plan_sha256 is null, expected both");
    }

    @Test
    void doctor_aValueOfItsOwnAndOthers_namesAll() throws Exception {
        Path config = file("precision: fp8", "threads: many");
        Cli run = Cli.run("doctor", "--config", config.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err())
                .contains("[DERM-845] " + config + " line 1: 'precision' does not fit.")
                .contains("[DERM-845] " + config + " line 2: 'threads' does not fit.");
    }

    @Test
    void doctor_modelsOfTheFile_areOpened() throws Exception {
        Path config = file("detector: none.onnx", "labels: " + file("benign=MELANOMA"));
        Cli run = Cli.run("doctor", "--config", config.toString(), "--runtime", "onnxruntime");
        assertThat(run.code()).isOne();
        assertThat(run.out())
                .contains("yes every option fits each command that has it")
                .contains("no  detector         [DERM-001] Model none.onnx does not exist")
                .contains("no  classifier       [DERM-06");
    }

    @Test
    void configuration_page_itsExampleIsRead() throws Exception {
        Matcher example = Pattern.compile("(?s)```yaml\\n(.*?)```")
                .matcher(Files.readString(Path.of("../docs/configuration.md")));
        assertThat(example.find()).isTrue();
        Path config = file(example.group(1));
        assertThat(Cli.run("doctor", "--config", config.toString(), "--runtime", "onnxruntime", "--precision", "fp32")
                        .out())
                .contains("yes every option fits each command that has it");
    }

    @ParameterizedTest
    @CsvSource({"kitten, sitting, 3", "flaw, lawn, 2", "'', abc, 3", "same, same, 0"})
    void distance_ofWords_isTheFewestChanges(String a, String b, int expected) {
        assertThat(ConfigFile.distance(a, b)).isEqualTo(expected);
        assertThat(ConfigFile.distance(b, a)).isEqualTo(expected);
    }

    private Path file(String... lines) throws Exception {
        return Files.write(Files.createTempFile(dir, "derm", ".yaml"), List.of(lines));
    }

    private String image() {
        Path phantoms = dir.resolve("phantoms");
        if (!Files.exists(phantoms)) {
            Cli.run("phantom", "--images", "1", "--seed", "1000000", "--out", phantoms.toString());
        }
        return phantoms.resolve("images/1000000.png").toString();
    }
}

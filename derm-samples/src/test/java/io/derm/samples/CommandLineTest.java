package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.capture.CaptureOptions;
import io.derm.capture.RecorderOptions;
import io.derm.capture.Sources;
import io.derm.capture.VideoRecorder;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The forms of the command line that scripts rely on, and what a user reads when the input is bad. */
class CommandLineTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path dir;

    private final PrintStream realOut = System.out;
    private final PrintStream realErr = System.err;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(realOut);
        System.setErr(realErr);
    }

    @Test
    void exam_shortVideo_writesAllThreeFiles() throws Exception {
        Path clip = video(30);
        Path results = dir.resolve("out");
        assertThat(Derm.execute("exam", clip.toString(), "--out", results.toString()))
                .isZero();
        List<String> lines = Files.readAllLines(results.resolve("findings.jsonl"));
        assertThat(lines).isNotEmpty();
        for (String line : lines) {
            JsonNode lesion = JSON.readTree(line).path("lesions").path(0);
            assertThat(lesion.path("id").asInt()).isPositive();
            assertThat(lesion.path("box")).hasSize(4);
            assertThat(lesion.path("box").path(2).asDouble()).isPositive();
            assertThat(lesion.path("class").asText()).isIn("BENIGN", "UNKNOWN", "MELANOMA");
            assertThat(lesion.path("probabilities")).hasSize(3);
        }
        String report = Files.readString(results.resolve("report.html"));
        assertThat(report)
                .contains("Research use only, not a medical device.")
                .contains("data:image/jpeg;base64,")
                .contains("<svg")
                .doesNotContain("http://")
                .doesNotContain("https://");
        // Two models, the source, findings.jsonl and exam.mp4.
        assertThat(report.split("[0-9a-f]{64}", -1)).hasSize(6);
        assertThat(results.resolve("exam.mp4")).isNotEmptyFile();
        try (Stream<Path> files = Files.list(results)) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .containsExactlyInAnyOrder("exam.mp4", "findings.jsonl", "report.html");
        }
    }

    @Test
    void phantom_clipWithoutLesions_hasNone() throws Exception {
        for (boolean without : new boolean[] {true, false}) {
            Path clip = dir.resolve("clip" + without + ".mp4");
            List<String> arguments =
                    new ArrayList<>(List.of("phantom", "--frames", "2", "--seed", "1200", "--clip", clip.toString()));
            if (without) {
                arguments.add("--no-lesions");
            }
            assertThat(Cli.run(arguments.toArray(String[]::new)).code()).isZero();
            List<String> lines = Files.readAllLines(Path.of(clip + ".jsonl"));
            assertThat(lines).hasSize(2);
            assertThat(JSON.readTree(lines.get(0)).path("lesions").isEmpty()).isEqualTo(without);
        }
    }

    @Test
    void exam_ofItsOwnRecording_isRefusedAndLeavesIt() throws Exception {
        Path results = dir.resolve("own");
        Files.createDirectories(results);
        Path recording = results.resolve("exam.mp4");
        Files.copy(video(5), recording);
        byte[] before = Files.readAllBytes(recording);
        for (String source :
                List.of(recording.toString(), recording.toUri().toString(), results + "/../own/exam.mp4")) {
            Cli run = Cli.run("exam", source, "--out", results.toString());
            assertThat(run.code()).isOne();
            assertThat(run.complaints()).singleElement().asString().contains("[DERM-265] Source " + source);
            assertThat(recording).hasBinaryContent(before);
        }
        try (Stream<Path> files = Files.list(results)) {
            assertThat(files).containsExactly(recording);
        }
    }

    @Test
    void detect_phantomImage_printsOneJsonLine() throws Exception {
        Path image = phantom();
        assertThat(Derm.execute("detect", image.toString(), "--threshold", "0.1", "--nms", "0.4", "--runtime", "auto"))
                .isZero();
        assertThat(stdout().strip().lines()).hasSize(1);
        JsonNode line = JSON.readTree(stdout());
        assertThat(line.path("image").asText()).isEqualTo(image.toString());
        assertThat(line.path("width").asInt()).isEqualTo(416);
        assertThat(line.path("height").asInt()).isEqualTo(416);
        JsonNode first = line.path("detections").path(0);
        assertThat(first.path("label").asText()).isEqualTo("lesion");
        assertThat(first.path("score").asDouble()).isBetween(0.1, 1.0);
        assertThat(first.path("box")).hasSize(4);
    }

    @Test
    void classify_boxOfAnImage_printsOneJsonLine() throws Exception {
        assertThat(Derm.execute("classify", phantom().toString(), "--box", "100,100,80.5,60"))
                .isZero();
        JsonNode line = JSON.readTree(stdout());
        assertThat(line.path("class").asText()).isIn("BENIGN", "UNKNOWN", "MELANOMA");
        double sum = 0;
        for (JsonNode p : line.path("probabilities")) {
            sum += p.asDouble();
        }
        assertThat(sum).isBetween(0.999, 1.001);
        assertThat(line.path("labels").fieldNames())
                .toIterable()
                .containsExactly("benign", "unknown", "melanoma", "distractor");
        assertThat(line.path("noLesion").asDouble())
                .isEqualTo(line.path("labels").path("distractor").asDouble());
    }

    @Test
    void doctor_here_findsTheRuntimeAndTheModels() {
        assertThat(Derm.execute("doctor")).isZero();
        assertThat(stdout())
                .contains("yes onnxruntime")
                .contains("yes detector")
                .contains("yes classifier");
    }

    @Test
    void noCommandOrWrongOption_isExitTwo() {
        assertThat(Derm.execute()).isEqualTo(2);
        assertThat(Derm.execute("detect")).isEqualTo(2);
        assertThat(Derm.execute("exam", "--frames", "3")).isEqualTo(2);
        assertThat(Derm.execute("classify", "a.png", "--box", "1,2,3")).isEqualTo(2);
        assertThat(stdout()).isEmpty();
    }

    @Test
    void version_namesDermAndTheUse() {
        assertThat(Derm.execute("--version")).isZero();
        assertThat(stdout()).startsWith("derm 0.").contains("Research use only");
    }

    @Test
    void exam_severalDetectors_findsWhatOneFinds() throws Exception {
        Path clip = video(40);
        List<String> found = new ArrayList<>();
        for (String n : List.of("1", "2", "3")) {
            Path results = dir.resolve("detectors" + n);
            assertThat(Derm.execute(
                            "exam", clip.toString(), "--no-recording", "--detectors", n, "--out", results.toString()))
                    .isZero();
            found.add(Files.readString(results.resolve("findings.jsonl")));
        }
        assertThat(found.get(0).lines()).hasSize(40);
        assertThat(found).containsOnly(found.get(0));
    }

    @Test
    void exam_noDetectors_isOneClearLineAndWritesNothing() {
        Path results = dir.resolve("never");
        assertThat(Derm.execute("exam", "--detectors", "0", "--out", results.toString()))
                .isNotZero();
        assertThat(oneLine()).contains("--detectors is 0, expected 1 or more");
        assertThat(results).doesNotExist();
    }

    @Test
    void exam_badSource_isOneClearLineAndWritesNothing() throws Exception {
        Path empty = Files.createFile(dir.resolve("empty.mp4"));
        Path text = Files.writeString(dir.resolve("text.mp4"), "This is a text and no video.\n".repeat(50));
        Path folder = Files.createDirectory(dir.resolve("folder"));
        Files.writeString(folder.resolve("notes.txt"), "no picture");
        for (Path source : List.of(dir.resolve("none.mp4"), empty, text, folder, clip(0.6))) {
            refused(source.getFileName().toString(), "exam", source.toString());
        }
    }

    @Test
    void exam_badModel_isOneClearLineAndWritesNothing() throws Exception {
        Path notOnnx = Files.writeString(dir.resolve("text.onnx"), "This is a text and no model.");
        Path pointer = Files.writeString(
                dir.resolve("pointer.onnx"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");
        String clip = clip(1).toString();
        List<Path> detectors = List.of(
                notOnnx,
                pointer,
                dir.resolve("none.onnx"),
                model("external"),
                model("wrong-rank"),
                model("unknown-layout"));
        for (Path detector : detectors) {
            refused(detector.getFileName().toString(), "exam", clip, "--detector", detector.toString());
        }
        refused(
                "two-classes.onnx",
                "exam",
                clip,
                "--detector",
                model("two-classes").toString());
        refused(
                "four-logits.onnx",
                "exam",
                clip,
                "--classifier",
                model("four-logits").toString());
    }

    @Test
    void detectAndClassify_modelsThatYieldNan_areRefused() throws Exception {
        String image = phantom().toString();
        assertThat(Derm.execute(
                        "detect", image, "--model", model("nan-detector").toString()))
                .isEqualTo(1);
        assertThat(oneLine()).contains("nan-detector.onnx").containsIgnoringCase("nan");
        err.reset();
        assertThat(Derm.execute(
                        "classify", image, "--model", model("nan-classifier").toString()))
                .isEqualTo(1);
        assertThat(oneLine()).contains("nan-classifier.onnx").containsIgnoringCase("nan");
        assertThat(stdout()).isEmpty();
    }

    @Test
    void exam_outFolderThatIsAFile_isOneClearLine() throws Exception {
        Path file = Files.createFile(dir.resolve("in-the-way"));
        assertThat(Derm.execute("exam", clip(1).toString(), "--out", file.toString()))
                .isEqualTo(1);
        assertThat(oneLine()).contains("in-the-way").contains("Remedy:");
    }

    @Test
    void detect_oneBadImageOfTwo_stillAnswersForTheOther() throws Exception {
        Path bad = Files.createFile(dir.resolve("bad.png"));
        assertThat(Derm.execute("detect", bad.toString(), phantom().toString())).isEqualTo(1);
        assertThat(oneLine()).contains("bad.png");
        assertThat(stdout().strip().lines()).hasSize(1);
    }

    @Test
    void unknownRuntime_isOneClearLine() throws Exception {
        assertThat(Derm.execute("detect", phantom().toString(), "--runtime", "abacus"))
                .isEqualTo(1);
        assertThat(oneLine()).contains("abacus").contains("onnxruntime");
    }

    @Test
    void evaluate_aFewScenes_printsEveryFigure() throws Exception {
        Path scenes = dir.resolve("scenes");
        assertThat(Derm.execute("phantom", "--images", "6", "--seed", "1000000", "--out", scenes.toString()))
                .isZero();
        assertThat(scenes.resolve("annotations.json")).isRegularFile();
        assertThat(scenes.resolve("labels/1000000.txt")).exists();
        assertThat(Derm.execute("evaluate", scenes.toString())).isZero();
        assertThat(stdout()).contains("mAP50").contains("recall by Fitzpatrick").contains("melanoma AUC");
    }

    @Test
    void phantom_folderWithFiles_isRefused() throws Exception {
        Files.createFile(dir.resolve("something"));
        assertThat(Derm.execute("phantom", "--images", "1", "--out", dir.toString()))
                .isEqualTo(1);
        assertThat(oneLine()).contains("Remedy:");
        assertThat(Derm.execute(
                        "phantom", "--images", "0", "--out", dir.resolve("x").toString()))
                .isEqualTo(2);
    }

    private void refused(String named, String... args) {
        err.reset();
        Path results = dir.resolve("never");
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--out", results.toString()));
        assertThat(Derm.execute(all.toArray(String[]::new))).as(named).isEqualTo(1);
        assertThat(oneLine()).as(named).contains(named).contains("Remedy:");
        assertThat(results).doesNotExist();
    }

    private String oneLine() {
        List<String> lines = err.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(l -> l.startsWith("derm: "))
                .toList();
        assertThat(lines)
                .as("error lines in:%n%s", err.toString(StandardCharsets.UTF_8))
                .hasSize(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).doesNotContain("\tat ");
        return lines.get(0);
    }

    private String stdout() {
        return out.toString(StandardCharsets.UTF_8);
    }

    /** A video of the bundled clip's first frames. */
    private Path video(int frames) throws Exception {
        Path file = dir.resolve("video.mp4");
        try (FrameSource source = Sources.open(clip(1).toString(), CaptureOptions.defaults());
                VideoRecorder recorder = VideoRecorder.open(file, RecorderOptions.of(30))) {
            for (int i = 0; i < frames; i++) {
                try (Frame frame = source.next().orElseThrow()) {
                    recorder.record(frame);
                }
            }
        }
        return file;
    }

    /** The first part of the bundled clip's bytes. */
    private Path clip(double part) throws Exception {
        try (InputStream in = Objects.requireNonNull(DemoClip.class.getResourceAsStream("phantom-clip.mp4"))) {
            byte[] bytes = in.readAllBytes();
            Path file = dir.resolve("clip.mp4");
            Files.write(
                    file,
                    java.util.Arrays.copyOf(bytes, (int) (bytes.length * part)),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING);
            return file;
        }
    }

    private Path phantom() {
        Path scenes = dir.resolve("phantom");
        if (!Files.exists(scenes)) {
            assertThat(Derm.execute("phantom", "--images", "1", "--seed", "1000003", "--out", scenes.toString()))
                    .isZero();
            err.reset();
            out.reset();
        }
        return scenes.resolve("images/1000003.png");
    }

    private Path model(String name) throws Exception {
        Path file = dir.resolve(name + ".onnx");
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream(name + ".onnx"))) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }
}

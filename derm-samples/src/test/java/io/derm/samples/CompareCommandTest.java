package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.api.Model;
import io.derm.api.Runtimes;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.models.DemoModels;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo models held to themselves and to perturbed copies on a few phantoms. */
class CompareCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double PERTURBATION = 0.125;

    @TempDir
    static Path dir;

    private static Path scenes = Path.of(".");

    @BeforeAll
    static void phantoms() {
        scenes = dir.resolve("scenes");
        assertThat(Cli.run("phantom", "--images", "6", "--seed", "1000000", "--out", scenes.toString())
                        .code())
                .isZero();
    }

    @Test
    void detector_withItself_isZeroThroughout() throws Exception {
        Path copy = Files.write(dir.resolve("copy.onnx"), DemoModels.detector().bytes());
        Cli cli = compare(
                "demo:detector",
                copy,
                "--json",
                "--max-box-px",
                "0",
                "--max-score-diff",
                "0",
                "--max-output-error",
                "0",
                "--max-drop",
                "0");
        assertThat(cli.code()).as(cli.err()).isZero();
        JsonNode root = JSON.readTree(cli.out());
        assertThat(root.path("task").asText()).isEqualTo("detect");
        assertThat(root.path("images").asInt()).isEqualTo(6);
        assertThat(root.path("outputs")).hasSize(3);
        for (JsonNode output : root.path("outputs")) {
            assertThat(output.path("elements").asLong()).isPositive();
            assertThat(output.path("maxAbsolute").asDouble()).isZero();
            assertThat(output.path("relativeRms").asDouble()).isZero();
            assertThat(output.path("decibels").isNull()).isTrue();
            assertThat(output.path("cosine").asDouble()).isEqualTo(1);
        }
        // [1,18,13,13] on six images.
        assertThat(root.path("outputs").path(0).path("elements").asLong()).isEqualTo(6 * 18 * 13 * 13);
        JsonNode boxes = root.path("boxes");
        assertThat(boxes.path("matched").asInt()).isPositive();
        for (String zero : List.of("maxCorner", "meanCorner", "maxScore", "meanScore", "onlyA", "onlyB", "differing")) {
            assertThat(boxes.path(zero).asDouble(-1)).as(zero).isZero();
        }
        JsonNode map = root.path("labels").path("map50");
        assertThat(map.path("drop").asDouble(-1)).isZero();
        assertThat(map.path("a").asDouble()).isBetween(0.5, 1.0);
        assertThat(root.path("use").asText()).isEqualTo("Research use only, not a medical device.");
    }

    @Test
    void compare_labels_areTheFiguresOfEvaluate() throws Exception {
        Cli evaluated = Cli.run("evaluate", scenes.toString());
        JsonNode boxes = json(compare("demo:detector", "demo:detector", "--json"));
        JsonNode classes = json(compare("demo:classifier", "demo:classifier", "--json"));
        assertThat(evaluated.out())
                .contains(String.format(
                        Locale.ROOT, "mAP50 %.4f", boxes.at("/labels/map50/a").asDouble()))
                .contains(String.format(
                        Locale.ROOT,
                        "at score 0.35: recall %.4f, %.3f false boxes an image",
                        boxes.at("/labels/recall/b").asDouble(),
                        boxes.at("/labels/falseBoxesPerImage/b").asDouble()))
                .contains(String.format(
                        Locale.ROOT,
                        "melanoma AUC %.4f, sensitivity %.4f at specificity 0.85",
                        classes.at("/labels/melanomaAuc/a").asDouble(),
                        classes.at("/labels/melanomaSensitivity/b").asDouble()));
    }

    @Test
    void classifier_oneBiasPerturbed_givesTheErrorComputedByHand() throws Exception {
        Path perturbed = Perturbed.of(DemoModels.classifier())
                .add("head.bias.f16", i -> i == 2 ? PERTURBATION : 0)
                .write(dir.resolve("bias.onnx"));
        List<double[]> logits = logits();
        double squares = 0;
        double largest = 0;
        double products = 0;
        double squaresOfB = 0;
        double melanoma = 0;
        for (double[] a : logits) {
            double[] b = a.clone();
            b[2] += PERTURBATION;
            for (int i = 0; i < a.length; i++) {
                squares += a[i] * a[i];
                squaresOfB += b[i] * b[i];
                products += a[i] * b[i];
                largest = Math.max(largest, Math.abs(a[i]));
            }
            melanoma = Math.max(melanoma, melanoma(b) - melanoma(a));
        }

        JsonNode root = json(compare("demo:classifier", perturbed, "--json"));
        assertThat(root.path("crops").asBoolean()).isTrue();
        assertThat(root.path("images").asInt()).isEqualTo(logits.size());
        JsonNode output = root.path("outputs").path(0);
        assertThat(output.path("elements").asInt()).isEqualTo(4 * logits.size());
        assertThat(output.path("maxAbsolute").asDouble()).isCloseTo(PERTURBATION, within(1e-5));
        assertThat(output.path("meanAbsolute").asDouble()).isCloseTo(PERTURBATION / 4, within(1e-5));
        double relative = PERTURBATION * Math.sqrt(logits.size() / squares);
        assertThat(output.path("relativeRms").asDouble()).isCloseTo(relative, within(1e-5));
        assertThat(output.path("decibels").asDouble()).isCloseTo(20 * Math.log10(relative), within(1e-2));
        assertThat(output.path("relativeMax").asDouble()).isCloseTo(PERTURBATION / largest, within(1e-5));
        assertThat(output.path("cosine").asDouble())
                .isCloseTo(products / Math.sqrt(squares * squaresOfB), within(1e-6));
        assertThat(root.at("/probabilities/max/MELANOMA").asDouble()).isCloseTo(melanoma, within(1e-5));
    }

    @Test
    void limits_underAndOverTheError_decideTheExitCode() {
        Path perturbed = Perturbed.of(DemoModels.classifier())
                .add("head.bias.f16", i -> i == 0 ? PERTURBATION : 0)
                .write(dir.resolve("limits.onnx"));
        assertThat(compare("demo:classifier", perturbed, "--max-output-error", "1", "--max-score-diff", "1")
                        .code())
                .isZero();
        Cli over = compare("demo:classifier", perturbed, "--max-output-error", "0.001", "--max-score-diff", "1e-4");
        assertThat(over.code()).isEqualTo(1);
        assertThat(over.complaints()).hasSize(2);
        assertThat(over.complaints().get(0))
                .matches("derm: Largest difference of a score is 0\\.0\\d+, limit 1\\.0E-4");
        assertThat(over.complaints().get(1))
                .matches(
                        "derm: Largest error of an output over its largest value \\('logits'\\) is 0\\.\\d+, limit 0\\.001");
    }

    @Test
    void detector_thatFindsNothing_exceedsEveryLimit() throws Exception {
        Perturbed blind = Perturbed.of(DemoModels.detector());
        for (String head : List.of("yolo_32", "yolo_16", "yolo_8")) {
            // Objectness of each anchor.
            blind.add(head + ".bias.f16", i -> i % 6 == 4 ? -40 : 0);
        }
        Path file = blind.write(dir.resolve("blind.onnx"));
        Cli cli = compare(
                "demo:detector", file, "--json", "--max-box-px", "100", "--max-score-diff", "0.5", "--max-drop", "0.5");
        assertThat(cli.code()).isEqualTo(1);
        JsonNode root = json(cli);
        assertThat(root.at("/outputs/1/maxAbsolute").asDouble()).isCloseTo(40, within(1e-3));
        assertThat(root.at("/boxes/matched").asInt()).isZero();
        assertThat(root.at("/boxes/onlyA").asInt()).isPositive();
        assertThat(root.at("/labels/map50/b").asDouble(-1)).isZero();
        assertThat(root.at("/labels/map50/drop").asDouble())
                .isEqualTo(root.at("/labels/map50/a").asDouble());
        assertThat(root.path("exceeded")).hasSize(3);
        assertThat(cli.complaints())
                .anyMatch(l -> l.contains("corner was not measured, as no two boxes match, limit 100"))
                .anyMatch(l -> l.matches(".*difference of a score is 0\\.9\\d+, limit 0\\.5"))
                .anyMatch(l -> l.matches(".*Drop of mAP50 is (0\\.9\\d+|1\\.0+), limit 0\\.5"));
    }

    @Test
    void outputs_ofOtherNames_areMatchedByPlace() throws Exception {
        Path renamed =
                Perturbed.of(DemoModels.classifier()).rename("logits", "scores").write(dir.resolve("renamed.onnx"));
        JsonNode root = json(compare("demo:classifier", renamed, "--json", "--max-output-error", "0"));
        assertThat(root.at("/outputs/0/name").asText()).isEqualTo("logits");
        assertThat(root.at("/outputs/0/nameInB").asText()).isEqualTo("scores");
    }

    @Test
    void fixedBatch_isComparedInTheImagesOwnPart() throws Exception {
        Path four = Perturbed.of(DemoModels.classifier()).batch(4).write(dir.resolve("four.onnx"));
        JsonNode root = json(compare("demo:classifier", four, "--json"));
        assertThat(root.at("/outputs/0/elements").asInt())
                .isEqualTo(4 * root.path("images").asInt());
        assertThat(root.at("/outputs/0/maxAbsolute").asDouble(-1)).isBetween(0.0, 1e-4);
    }

    @Test
    void folderWithoutLabels_isComparedWithoutThem() throws Exception {
        String images = scenes.resolve("images").toString();
        Cli cli = Cli.run(
                "compare",
                "demo:classifier",
                "demo:classifier",
                "--images",
                images,
                "--max-images",
                "2",
                "--json",
                "--max-drop",
                "1");
        JsonNode root = json(cli);
        assertThat(root.path("images").asInt()).isEqualTo(2);
        assertThat(root.path("crops").asBoolean(true)).isFalse();
        assertThat(root.has("labels")).isFalse();
        assertThat(cli.code()).isEqualTo(1);
        assertThat(cli.complaints())
                .containsExactly(
                        "derm: Drop of accuracy was not measured, as there are no labels for these models, limit 1");
    }

    @Test
    void inputsOfOtherSizes_areComparedByTheirAnswers() throws Exception {
        Cli cli = compare("demo:detector", model("nan-detector"), "--max-output-error", "1");
        assertThat(cli.code()).isEqualTo(1);
        assertThat(cli.out())
                .contains("note: outputs are not compared, as A takes images of 416x416 and B of 64x64")
                .contains("on 6 images its outputs cannot be read")
                .contains("only in A")
                .endsWith(Derm.RESEARCH_USE + System.lineSeparator());
        assertThat(cli.complaints()).hasSize(1);
    }

    @Test
    void outputsThatAreNan_areCountedAndExceedEveryLimit() throws Exception {
        Cli cli = compare(
                "demo:classifier",
                model("nan-classifier"),
                "--json",
                "--max-output-error",
                "1e9",
                "--max-score-diff",
                "1",
                "--max-drop",
                "1");
        assertThat(cli.code()).isEqualTo(1);
        JsonNode root = json(cli);
        assertThat(root.at("/outputs/0/nonFiniteB").asInt())
                .isEqualTo(root.path("images").asInt());
        assertThat(root.at("/outputs/0/unlike").asInt())
                .isEqualTo(root.path("images").asInt());
        assertThat(root.at("/b/unread").asInt()).isEqualTo(root.path("images").asInt());
        assertThat(cli.complaints()).hasSize(3);
    }

    @Test
    void unknownTask_isComparedByOutputs() throws Exception {
        JsonNode root =
                json(compare(model("unknown-layout"), model("unknown-layout"), "--json", "--max-output-error", "0"));
        assertThat(root.path("task").isNull()).isTrue();
        assertThat(root.at("/outputs/0/name").asText()).isEqualTo("features");
        assertThat(root.has("boxes")).isFalse();
        JsonNode guessed = json(compare(model("four-logits"), model("four-logits"), "--json"));
        assertThat(guessed.at("/notes/0").asText())
                .startsWith("only outputs are compared: ")
                .contains("4 classes");
    }

    @Test
    void badInput_isOneClearLine() throws Exception {
        Path empty = Files.createDirectories(dir.resolve("empty"));
        Path onlyCrops = Files.createDirectories(dir.resolve("only-crops"));
        Files.createDirectories(onlyCrops.resolve("crops/benign"));
        refused(1, "DERM-001", "demo:detector", dir.resolve("none.onnx"), scenes);
        refused(1, "DERM-201", "demo:detector", "demo:detector", dir.resolve("none"));
        refused(1, "DERM-208", "demo:detector", "demo:detector", empty);
        refused(1, "DERM-260", "demo:detector", "demo:detector", onlyCrops);
        refused(
                1,
                "is a detector and derm-efficientnet-lite0.onnx a classifier",
                "demo:detector",
                "demo:classifier",
                scenes);
        refused(1, "DERM-258", "demo:classifier", model("five-logits"), scenes);
        refused(1, "DERM-010", model("wrong-rank"), model("wrong-rank"), scenes);
        refused(2, "'demo:face' is no demo model", "demo:face", "demo:detector", scenes);
    }

    @Test
    void badOptions_areExitTwo() {
        for (List<String> options : List.of(
                List.of("--max-images", "0"),
                List.of("--max-drop", "-1"),
                List.of("--max-box-px", "NaN"),
                List.of("--threshold", "1"))) {
            Cli cli = compare("demo:detector", "demo:detector", options.toArray(String[]::new));
            assertThat(cli.code()).as(options.toString()).isEqualTo(2);
            assertThat(cli.out()).isEmpty();
        }
        assertThat(Cli.run("compare", "demo:detector", "demo:detector").code()).isEqualTo(2);
        Cli runtime = compare("demo:detector", "demo:detector", "--runtime-b", "abacus");
        assertThat(runtime.code()).isEqualTo(1);
        assertThat(runtime.complaints()).singleElement().asString().contains("abacus");
    }

    private static void refused(int code, String message, Object a, Object b, Path images) {
        Cli cli = Cli.run("compare", a.toString(), b.toString(), "--images", images.toString());
        assertThat(cli.code()).as(message).isEqualTo(code);
        assertThat(cli.out()).as(message).isEmpty();
        assertThat(cli.complaints()).as(cli.err()).singleElement().asString().contains(message);
    }

    private static Cli compare(Object a, Object b, String... options) {
        List<String> args = new ArrayList<>(List.of("compare", a.toString(), b.toString()));
        args.addAll(List.of("--images", scenes.toString()));
        args.addAll(Arrays.asList(options));
        return Cli.run(args.toArray(String[]::new));
    }

    private static JsonNode json(Cli cli) throws Exception {
        return JSON.readTree(cli.out());
    }

    /** What the demo classifier gives for the crops, by a session of its own. */
    private static List<double[]> logits() throws Exception {
        Model model = DemoModels.classifier();
        List<double[]> all = new ArrayList<>();
        try (Session session = Runtimes.find(Runtimes.AUTO).open(model, SessionOptions.defaults());
                EffnetClassifier classifier = new EffnetClassifier(session, model, EffnetOptions.defaults())) {
            for (DataSet.Crop crop : DataSet.read(scenes).crops()) {
                ImageJob.open(crop.file().toString(), (name, frame) -> {
                    var out = session.run(classifier.input(), frame, List.of(frame.bounds()))
                            .get(0)
                            .floats();
                    all.add(new double[] {out.get(0), out.get(1), out.get(2), out.get(3)});
                });
            }
        }
        return all;
    }

    /** Softmax at the temperature of the demo classifier's metadata. */
    private static double melanoma(double[] logits) {
        double sum = 0;
        for (double l : logits) {
            sum += Math.exp(l / 0.6820);
        }
        return Math.exp(logits[2] / 0.6820) / sum;
    }

    private static Path model(String name) throws Exception {
        Path file = dir.resolve(name + ".onnx");
        try (InputStream in = Objects.requireNonNull(CompareCommandTest.class.getResourceAsStream(name + ".onnx"))) {
            return Files.write(file, in.readAllBytes());
        }
    }
}

package io.derm.samples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.inject.Injector;
import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.CaptureException;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.LesionClass;
import io.derm.api.SessionOptions;
import io.derm.yolo.YoloOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "evaluate",
        mixinStandardHelpOptions = true,
        description = {
            "Measures the models on a data set as 'derm phantom' writes it: the detector on images/ against annotations.json,",
            "the classifier on crops/benign, crops/unknown and crops/melanoma."
        },
        footer = Derm.RESEARCH_USE)
final class EvaluateCommand implements Callable<Integer> {
    /** Low enough for the whole precision-recall curve. */
    private static final double CURVE_THRESHOLD = 0.01;

    @Parameters(arity = "1", paramLabel = "DIR")
    private Path dir = Path.of(".");

    @Option(names = "--detector", paramLabel = "FILE", description = "ONNX model (default: the demo model).")
    private @Nullable Path detectorFile;

    @Option(names = "--classifier", paramLabel = "FILE", description = "ONNX model (default: the demo model).")
    private @Nullable Path classifierFile;

    @Option(names = "--labels", paramLabel = "FILE", description = "What the classifier's classes count as.")
    private @Nullable Path labels;

    @Option(
            names = "--threshold",
            paramLabel = "T",
            defaultValue = "0.35",
            description = "Score at which recall by skin tone is taken (default: ${DEFAULT-VALUE}).")
    private double threshold = 0.35;

    @Option(
            names = "--min-iou",
            paramLabel = "I",
            defaultValue = "0.5",
            description = "Overlap from which on a box counts as found (default: ${DEFAULT-VALUE}).")
    private double minIou = 0.5;

    @Option(names = "--max-crops", paramLabel = "N", description = "The most crops of each class (default: all).")
    private int maxCrops = Integer.MAX_VALUE;

    @Mixin
    private final RuntimeOption runtimeOption = new RuntimeOption();

    @Override
    public Integer call() throws Exception {
        Path annotations = dir.resolve("annotations.json");
        if (!Files.isRegularFile(annotations) && !Files.isDirectory(dir.resolve("crops"))) {
            throw new CaptureException(
                    256,
                    dir + " has neither annotations.json nor crops/, expected a data set",
                    "Make one with 'derm phantom --images 300 --seed 1000000 --out " + dir + "'.");
        }
        Injector injector = Wiring.injector(
                new Wiring.RuntimeModule(runtimeOption.runtime),
                new Wiring.DetectorModule(
                        Optional.ofNullable(detectorFile),
                        YoloOptions.defaults().withScoreThreshold(CURVE_THRESHOLD),
                        SessionOptions.defaults()),
                new Wiring.ClassifierModule(
                        Optional.ofNullable(classifierFile), Optional.ofNullable(labels), SessionOptions.defaults()));
        if (Files.isRegularFile(annotations)) {
            try (Detector detector = Wiring.get(injector, Detector.class)) {
                detection(detector, annotations);
            }
        }
        if (Files.isDirectory(dir.resolve("crops"))) {
            try (Classifier classifier = Wiring.get(injector, Classifier.class)) {
                classification(classifier);
            }
        }
        System.out.println(Derm.RESEARCH_USE);
        return 0;
    }

    private void detection(Detector detector, Path annotations) throws Exception {
        JsonNode coco = new ObjectMapper().readTree(annotations.toFile());
        Map<Long, List<Box>> truths = new HashMap<>();
        for (JsonNode a : coco.path("annotations")) {
            JsonNode b = a.path("bbox");
            truths.computeIfAbsent(a.path("image_id").asLong(), id -> new ArrayList<>())
                    .add(Box.ofSize(
                            (float) b.path(0).asDouble(),
                            (float) b.path(1).asDouble(),
                            (float) b.path(2).asDouble(),
                            (float) b.path(3).asDouble()));
        }
        DetectionMetrics all = new DetectionMetrics(minIou);
        Map<String, DetectionMetrics> byTone = new TreeMap<>();
        int images = coco.path("images").size();
        try (Progress progress = new Progress("detect", images)) {
            for (JsonNode image : coco.path("images")) {
                String name = image.path("file_name").asText();
                Path file = Files.exists(dir.resolve(name))
                        ? dir.resolve(name)
                        : dir.resolve("images").resolve(name);
                List<Box> truth = truths.getOrDefault(image.path("id").asLong(), List.of());
                ImageJob.open(file.toString(), (opened, frame) -> {
                    List<Detection> found = detector.detect(frame);
                    all.add(truth, found);
                    String tone = image.path("fitzpatrick").asText("");
                    if (!tone.isEmpty()) {
                        byTone.computeIfAbsent(tone, t -> new DetectionMetrics(minIou))
                                .add(truth, found);
                    }
                });
                progress.step("");
            }
        }
        DetectionMetrics.Point high = all.atRecall(0.95);
        DetectionMetrics.Point usual = all.at(threshold);
        System.out.printf(
                Locale.ROOT,
                "detector %s: %d images, %d lesions%n  mAP%.0f %.4f%n",
                detector.model(),
                all.images(),
                all.truths(),
                100 * minIou,
                all.averagePrecision());
        System.out.printf(
                Locale.ROOT,
                "  at recall %.4f: score %.3f, %.3f false boxes an image, precision %.4f%n",
                high.recall(),
                high.score(),
                high.falsePerImage(),
                high.precision());
        System.out.printf(
                Locale.ROOT,
                "  at score %.2f: recall %.4f, %.3f false boxes an image, precision %.4f%n",
                threshold,
                usual.recall(),
                usual.falsePerImage(),
                usual.precision());
        if (!byTone.isEmpty()) {
            double mean = byTone.values().stream()
                    .mapToDouble(m -> m.at(threshold).recall())
                    .average()
                    .orElse(0);
            System.out.printf(
                    Locale.ROOT, "  recall by Fitzpatrick type at score %.2f (mean %.4f):%n", threshold, mean);
            byTone.forEach((tone, m) -> System.out.printf(
                    Locale.ROOT,
                    "    %-4s %.4f (%+.1f points, %d lesions)%n",
                    tone,
                    m.at(threshold).recall(),
                    100 * (m.at(threshold).recall() - mean),
                    m.truths()));
        }
    }

    private void classification(Classifier classifier) throws Exception {
        RocCurve melanoma = new RocCurve();
        int[][] confusion = new int[3][3];
        List<Path> files = new ArrayList<>();
        Map<Path, LesionClass> classes = new HashMap<>();
        for (LesionClass c : LesionClass.values()) {
            for (Path file : images(dir.resolve("crops").resolve(c.name().toLowerCase(Locale.ROOT)))) {
                files.add(file);
                classes.put(file, c);
            }
        }
        try (Progress progress = new Progress("classify", files.size())) {
            for (Path file : files) {
                LesionClass truth = Objects.requireNonNull(classes.get(file));
                ImageJob.open(file.toString(), (opened, frame) -> {
                    Assessment a =
                            classifier.classify(frame, List.of(frame.bounds())).get(0);
                    melanoma.add(a.probability(LesionClass.MELANOMA), truth == LesionClass.MELANOMA);
                    confusion[truth.ordinal()][a.lesionClass().ordinal()]++;
                });
                progress.step("");
            }
        }
        System.out.printf(
                Locale.ROOT,
                "classifier %s: %d crops%n  melanoma AUC %.4f, sensitivity %.4f at specificity 0.85%n",
                classifier.model(),
                melanoma.size(),
                melanoma.area(),
                melanoma.sensitivityAt(0.85));
        System.out.printf("  %-9s answered BENIGN UNKNOWN MELANOMA%n", "truth");
        for (LesionClass c : LesionClass.values()) {
            int[] row = confusion[c.ordinal()];
            System.out.printf("  %-9s %15d %7d %8d%n", c, row[0], row[1], row[2]);
        }
    }

    private List<Path> images(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).sorted().limit(maxCrops).toList();
        }
    }
}

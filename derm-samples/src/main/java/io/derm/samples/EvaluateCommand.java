package io.derm.samples;

import com.google.inject.Guice;
import com.google.inject.Injector;
import io.derm.api.CaptureException;
import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.InferenceRuntime;
import io.derm.api.LesionClass;
import io.derm.api.SessionOptions;
import io.derm.samples.wiring.Parts;
import io.derm.samples.wiring.RuntimeModule;
import io.derm.yolo.YoloOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
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

    @Parameters(arity = "1", paramLabel = "DIR")
    private Path dir = Path.of(".");

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
    private final ModelsOption modelsOption = new ModelsOption();

    @Mixin
    private final ConfigOption configOption = new ConfigOption();

    @Override
    public Integer call() throws Exception {
        if (!DataSet.labelled(dir)) {
            throw new CaptureException(
                    256,
                    dir + " has neither annotations.json nor crops/, expected a data set",
                    "Make one with 'derm phantom --images 300 --seed 1000000 --out DIR', in a folder that is new or empty.");
        }
        DataSet data = DataSet.read(dir).atMostCropsOfEachClass(maxCrops);
        InferenceRuntime runtime = modelsOption.runtime();
        Injector injector = Guice.createInjector(
                new RuntimeModule(runtime),
                modelsOption.modules(
                        runtime,
                        YoloOptions.defaults().withScoreThreshold(Evaluation.CURVE_THRESHOLD),
                        SessionOptions.defaults(),
                        1));
        if (data.hasBoxes()) {
            try (Detector detector = Parts.get(injector, Detector.class)) {
                detection(detector, data);
            }
        }
        if (Files.isDirectory(dir.resolve("crops"))) {
            try (Classifier classifier = Parts.get(injector, Classifier.class)) {
                classification(classifier, data);
            }
        }
        System.out.println(Derm.RESEARCH_USE);
        return 0;
    }

    private void detection(Detector detector, DataSet data) throws Exception {
        DetectionResult r;
        try (Progress progress = new Progress("detect", data.scenes().size())) {
            r = Evaluation.detector(detector, data, minIou, threshold, () -> progress.step(""));
        }
        System.out.printf(
                Locale.ROOT,
                "detector %s: %d images, %d lesions%n  mAP%.0f %.4f%n",
                detector.model(),
                r.images(),
                r.lesions(),
                100 * minIou,
                r.averagePrecision());
        System.out.printf(
                Locale.ROOT,
                "  at recall %.4f: score %.3f, %.3f false boxes an image, precision %.4f%n",
                r.atHighRecall().recall(),
                r.atHighRecall().score(),
                r.atHighRecall().falsePerImage(),
                r.atHighRecall().precision());
        System.out.printf(
                Locale.ROOT,
                "  at score %.2f: recall %.4f, %.3f false boxes an image, precision %.4f%n",
                threshold,
                r.atThreshold().recall(),
                r.atThreshold().falsePerImage(),
                r.atThreshold().precision());
        if (!r.byTone().isEmpty()) {
            double mean = r.meanRecallOfTones();
            System.out.printf(
                    Locale.ROOT, "  recall by Fitzpatrick type at score %.2f (mean %.4f):%n", threshold, mean);
            r.byTone()
                    .forEach((tone, t) -> System.out.printf(
                            Locale.ROOT,
                            "    %-4s %.4f (%+.1f points, %d lesions)%n",
                            tone,
                            t.recall(),
                            100 * (t.recall() - mean),
                            t.lesions()));
        }
    }

    private static void classification(Classifier classifier, DataSet data) throws Exception {
        ClassificationResult r;
        try (Progress progress = new Progress("classify", data.crops().size())) {
            r = Evaluation.classifier(classifier, data, () -> progress.step(""));
        }
        System.out.printf(
                Locale.ROOT,
                "classifier %s: %d crops%n  melanoma AUC %.4f, sensitivity %.4f at specificity 0.85%n",
                classifier.model(),
                r.crops(),
                r.melanomaArea(),
                r.melanomaSensitivity());
        System.out.printf("  %-9s answered BENIGN UNKNOWN MELANOMA%n", "truth");
        for (LesionClass c : LesionClass.values()) {
            System.out.printf(
                    "  %-9s %15d %7d %8d%n",
                    c,
                    r.answered(c, LesionClass.BENIGN),
                    r.answered(c, LesionClass.UNKNOWN),
                    r.answered(c, LesionClass.MELANOMA));
        }
    }
}

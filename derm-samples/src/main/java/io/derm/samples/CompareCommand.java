package io.derm.samples;

import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description = {
            "Tells how far model B is from model A on the same images: in the raw outputs, in boxes or probabilities, and in",
            "mAP or sensitivity where the folder has labels. Exit code 1 where a limit is exceeded or was not measured."
        },
        footer = Derm.RESEARCH_USE)
final class CompareCommand implements Callable<Integer> {
    @Parameters(
            index = "0",
            paramLabel = "A",
            description =
                    "The reference: an ONNX file, " + ModelArgument.DETECTOR + " or " + ModelArgument.CLASSIFIER + ".")
    private String modelA = "";

    @Parameters(index = "1", paramLabel = "B", description = "The model held to it: as A.")
    private String modelB = "";

    @Option(
            names = "--images",
            required = true,
            paramLabel = "DIR",
            description = "A data set as 'derm phantom' writes it, or any folder of images.")
    private Path images = Path.of(".");

    @Option(
            names = "--runtime",
            paramLabel = "NAME",
            defaultValue = Runtimes.AUTO,
            description = "auto, or the name of a runtime that 'derm doctor' lists (default: ${DEFAULT-VALUE}).")
    private String runtime = Runtimes.AUTO;

    @Option(names = "--runtime-b", paramLabel = "NAME", description = "Runtime of B (default: as --runtime).")
    private @Nullable String runtimeB;

    @Mixin
    private final RuntimeProperties runtimeProperties = new RuntimeProperties();

    @Option(
            names = "--max-images",
            paramLabel = "N",
            description = "The most images, evenly spread over the folder (default: all).")
    private int maxImages = Integer.MAX_VALUE;

    @Option(
            names = "--threshold",
            paramLabel = "T",
            defaultValue = "0.35",
            description = "Score over which a box counts as an answer (default: ${DEFAULT-VALUE}).")
    private double threshold = 0.35;

    @Option(names = "--json", description = "As a JSON object on standard output.")
    private boolean json;

    @Option(
            names = "--max-box-px",
            paramLabel = "X",
            description = "Limit of the difference of a box's left, top, right or bottom, in pixels.")
    private @Nullable Double maxBoxPixels;

    @Option(
            names = "--max-score-diff",
            paramLabel = "X",
            description =
                    "Limit of the difference of a score or probability. A box without a counterpart counts with its score.")
    private @Nullable Double maxScoreDifference;

    @Option(
            names = "--max-output-error",
            paramLabel = "X",
            description = "Limit of the largest error of an output over the largest magnitude that A has in it.")
    private @Nullable Double maxOutputError;

    @Option(
            names = "--max-drop",
            paramLabel = "X",
            description = "Limit of the drop of mAP50, or of melanoma sensitivity and AUC; 0.01 is a point.")
    private @Nullable Double maxDrop;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (maxImages < 1) {
            throw new ParameterException(spec.commandLine(), "--max-images is " + maxImages + ", expected 1 or more");
        }
        if (!(threshold >= Evaluation.CURVE_THRESHOLD && threshold < 1)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--threshold is " + threshold + ", expected " + Evaluation.CURVE_THRESHOLD
                            + " up to but not including 1");
        }
        ComparisonLimits limits = new ComparisonLimits(
                optional(maxBoxPixels), optional(maxScoreDifference), optional(maxOutputError), optional(maxDrop));
        Both<InferenceRuntime> runtimes =
                new Both<>(RuntimeOption.find(runtime), RuntimeOption.find(runtimeB == null ? runtime : runtimeB));
        runtimeProperties.check(Map.of("a", runtimes.a(), "b", runtimes.b()));
        // The comparison runs an image at a time.
        SessionOptions session = SessionOptions.defaults().withMaxBatch(1);
        Both<SessionOptions> sessions = new Both<>(
                runtimeProperties.of("a", runtimes.a(), session), runtimeProperties.of("b", runtimes.b(), session));
        Both<Model> models = new Both<>(
                ModelArgument.of(modelA, runtimes.a().name()),
                ModelArgument.of(modelB, runtimes.b().name()));
        DataSet data = DataSet.read(images).atMost(maxImages);
        ComparisonResult result;
        try (Comparison comparison = Comparison.open(runtimes, models, sessions, data);
                Progress progress = new Progress("compare", comparison.images())) {
            result = comparison.run(threshold, () -> progress.step(""));
        }
        List<String> exceeded = limits.exceeded(result);
        System.out.println(json ? ComparisonJson.of(result, exceeded) : ComparisonText.of(result) + Derm.RESEARCH_USE);
        exceeded.forEach(line -> System.err.println("derm: " + line));
        return exceeded.isEmpty() ? 0 : 1;
    }

    private static OptionalDouble optional(@Nullable Double value) {
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
}

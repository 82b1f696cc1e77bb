package io.derm.samples;

import io.derm.api.CaptureException;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.onnx.DataType;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.RangeMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
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
        name = "precision",
        mixinStandardHelpOptions = true,
        description = "Writes a model in a lower precision: float16 or bfloat16 where it is safe, or calibrated int8.",
        footer = Derm.RESEARCH_USE)
final class PrecisionCommand implements Callable<Integer> {
    /** What a model is brought to. */
    enum To {
        fp16,
        bf16,
        int8
    }

    /** The runtime that it is written for. */
    enum For {
        tensorrt,
        onnxruntime
    }

    @Parameters(
            arity = "1",
            paramLabel = "MODEL",
            description = "A float32 ONNX file, " + ModelArgument.DETECTOR + " or " + ModelArgument.CLASSIFIER + ".")
    private String model = "";

    @Option(names = "--to", required = true, paramLabel = "PRECISION", description = "${COMPLETION-CANDIDATES}.")
    private To to = To.int8;

    @Option(names = "--for", required = true, paramLabel = "RUNTIME", description = "${COMPLETION-CANDIDATES}.")
    private For target = For.onnxruntime;

    @Option(
            names = "--calibrate",
            paramLabel = "DIR",
            description =
                    "Images like those the model will meet, with or without labels; or a file of --save-calibration.")
    private @Nullable Path calibrate;

    @Option(
            names = "--budget",
            paramLabel = "B",
            description =
                    "The most accuracy that int8 may lose, 0.01 is a point: layers go back to float until it holds. It is"
                            + " measured on every second image of --calibrate, which then is not calibrated on, or on --validate.")
    private @Nullable Double budget;

    @Option(names = "--validate", paramLabel = "DIR", description = "Images to hold the budget on.")
    private @Nullable Path validate;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "OUT",
            description = "The ONNX file to write.")
    private Path output = Path.of(".");

    @Option(
            names = "--keep",
            split = ",",
            paramLabel = "NODE",
            description = "Nodes that stay float32, by name; * stands for any characters.")
    private List<String> keep = new ArrayList<>();

    @Option(names = "--only", split = ",", paramLabel = "NODE", description = "Lowers these nodes alone (fp16, bf16).")
    private @Nullable List<String> only;

    @Option(
            names = "--tolerance",
            paramLabel = "T",
            description =
                    "Largest error of an output over its largest magnitude; further nodes stay float32 until it holds"
                            + " (fp16, bf16).")
    private @Nullable Double tolerance;

    @Option(
            names = "--ranges",
            paramLabel = "METHOD",
            defaultValue = "percentile",
            converter = RangeMethodConverter.class,
            description = "min-max, percentile, entropy or mse (int8; default: ${DEFAULT-VALUE}).")
    private RangeMethod ranges = RangeMethod.PERCENTILE;

    @Option(
            names = "--full-weights",
            description = "Weights of all 8 bits for onnxruntime; wrong on x64 processors without VNNI.")
    private boolean fullWeights;

    @Option(
            names = "--max-images",
            paramLabel = "N",
            defaultValue = "200",
            description = "The most images to calibrate on, evenly spread (default: ${DEFAULT-VALUE}).")
    private int maxImages = 200;

    @Option(names = "--save-calibration", paramLabel = "FILE", description = "Keeps the ranges, for the other runtime.")
    private @Nullable Path saveCalibration;

    @Option(names = "--sensitivity", description = "Measures what int8 costs in each layer by itself.")
    private boolean sensitivity;

    @Option(names = "--json", description = "The report as JSON on standard output.")
    private boolean json;

    @Mixin
    private final RuntimeOption runtimeOption = new RuntimeOption();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        check();
        Model source = ModelArgument.of(model);
        OnnxModel onnx = ModelArgument.onnx(source);
        InferenceRuntime runtime = runtimeOption.find();
        PrecisionJob job = new PrecisionJob(onnx, runtime, output);
        PrecisionOutcome outcome = to == To.int8 ? int8(job) : sixteenBits(job);
        System.out.println(json ? outcome.json() : outcome.text() + Derm.RESEARCH_USE);
        System.err.println("Written to " + output);
        return 0;
    }

    private void check() {
        boolean savedRanges = calibrate != null && Files.isRegularFile(calibrate);
        String wrong = null;
        if (maxImages < 1) {
            wrong = "--max-images is " + maxImages + ", expected 1 or more";
        } else if (budget != null && !(budget >= 0 && budget < 1)) {
            wrong = "--budget is " + budget + ", expected 0 up to but not including 1";
        } else if (to == To.int8 && calibrate == null) {
            wrong = "--to int8 has no --calibrate, expected a folder of images";
        } else if (savedRanges && to != To.int8) {
            wrong = "--calibrate is a file, expected a folder of images for " + to;
        } else if (savedRanges && validate == null && (budget != null || sensitivity)) {
            wrong = "--calibrate is a file, expected --validate with images to measure on";
        } else if (to == To.int8 && (only != null || tolerance != null)) {
            wrong = "--only and --tolerance are for fp16 and bf16, expected --keep and --budget for int8";
        } else if (to != To.int8 && (budget != null || sensitivity || validate != null || saveCalibration != null)) {
            wrong = "--budget, --sensitivity, --validate and --save-calibration are for int8, expected --tolerance for "
                    + to;
        } else if (tolerance != null && calibrate == null) {
            wrong = "--tolerance has no --calibrate, expected a folder of images to hold it on";
        }
        if (wrong != null) {
            throw new ParameterException(spec.commandLine(), wrong);
        }
    }

    private PrecisionOutcome sixteenBits(PrecisionJob job) throws Exception {
        Optional<DataSet> data = calibrate == null
                ? Optional.empty()
                : Optional.of(images(calibrate).atMost(maxImages));
        return job.sixteenBits(
                to == To.fp16 ? DataType.FLOAT16 : DataType.BFLOAT16,
                keep,
                Optional.ofNullable(only),
                tolerance == null ? OptionalDouble.empty() : OptionalDouble.of(tolerance),
                data);
    }

    private PrecisionOutcome int8(PrecisionJob job) throws Exception {
        Path from = Objects.requireNonNull(calibrate);
        Optional<DataSet> data = Files.isRegularFile(from) ? Optional.empty() : Optional.of(images(from));
        boolean halves = budget != null && validate == null;
        DataSet measured = validate != null
                ? images(validate)
                : data.map(d -> d.where(i -> i % 2 == 1)).orElse(null);
        PrecisionJob.Int8 settings = new PrecisionJob.Int8(
                target,
                ranges,
                fullWeights,
                keep,
                budget == null ? OptionalDouble.empty() : OptionalDouble.of(budget),
                sensitivity);
        DataSet calibrated = data.map(d -> (halves ? d.where(i -> i % 2 == 0) : d).atMost(maxImages))
                .orElse(null);
        return job.int8(settings, from, calibrated, measured, Optional.ofNullable(saveCalibration));
    }

    static DataSet images(Path dir) throws IOException {
        DataSet data = DataSet.read(dir);
        if (data.scenes().isEmpty() && data.crops().isEmpty()) {
            throw noImages(dir);
        }
        return data;
    }

    static CaptureException noImages(Path dir) {
        return new CaptureException(
                262,
                dir + " has no images to calibrate or measure on, expected some like those that the model will meet",
                "Give a folder with more images, or make one with 'derm phantom'.");
    }
}

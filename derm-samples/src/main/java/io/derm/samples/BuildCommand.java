package io.derm.samples;

import io.derm.api.Model;
import io.derm.api.SessionOptions;
import io.derm.trt.TrtMeter;
import io.derm.trt.TrtOptions;
import io.derm.trt.TrtRuntime;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "build",
        mixinStandardHelpOptions = true,
        description = {
            "Builds a model into a TensorRT plan for the GPU at hand, to be validated and shipped: PLAN, the ONNX file that it was built of",
            "as PLAN.onnx, and notes as PLAN.properties. Needs an NVIDIA GPU."
        },
        footer = Derm.RESEARCH_USE)
final class BuildCommand implements Callable<Integer> {
    /** Entry of a plan's notes. */
    private static final String BUILT_SECONDS = "built.seconds";

    /** What a model is brought to before it is built. */
    enum Precision {
        fp32,
        fp16,
        bf16,
        int8
    }

    @Parameters(arity = "1", paramLabel = "MODEL", description = ModelArgument.DESCRIPTION)
    private String model = "";

    @Option(
            names = {"-o", "--output", "--out"},
            required = true,
            paramLabel = "PLAN",
            description = "The plan to write.")
    private Path plan = Path.of(".");

    @Option(
            names = "--precision",
            paramLabel = "P",
            description =
                    "${COMPLETION-CANDIDATES}: lowered as 'derm precision --for tensorrt' does (default: as the model is).")
    private @Nullable Precision precision;

    @Option(
            names = "--calibrate",
            paramLabel = "DIR",
            description =
                    "Images like those the model will meet, or for int8 a file of 'derm precision --save-calibration'."
                            + " Demo models in int8 need none.")
    private @Nullable Path calibrate;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Batch that a model of free batch is tuned for (default: 8, or --max-batch if that is less).")
    private @Nullable Integer batch;

    @Option(
            names = "--max-batch",
            paramLabel = "N",
            defaultValue = "32",
            description = "Largest batch of a model of free batch (default: ${DEFAULT-VALUE}).")
    private int maxBatch = 32;

    @Option(names = "--level", paramLabel = "0..5", description = "How long TensorRT searches (default: 3).")
    private @Nullable Integer level;

    @Option(
            names = "--workspace",
            paramLabel = "MIB",
            description = "Most memory that a layer may use while it runs (default: all there is).")
    private @Nullable Integer workspace;

    @Option(
            names = "--no-tf32",
            description = "float32 convolutions with all 23 bits of fraction rather than the 10 of tensor cores.")
    private boolean noTf32;

    @Option(
            names = "--compatibility",
            paramLabel = "C",
            description = "Other GPUs that the plan runs on too: none, ampere_plus or same_compute_capability"
                    + " (default: none).")
    private TrtOptions.@Nullable Compatibility compatibility;

    @Option(
            names = "--tiling",
            paramLabel = "T",
            description = "Search for tilings of several layers: none, fast, moderate or full (default: none).")
    private TrtOptions.@Nullable Tiling tiling;

    @Option(names = "--device", paramLabel = "N", description = "Number of the GPU (default: 0).")
    private @Nullable Integer device;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        check();
        SessionOptions session = new SessionOptions(0, maxBatch, properties());
        TrtOptions options = TrtOptions.of(session);
        if (ModelArgument.demo(model).isEmpty()) {
            // Whether it is there at all.
            ModelArgument.of(model, TrtRuntime.NAME);
        }
        // Before the model is lowered, which takes minutes where it is large.
        TrtMeter.Device gpu = TrtMeter.device(options.device());
        Outputs.folder(Optional.ofNullable(plan.toAbsolutePath().getParent()).orElse(plan));
        Path onnx = plan.resolveSibling(plan.getFileName() + ".onnx");
        TrtRuntime.BuiltPlan built;
        try (TensorRtModel lowered = TensorRtModel.write(model, Optional.ofNullable(precision), calibrate, onnx)) {
            built = build(lowered.model(), session);
            lowered.keep();
        }
        System.out.print(report(built, onnx, gpu));
        return 0;
    }

    private void check() {
        boolean demo = ModelArgument.demo(model).isPresent();
        boolean lowers = precision != null && precision != Precision.fp32;
        String wrong = null;
        if (precision == Precision.int8 && calibrate == null && !demo) {
            wrong = "--precision int8 has no --calibrate, expected a folder of images or a file of ranges";
        } else if (!lowers && calibrate != null) {
            wrong = "--calibrate is for a lower precision, expected --precision fp16, bf16 or int8 with it";
        } else if (calibrate != null && precision != Precision.int8 && Files.isRegularFile(calibrate)) {
            wrong = "--calibrate is a file, expected a folder of images for " + precision;
        } else if (batch != null && batch > maxBatch) {
            wrong = "--batch is " + batch + ", expected --max-batch " + maxBatch + " at most";
        } else if (plan.getFileName() == null || Files.isDirectory(plan)) {
            wrong = "--output is the folder " + plan + ", expected a file";
        }
        if (wrong != null) {
            throw new ParameterException(spec.commandLine(), wrong);
        }
    }

    private Map<String, String> properties() {
        Map<String, String> properties = new HashMap<>();
        put(properties, TrtOptions.BATCH, batch);
        put(properties, TrtOptions.OPTIMIZATION_LEVEL, level);
        put(properties, TrtOptions.WORKSPACE_MIB, workspace);
        put(properties, TrtOptions.TF32, noTf32 ? false : null);
        put(properties, TrtOptions.COMPATIBILITY, compatibility);
        put(properties, TrtOptions.TILING, tiling);
        put(properties, TrtOptions.DEVICE, device);
        return properties;
    }

    private static void put(Map<String, String> properties, String name, @Nullable Object value) {
        if (value != null) {
            properties.put(name, value.toString());
        }
    }

    private TrtRuntime.BuiltPlan build(Model lowered, SessionOptions session) {
        Optional<Duration> before = lastTime(plan);
        try (BuildProgress progress = new BuildProgress(String.valueOf(plan.getFileName()))) {
            return new TrtRuntime()
                    .build(
                            lowered,
                            session,
                            plan,
                            (elapsed, lastTime) -> progress.building(elapsed, lastTime.or(() -> before)));
        }
    }

    /** How long the plan took that is there now, by its notes. */
    static Optional<Duration> lastTime(Path plan) {
        Path notes = plan.resolveSibling(plan.getFileName() + ".properties");
        Properties entries = new Properties();
        try (Reader reader = Files.newBufferedReader(notes)) {
            entries.load(reader);
            String seconds = entries.getProperty(BUILT_SECONDS);
            return seconds == null ? Optional.empty() : Optional.of(Duration.ofSeconds(Long.parseLong(seconds.trim())));
        } catch (IOException | IllegalArgumentException e) {
            // It only says how long to wait; what is wrong with the notes is replaced by the build.
            return Optional.empty();
        }
    }

    private String report(TrtRuntime.BuiltPlan built, Path onnx, TrtMeter.Device gpu) {
        String quoted = maxBatch < SessionOptions.defaults().maxBatch() ? " --max-batch " + maxBatch : "";
        return String.format(
                Locale.ROOT,
                "%s: %.1f MiB in %d s for %s (compute capability %s) and TensorRT %s%n"
                        + "  precision  %s%n  sha256     %s%n  of         %s%n"
                        + "run it with that model and%n"
                        + "  --runtime %s%s --runtime-option %s=%s --runtime-option %s=%s%n"
                        + "with detector: or classifier: before the names where a command runs both.%n%s%n",
                built.plan(),
                built.bytes() / 1048576.0,
                built.took().toSeconds(),
                gpu.name(),
                gpu.computeCapability(),
                gpu.tensorRt(),
                PrecisionOption.of(Model.of(onnx)),
                built.sha256(),
                onnx,
                TrtRuntime.NAME,
                quoted,
                TrtOptions.PLAN,
                built.plan(),
                TrtOptions.PLAN_SHA256,
                built.sha256(),
                Derm.RESEARCH_USE);
    }
}

package io.derm.samples;

import io.derm.api.InferenceRuntime;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.SessionOptions;
import io.derm.onnx.AccuracyBudget;
import io.derm.onnx.Calibration;
import io.derm.onnx.DataType;
import io.derm.onnx.LayerSensitivity;
import io.derm.onnx.MixedPrecision;
import io.derm.onnx.ModelCheck;
import io.derm.onnx.ModelReport;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.OutputError;
import io.derm.onnx.Quantiser;
import io.derm.onnx.RangeMethod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Brings a model to a lower precision, says what that costs, and writes it. Confined. */
final class PrecisionJob {
    /** Score over which a box counts as an answer where there are no labels. */
    private static final double THRESHOLD = 0.35;
    /** Samples on which a layer's own cost is measured: one run of them for each layer. */
    private static final int SENSITIVITY_SAMPLES = 8;

    private final OnnxModel model;
    private final InferenceRuntime runtime;
    private final Path output;

    PrecisionJob(OnnxModel model, InferenceRuntime runtime, Path output) {
        this.model = model;
        this.runtime = runtime;
        this.output = output;
    }

    /**
     * How to go to int8.
     *
     * @param target runtime that it is written for
     * @param ranges how ranges are read off
     * @param fullWeights see {@link Quantiser#withFullWeights}
     * @param keep nodes that stay float32
     * @param budget the most accuracy that may be lost
     * @param sensitivity whether to measure each layer by itself in any case
     */
    record Int8(
            PrecisionCommand.For target,
            RangeMethod ranges,
            boolean fullWeights,
            List<String> keep,
            OptionalDouble budget,
            boolean sensitivity) {}

    /** Lowers to float16 or bfloat16; without data by the weights alone. */
    PrecisionOutcome sixteenBits(
            DataType type,
            List<String> keep,
            Optional<List<String>> only,
            OptionalDouble tolerance,
            Optional<DataSet> data)
            throws Exception {
        MixedPrecision pass = MixedPrecision.to(type).keeping(keep);
        pass = only.isPresent() ? pass.only(only.get()) : pass;
        pass = tolerance.isPresent() ? pass.withinTolerance(tolerance.getAsDouble()) : pass;
        MixedPrecision.Converted converted =
                data.isPresent() ? converted(pass, model, samples(data.get())) : pass.convert(model);
        write(converted.model(), type.label());
        return new PrecisionOutcome(converted.report());
    }

    private MixedPrecision.Converted converted(MixedPrecision pass, OnnxModel from, ImageSamples samples) {
        try (StepProgress progress = new StepProgress()) {
            return pass.convert(from, runtime, SessionOptions.defaults(), samples, progress);
        }
    }

    /**
     * Goes to int8.
     *
     * @param from the folder of images, or the file that ranges were kept in
     * @param calibrated images to calibrate on; null where ranges come from a file
     * @param measured images to measure losses on; null where nothing is measured
     * @param save file to keep the ranges in
     */
    PrecisionOutcome int8(
            Int8 settings, Path from, @Nullable DataSet calibrated, @Nullable DataSet measured, Optional<Path> save)
            throws Exception {
        if (ModelReport.of(model).operators().containsKey("QuantizeLinear")) {
            throw noLayers(", as it is quantised already");
        }
        Calibration calibration = calibrated == null ? Calibration.read(model, from) : calibrate(calibrated);
        save.ifPresent(calibration::write);
        Quantiser quantiser = Quantiser.to(
                        settings.target() == PrecisionCommand.For.tensorrt
                                ? Quantiser.Target.TENSORRT
                                : Quantiser.Target.ONNX_RUNTIME)
                .withRanges(settings.ranges())
                .withFullWeights(settings.fullWeights())
                .keeping(settings.keep());
        int layers = quantiser.layers(calibration).size();
        if (layers == 0) {
            throw noLayers(settings.keep().isEmpty() ? "" : " besides those of --keep");
        }
        PrecisionOutcome outcome = new PrecisionOutcome();
        outcome.put("model", model.name());
        outcome.put("precision", "int8");
        outcome.put("for", settings.target().name());
        outcome.put(
                "calibrated",
                calibration.samples() + " images, ranges by " + RangeMethodConverter.name(settings.ranges()));
        List<LayerSensitivity> sensitivities = settings.sensitivity() && measured != null
                ? sensitivities(quantiser, calibration, measured)
                : List.of();
        OnnxModel int8;
        Set<String> kept = Set.of();
        if (settings.budget().isPresent() && measured != null) {
            AccuracyBudget met = met(settings, quantiser, calibration, measured, sensitivities, outcome);
            int8 = met.model();
            kept = met.kept();
        } else {
            int8 = quantiser.quantise(calibration);
        }
        outcome.put("layers in int8", layers - kept.size());
        outcome.put("layers kept in float", kept.stream().sorted().toList());
        outcome.sensitivities(sensitivities);
        write(
                settings.target() == PrecisionCommand.For.tensorrt ? withFloat16(int8, calibrated, outcome) : int8,
                "int8");
        outcome.put("bytes", bytes());
        return outcome;
    }

    private ModelException noLayers(String why) {
        return new ModelException(
                264,
                "Model " + model.name() + " has no layer to bring to int8" + why
                        + ", expected convolutions or matrix products with constant float32 weights",
                "Give the float32 model.");
    }

    private Calibration calibrate(DataSet data) {
        try (StepProgress progress = new StepProgress()) {
            return Calibration.of(model, runtime, SessionOptions.defaults(), samples(data), progress);
        }
    }

    private AccuracyBudget met(
            Int8 settings,
            Quantiser quantiser,
            Calibration calibration,
            DataSet measured,
            List<LayerSensitivity> known,
            PrecisionOutcome outcome)
            throws Exception {
        try (StepProgress progress = new StepProgress()) {
            AccuracyLoss loss = new AccuracyLoss(model, runtime, measured, THRESHOLD, progress);
            AccuracyBudget met = AccuracyBudget.meet(
                    quantiser,
                    calibration,
                    loss,
                    settings.budget().getAsDouble(),
                    () -> known.isEmpty() ? sensitivities(quantiser, calibration, measured) : known);
            outcome.put("lost", String.format(Locale.ROOT, "%.4f", met.loss()));
            outcome.put("lost is", loss.what() + " on " + loss.images() + " images");
            outcome.put("budget", settings.budget().getAsDouble());
            outcome.put("models measured", met.trials().size());
            return met;
        }
    }

    private List<LayerSensitivity> sensitivities(Quantiser quantiser, Calibration calibration, DataSet measured) {
        OutputError error = new OutputError(
                model, runtime, SessionOptions.defaults(), samples(measured.atMost(SENSITIVITY_SAMPLES)));
        try (StepProgress progress = new StepProgress()) {
            return LayerSensitivity.of(quantiser, calibration, error, progress);
        }
    }

    /** What is not int8 in float16, which TensorRT runs the rest fastest in. */
    private OnnxModel withFloat16(OnnxModel int8, @Nullable DataSet calibrated, PrecisionOutcome outcome) {
        MixedPrecision pass = MixedPrecision.to(DataType.FLOAT16);
        MixedPrecision.Converted converted = calibrated == null
                ? pass.convert(int8)
                : converted(pass, int8, samples(calibrated.atMost(SENSITIVITY_SAMPLES)));
        outcome.put("rest in float16 but for", converted.report().kept().size() + " nodes");
        return converted.model();
    }

    private ImageSamples samples(DataSet data) {
        try (Subject subject = Subject.open(runtime, model.toModel())) {
            return ImageSamples.of(data, subject.task(), subject.input());
        }
    }

    private void write(OnnxModel lowered, String precision) {
        ModelCheck.requireSound(lowered);
        lowered.withMetadata(ModelKeys.PRECISION, precision).write(output);
    }

    private long bytes() throws IOException {
        return Files.size(output);
    }

    /** Steps of the passes of derm-onnx on standard error, a bar for each kind of step. */
    private static final class StepProgress implements io.derm.onnx.Progress, AutoCloseable {
        private String what = "";
        private @Nullable Progress bar;

        @Override
        public void step(String now, int done, int total) {
            Progress current = bar;
            if (current == null || !now.equals(what)) {
                close();
                what = now;
                current = new Progress(now, total);
                bar = current;
            }
            current.step("");
            if (done == total) {
                close();
            }
        }

        @Override
        public void close() {
            Progress current = bar;
            if (current != null) {
                current.close();
            }
            bar = null;
        }
    }
}

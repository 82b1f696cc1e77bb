package io.derm.samples;

import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.onnx.ModelHeader;
import io.derm.samples.DemoModel.Precision;
import io.derm.trt.TrtRuntime;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option of commands that run models: in which precision. */
final class PrecisionOption {
    @Option(
            names = "--precision",
            paramLabel = "P",
            description =
                    "${COMPLETION-CANDIDATES}: of the demo models, fp16 with --runtime tensorrt alone; a file of your own is"
                            + " run as it is, and must be of that precision where one is given (default: as the file is,"
                            + " demo models in fp32).")
    private Optional<Precision> precision = Optional.empty();

    /** What was asked for, if anything. */
    Optional<Precision> precision() {
        return precision;
    }

    Model detector(Optional<Path> file, InferenceRuntime runtime) {
        return model(DemoModel.DETECTOR, file, runtime);
    }

    Model classifier(Optional<Path> file, InferenceRuntime runtime) {
        return model(DemoModel.CLASSIFIER, file, runtime);
    }

    private Model model(DemoModel demo, Optional<Path> file, InferenceRuntime runtime) {
        if (file.isEmpty()) {
            return demo.in(precision.orElse(Precision.fp32), runtime.name());
        }
        Model own = Model.of(file.get());
        precision.ifPresent(wanted -> require(own, wanted.name(), runtime.name()));
        return own;
    }

    /**
     * Holds a model to the precision that was asked for.
     *
     * @param wanted e.g. {@code fp16}
     * @param runtime name of the one that is to run it
     * @throws ModelException if it is of another
     */
    static void require(Model model, String wanted, String runtime) {
        String expected = label(wanted);
        String has = of(model);
        if (!has.equals(expected)) {
            String file = model.path().map(Path::toString).orElse(model.name());
            String how = wanted.equals("fp32")
                    ? "Give the float32 model it was made of"
                    : "Write one with 'derm precision FLOAT32 --to " + wanted + " --for "
                            + (runtime.equals(TrtRuntime.NAME) ? "tensorrt" : "onnxruntime")
                            + (wanted.equals("int8") ? " --calibrate DIR" : "") + " -o OUT' and give that";
            throw new ModelException(
                    263,
                    "Model " + file + " is " + has + ", expected " + expected + " for --precision " + wanted,
                    how + ", or leave --precision out.");
        }
    }

    /** The precision that a model says it was brought to; float32 where it says nothing. */
    static String of(Model model) {
        return Optional.ofNullable(ModelHeader.read(model).metadata().get(ModelKeys.PRECISION))
                .orElse("float32");
    }

    /** As metadata has it. */
    static String label(String precision) {
        return switch (precision) {
            case "fp32" -> "float32";
            case "fp16" -> "float16";
            case "bf16" -> "bfloat16";
            default -> precision;
        };
    }
}

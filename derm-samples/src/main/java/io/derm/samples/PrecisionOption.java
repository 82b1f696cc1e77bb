package io.derm.samples;

import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.models.DemoModels;
import io.derm.onnx.OnnxModel;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option of commands that run models: in which precision. */
final class PrecisionOption {
    /** What models are run in. */
    enum Precision {
        fp32,
        int8
    }

    @Option(
            names = "--precision",
            paramLabel = "P",
            description =
                    "${COMPLETION-CANDIDATES}: of the demo models; a file of your own is run as it is, and must be of that"
                            + " precision where one is given (default: as the file is, demo models in fp32).")
    private Optional<Precision> precision = Optional.empty();

    Model detector(Optional<Path> file) {
        return file.map(this::own).orElseGet(() -> int8() ? DemoInt8.detector() : DemoModels.detector());
    }

    Model classifier(Optional<Path> file) {
        return file.map(this::own).orElseGet(() -> int8() ? DemoInt8.classifier() : DemoModels.classifier());
    }

    private boolean int8() {
        return precision.equals(Optional.of(Precision.int8));
    }

    private Model own(Path file) {
        Model model = Model.of(file);
        if (precision.isPresent()) {
            String has = Optional.ofNullable(OnnxModel.read(file).metadata().get(ModelKeys.PRECISION))
                    .orElse("float32");
            String wanted = precision.get() == Precision.int8 ? "int8" : "float32";
            if (!has.equals(wanted)) {
                throw new ModelException(
                        263,
                        "Model " + file + " is " + has + ", expected " + wanted + " for --precision " + precision.get(),
                        "Write one with 'derm precision " + file
                                + " --to int8 --for onnxruntime --calibrate DIR -o OUT' and"
                                + " give that, or leave --precision out.");
            }
        }
        return model;
    }
}

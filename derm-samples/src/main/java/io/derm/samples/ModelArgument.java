package io.derm.samples;

import io.derm.api.Model;
import io.derm.onnx.OnnxModel;
import io.derm.ort.OrtRuntime;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** A model as it is named on the command line: a file, or one of the models that come with derm. */
final class ModelArgument {
    static final String DETECTOR = "demo:detector";
    static final String CLASSIFIER = "demo:classifier";
    /** For the help of commands. */
    static final String DESCRIPTION = "An ONNX file, " + DETECTOR + " or " + CLASSIFIER + ".";

    private ModelArgument() {}

    /** As {@link #of(String, String)}, a lower precision as ONNX Runtime wants it written. */
    static Model of(String text) {
        return of(text, OrtRuntime.NAME);
    }

    /**
     * The model of that name, such as {@code demo:detector-int8}.
     *
     * @param runtime name of the one that is to run it
     * @throws io.derm.api.ModelException if there is no such file or it cannot be read
     * @throws IllegalArgumentException if there is no such demo model, or the runtime does not compute in that precision
     */
    static Model of(String text, String runtime) {
        if (!text.startsWith("demo:")) {
            return Model.of(Path.of(text));
        }
        for (DemoModel demo : DemoModel.values()) {
            for (DemoModel.Precision precision : DemoModel.Precision.values()) {
                if (text.equals(demo.argument() + "-" + precision)) {
                    return demo.in(precision, runtime);
                }
            }
        }
        return demo(text)
                .map(DemoModel::float32)
                .orElseThrow(() -> new IllegalArgumentException("'" + text + "' is no demo model, expected " + DETECTOR
                        + " or " + CLASSIFIER + ", or one of them with -fp16 or -int8 added"));
    }

    /** The model as data. */
    static OnnxModel onnx(Model model) {
        return model.path().map(OnnxModel::read).orElseGet(() -> OnnxModel.read(model.name(), model.bytes()));
    }

    /** The demo model of that name in float32; empty if it is none of them. */
    static Optional<DemoModel> demo(String text) {
        return Arrays.stream(DemoModel.values())
                .filter(demo -> demo.argument().equals(text))
                .findFirst();
    }
}

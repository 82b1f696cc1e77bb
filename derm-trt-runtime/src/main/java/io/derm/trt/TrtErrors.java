package io.derm.trt;

import io.derm.api.InferenceException;
import io.derm.api.Model;
import io.derm.api.ModelException;
import java.nio.file.Path;
import java.util.List;

/** Turns what TensorRT says into one line that says what to do. */
final class TrtErrors {
    private static final int SHOWN = 5;

    private TrtErrors() {}

    /** The model as a person knows it. */
    static String file(Model model) {
        return model.path().map(Path::toString).orElse(model.name());
    }

    /** What the parser found, each with the node it is about. */
    static ModelException parsing(Model model, List<String> findings) {
        int more = findings.size() - SHOWN;
        return new ModelException(
                342,
                "TensorRT cannot read " + file(model) + ": "
                        + String.join("; ", findings.subList(0, Math.min(SHOWN, findings.size())))
                        + (more > 0 ? "; and " + more + " more" : ""),
                "Export the model without what is named, or run it with onnxruntime.");
    }

    /** Why no engine was built. */
    static ModelException building(Model model) {
        return new ModelException(
                343,
                "TensorRT cannot build an engine of " + file(model) + ": "
                        + TrtLogger.instance().firstError(),
                "Check the model with 'derm inspect'; give more workspace where it speaks of memory.");
    }

    /** Why TensorRT failed outside of a build. */
    static InferenceException running(String what) {
        return new InferenceException(
                382,
                "TensorRT failed to " + what + ": " + TrtLogger.instance().firstError(),
                "Open the model again; if it stays, clear the engine cache and build it anew.");
    }
}

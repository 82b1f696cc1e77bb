package io.derm.trt;

import io.derm.api.DermException;
import io.derm.api.InferenceException;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.RuntimeUnavailableException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Turns what TensorRT says into one line that says what to do. */
final class TrtErrors {
    private static final int SHOWN = 5;
    /** "Error Code 2: OutOfMemory (...)", "Error Code 1: Cuda Runtime (out of memory)". */
    private static final Pattern OUT_OF_MEMORY = Pattern.compile("OutOfMemory|out of memory");

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
    static DermException building(Model model) {
        Optional<String> library = TrtUnavailable.lacking(TrtLogger.instance().errors());
        if (library.isPresent()) {
            return TrtUnavailable.builder(library.get());
        }
        return new ModelException(
                343,
                "TensorRT cannot build an engine of " + file(model) + ": "
                        + TrtLogger.instance().firstError(),
                "Check the model with 'derm inspect'; give more workspace where it speaks of memory.");
    }

    /** Whether the last errors are of want of the GPU's memory. */
    static boolean outOfMemory() {
        return TrtLogger.instance().errors().stream()
                .anyMatch(error -> OUT_OF_MEMORY.matcher(error).find());
    }

    /** That TensorRT found no memory on the GPU. */
    static InferenceException memory(String what) {
        return new InferenceException(
                381,
                "The GPU has no memory left to " + what + ": "
                        + TrtLogger.instance().firstError(),
                "Close other sessions, lower the batch or the workspace, or free the GPU of other programs.");
    }

    /** That Java, or JavaCPP in its name, allows no more memory outside of the heap. */
    static RuntimeUnavailableException javaMemory(String what, OutOfMemoryError e) {
        return new RuntimeUnavailableException(
                353,
                "Java has no memory left to " + what + ": " + TrtUnavailable.root(e),
                "Give it more by -Xmx, on which the limits outside of the heap depend, or lift those:"
                        + " -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 and -XX:MaxDirectMemorySize=4g.",
                e);
    }

    /** Why TensorRT failed outside of a build. */
    static InferenceException running(String what) {
        if (outOfMemory()) {
            return memory(what);
        }
        return new InferenceException(
                382,
                "TensorRT failed to " + what + ": " + TrtLogger.instance().firstError(),
                "Open the model again; if it stays, clear the engine cache and build it anew.");
    }
}

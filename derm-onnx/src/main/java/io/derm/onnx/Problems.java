package io.derm.onnx;

import io.derm.api.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Errors of ONNX files that more than one class throws. */
final class Problems {
    private static final int MAX_SHOWN = 60;

    private Problems() {}

    /** The beginning of what a file says, so that a message stays readable whatever that is. */
    static String clip(String text) {
        return clip(text, MAX_SHOWN);
    }

    static String clip(String text, int length) {
        return text.length() > length ? text.substring(0, length) + "…" : text;
    }

    static ModelException notOnnx(String model, String found) {
        return new ModelException(
                94,
                "Model " + model + " " + found + ", expected an ONNX model with a graph",
                "Give a complete .onnx file; fetch it again if it was cut short.");
    }

    static ModelException externalData(String model, String found, String expected) {
        return new ModelException(
                95,
                "Model " + model + " has " + clip(found, 800) + ", expected " + expected,
                "Keep the model and its data files together in one folder, as they were exported.");
    }

    static ModelException cannotWrite(Path file, IOException e) {
        return new ModelException(
                96,
                "File " + file + " cannot be written: " + (Files.isDirectory(file) ? "it is a folder" : e),
                "Give the path of a file, and check its folder, permissions and the space left.",
                e);
    }

    static ModelException tensor(String model, String tensor, String found, String expected) {
        return new ModelException(
                97,
                "Tensor '" + clip(tensor, 200) + "' of " + model + " " + clip(found, 400) + ", expected " + expected,
                "Export the model again.");
    }

    static ModelException unsound(String model, List<Finding> findings) {
        int shown = Math.min(findings.size(), 3);
        return new ModelException(
                98,
                "Model " + model + " breaks the ONNX specification in " + findings.size()
                        + (findings.size() == 1 ? " place: " : " places: ")
                        + findings.stream().limit(shown).map(Finding::toString).collect(Collectors.joining("; "))
                        + (shown < findings.size() ? " ..." : "") + "; expected a sound model",
                "Export the model again, or convert it from one that is sound.");
    }
}

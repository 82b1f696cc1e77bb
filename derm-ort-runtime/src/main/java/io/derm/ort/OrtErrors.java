package io.derm.ort;

import ai.onnxruntime.OrtException;
import io.derm.api.DermException;
import io.derm.api.InferenceException;
import io.derm.api.Model;
import io.derm.api.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns what ONNX Runtime says into one line that says what to do. */
final class OrtErrors {
    private static final Pattern PREFIX =
            Pattern.compile("^Error code - \\w+ - message: (Load model from .* failed:)?");
    /** File, line and signature of the C++ function that threw. */
    private static final Pattern SOURCE = Pattern.compile("\\S+\\.(h|cc):\\d+ (.*?\\) )?");

    private static final Pattern MISSING = Pattern.compile("External data path does not exist: \"(.*?)\"");
    private static final Pattern OUTSIDE = Pattern.compile("External data path: \"(.*?)\" resolved path");
    private static final Pattern NO_OP = Pattern.compile("No Op registered for (\\S+) with domain_version of (\\d+)");
    private static final Pattern NO_FUNCTION =
            Pattern.compile("error: (\\S+?)\\(-?\\d+\\) is not a registered function/op");
    private static final Pattern OPSET = Pattern.compile(
            "Opset (\\d+) is under development.*Current official support for domain (\\S+) is till opset (\\d+)");

    private OrtErrors() {}

    /** Why a model does not open. */
    static ModelException opening(Model model, OrtException e) {
        String file = file(model);
        String text = clean(e);
        if (e.getCode() == OrtException.OrtErrorCode.ORT_INVALID_PROTOBUF) {
            return startsLikeOnnx(model)
                    ? new ModelException(
                            21,
                            "Model " + file
                                    + " begins as ONNX but cannot be read to its end: it is truncated or damaged",
                            "Download or export it again and compare the SHA-256.",
                            e)
                    : new ModelException(
                            20,
                            "Model " + file + " is not ONNX",
                            "Give an .onnx file; convert other formats to ONNX first.",
                            e);
        }
        if (text.contains("xternal data") || text.contains("External initializer")) {
            return externalData(model, text, e);
        }
        Matcher op = NO_OP.matcher(text);
        if (op.find()) {
            return operator(file, op.group(1), "opset " + op.group(2), e);
        }
        Matcher function = NO_FUNCTION.matcher(text);
        if (function.find()) {
            return operator(file, function.group(1), "its domain", e);
        }
        Matcher opset = OPSET.matcher(text);
        if (opset.find()) {
            return new ModelException(
                    25,
                    "Model " + file + " uses opset " + opset.group(1) + " of " + opset.group(2) + ", expected at most "
                            + opset.group(3),
                    "Export it with opset " + opset.group(3) + " or lower.",
                    e);
        }
        if (isOutOfMemory(text)) {
            return new ModelException(
                    32,
                    "ONNX Runtime ran out of memory while it opened " + file + ": " + text,
                    "Give the process more memory, or use a smaller model.",
                    e);
        }
        return new ModelException(
                29,
                "ONNX Runtime cannot open " + file + ": " + text,
                "Check the model with onnx.checker, or export it again.",
                e);
    }

    private static ModelException externalData(Model model, String text, OrtException e) {
        String file = file(model);
        if (model.path().isEmpty()) {
            return new ModelException(
                    30,
                    "Model " + file + " is in memory and refers to external data, expected all of it in one piece",
                    "Open it as a file next to its data, or save the model with its weights inside.",
                    e);
        }
        Matcher missing = MISSING.matcher(text);
        if (missing.find()) {
            return new ModelException(
                    22,
                    "External data " + missing.group(1) + " of model " + file + " does not exist",
                    "Put the data file next to the model, under the name it was exported with.",
                    e);
        }
        Matcher outside = OUTSIDE.matcher(text);
        if (outside.find()) {
            return new ModelException(
                    23,
                    "External data '" + outside.group(1) + "' of model " + file + " lies outside the model's folder",
                    "Save the model with its data in its own folder.",
                    e);
        }
        return new ModelException(
                31,
                "External data of model " + file + " cannot be read: " + text,
                "Copy the model and its data again from where they come from.",
                e);
    }

    private static ModelException operator(String file, String operator, String where, OrtException e) {
        boolean plugin = operator.toUpperCase(Locale.ROOT).contains("TRT");
        return new ModelException(
                24,
                "Model " + file + " has the operator " + operator + ", which ONNX Runtime does not have in " + where,
                plugin
                        ? "It is a TensorRT plug-in: choose the TensorRT runtime, or export the model without it."
                        : "Export the model with standard ONNX operators.",
                e);
    }

    /** Why a run failed. */
    static DermException running(Model model, OrtException e) {
        String text = clean(e);
        if (isOutOfMemory(text)) {
            return new InferenceException(
                    111,
                    "ONNX Runtime ran out of memory in " + file(model) + ": " + text,
                    "Run fewer regions at once, or give the process more memory.",
                    e);
        }
        return new InferenceException(
                110,
                "ONNX Runtime failed to run " + file(model) + ": " + text,
                "Check the input's size, or export the model again.",
                e);
    }

    private static boolean isOutOfMemory(String text) {
        return text.contains("Failed to allocate memory") || text.contains("bad_alloc");
    }

    /** Whether a run failed because an output had another shape than the buffer kept for it. */
    static boolean isShapeOfPinnedOutput(OrtException e) {
        String text = String.valueOf(e.getMessage());
        return text.contains("pre-allocated") || text.contains("shape verification failed");
    }

    static InferenceException noDirectMemory(Model model, long bytes, Throwable e) {
        return new InferenceException(
                111,
                "Tensors of " + file(model) + " need " + (bytes >> 20) + " MiB of direct memory, more than is left",
                "Run fewer regions at once, or raise -XX:MaxDirectMemorySize.",
                e);
    }

    static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return oneLine(root.getClass().getSimpleName() + ": " + root.getMessage());
    }

    private static String file(Model model) {
        return model.path().map(Path::toString).orElse(model.name());
    }

    private static String clean(OrtException e) {
        String text = PREFIX.matcher(oneLine(String.valueOf(e.getMessage()))).replaceFirst("");
        return SOURCE.matcher(text).replaceAll("").strip();
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }

    /** Every ONNX file begins with the field of its IR version, a small number. */
    private static boolean startsLikeOnnx(Model model) {
        byte[] head;
        if (model.path().isPresent()) {
            try (InputStream in = Files.newInputStream(model.path().get())) {
                head = in.readNBytes(2);
            } catch (IOException e) {
                return false;
            }
        } else {
            head = model.bytes();
        }
        return head.length >= 2 && head[0] == 0x08 && head[1] > 0 && head[1] < 32;
    }
}

package com.example.device;

import io.derm.api.Availability;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.onnx.OnnxModel;

/**
 * ONNX models in plain Java, with no native code: runs on whatever has a JVM, slowly. It knows the operators of derm's demo models and
 * refuses others by name. A runtime for an accelerator is cut the same way: read the file, translate the nodes, bring pixels to the
 * tensor, run. Thread-safe.
 */
public final class PlainRuntime implements InferenceRuntime {
    /** Name for {@code --runtime} and {@code Runtimes.find}. */
    public static final String NAME = "plain";

    @Override
    public String name() {
        return NAME;
    }

    /** Under ONNX Runtime's 0, so that {@code auto} takes it where nothing faster works. */
    @Override
    public int priority() {
        return -10;
    }

    @Override
    public Availability availability() {
        return Availability.yes("plain Java " + Runtime.version().feature());
    }

    @Override
    public Session open(Model model, SessionOptions options) {
        OnnxModel onnx = model.path().isPresent()
                ? OnnxModel.read(model.path().get())
                : OnnxModel.read(model.name(), model.bytes());
        return new PlainSession(onnx, model.overrides(), options);
    }
}

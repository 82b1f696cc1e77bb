package io.derm.samples;

import io.derm.api.Availability;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.trt.TrtRuntime;

/** TensorRT, with the builds of engines shown on standard error. Thread-safe. */
final class ShownBuilds implements InferenceRuntime {
    private final TrtRuntime runtime;

    ShownBuilds(TrtRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public String name() {
        return runtime.name();
    }

    @Override
    public int priority() {
        return runtime.priority();
    }

    @Override
    public Availability availability() {
        return runtime.availability();
    }

    @Override
    public Session open(Model model, SessionOptions options) {
        try (BuildProgress progress = new BuildProgress(model.name())) {
            return runtime.open(model, options, progress);
        }
    }
}

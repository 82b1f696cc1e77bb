package io.derm.samples;

import io.derm.api.InferenceRuntime;
import io.derm.api.Runtimes;
import io.derm.trt.TrtRuntime;
import picocli.CommandLine.Option;

/** The option that every command with a model has. */
final class RuntimeOption {
    @Option(
            names = "--runtime",
            paramLabel = "NAME",
            defaultValue = Runtimes.AUTO,
            description = "auto, or the name of a runtime that 'derm doctor' lists (default: ${DEFAULT-VALUE}).")
    String runtime = Runtimes.AUTO;

    /**
     * The runtime asked for.
     *
     * @throws io.derm.api.RuntimeUnavailableException if it does not work here
     */
    InferenceRuntime find() {
        return find(runtime);
    }

    /** As {@link #find()}, by name; a first opening with TensorRT takes minutes, and shows that it goes on. */
    static InferenceRuntime find(String name) {
        InferenceRuntime runtime = Runtimes.find(name);
        return runtime instanceof TrtRuntime tensorRt ? new ShownBuilds(tensorRt) : runtime;
    }
}

package io.derm.api;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Finds the inference runtimes on the class path. Thread-safe. */
public final class Runtimes {
    /** Stands for the available runtime with the highest priority. */
    public static final String AUTO = "auto";

    private Runtimes() {}

    /** All runtimes found by {@link ServiceLoader}, highest priority first, whether they work here or not. */
    public static List<InferenceRuntime> all() {
        List<InferenceRuntime> found = new ArrayList<>();
        try {
            ServiceLoader.load(InferenceRuntime.class).forEach(found::add);
        } catch (ServiceConfigurationError e) {
            throw new RuntimeUnavailableException(
                    301,
                    "A runtime on the class path cannot be loaded: " + e.getMessage(),
                    "Mend or remove its jar.",
                    e);
        }
        found.sort(Comparator.comparingInt(InferenceRuntime::priority).reversed());
        return found;
    }

    /**
     * Chooses a runtime by name, or the best available one for {@value #AUTO}.
     *
     * @throws RuntimeUnavailableException if there is none of that name, or it does not work here, or none does; the message
     *     gives the reason for each
     */
    public static InferenceRuntime find(String name) {
        return choose(name, all());
    }

    /** As {@link #find} among the given runtimes. */
    public static InferenceRuntime choose(String name, List<InferenceRuntime> runtimes) {
        List<String> refused = new ArrayList<>();
        for (InferenceRuntime runtime : runtimes) {
            if (name.equals(AUTO) || name.equals(runtime.name())) {
                Availability availability = runtime.availability();
                if (availability.available()) {
                    return runtime;
                }
                refused.add(runtime.name() + ": " + availability.detail() + " (" + availability.remedy() + ")");
            }
        }
        if (!refused.isEmpty()) {
            throw new RuntimeUnavailableException(
                    302,
                    "No runtime works here. " + String.join("; ", refused),
                    "Do what it says, or choose another runtime.");
        }
        String names = runtimes.stream().map(InferenceRuntime::name).collect(Collectors.joining(", "));
        throw new RuntimeUnavailableException(
                303,
                "No runtime named '" + name + "' is on the class path, found " + (names.isEmpty() ? "none" : names),
                "Choose auto or one of those found, or add the jar of '" + name + "'.");
    }
}

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

    /**
     * A runtime that another one stands in for when it fails while it runs. A session of it that meets an {@link InferenceException}
     * opens the same model on the next available runtime after {@code first} in order of {@link #all}, runs the same frame there and
     * stays there; filters and the batch size carry over, {@link SessionOptions#properties()}, which are one runtime's own, do not. It
     * logs one warning with the reason, and {@link Session#runtime} says so from then on. Where none is left the first failure is
     * thrown, the others suppressed in it. A model that cannot be opened, a caller's mistake and use after close are thrown as they are.
     */
    public static InferenceRuntime withFallback(InferenceRuntime first) {
        // This module depends on nothing; SLF4J takes over the platform's logger where it is wanted.
        return new FallbackRuntime(first, () -> after(first, all()), System.getLogger(Runtimes.class.getName()));
    }

    static List<InferenceRuntime> after(InferenceRuntime first, List<InferenceRuntime> runtimes) {
        return runtimes.stream()
                .filter(r -> !r.name().equals(first.name()) && r.priority() <= first.priority())
                .toList();
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

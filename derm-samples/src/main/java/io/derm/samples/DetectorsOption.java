package io.derm.samples;

import io.derm.api.InferenceRuntime;
import io.derm.ort.OrtRuntime;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of commands that examine recordings. */
final class DetectorsOption implements CheckedOptions {
    @Option(
            names = "--detectors",
            paramLabel = "N",
            description =
                    "Frames of a recording that are in detection at once, with a detector each (default: 2 on the CPU, else 1).")
    private @Nullable Integer detectors;

    @Override
    public void check() {
        if (detectors != null && detectors < 1) {
            throw new IllegalArgumentException("--detectors is " + detectors + ", expected 1 or more");
        }
    }

    /** How many detectors to open for a recording. */
    int of(InferenceRuntime runtime) {
        // Two keep the cores at work that a single one leaves idle; a device has no such.
        return detectors != null ? detectors : runtime.name().equals(OrtRuntime.NAME) ? 2 : 1;
    }
}

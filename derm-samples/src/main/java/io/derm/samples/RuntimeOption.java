package io.derm.samples;

import io.derm.api.Runtimes;
import picocli.CommandLine.Option;

/** The option that every command with a model has. */
final class RuntimeOption {
    @Option(
            names = "--runtime",
            paramLabel = "NAME",
            defaultValue = Runtimes.AUTO,
            description = "auto, or the name of a runtime that 'derm doctor' lists (default: ${DEFAULT-VALUE}).")
    String runtime = Runtimes.AUTO;
}

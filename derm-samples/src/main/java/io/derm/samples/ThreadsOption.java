package io.derm.samples;

import io.derm.api.SessionOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of commands whose detector and classifier run at the same time. */
final class ThreadsOption implements CheckedOptions {
    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "CPU threads for each model (default: half of the cores).")
    private @Nullable Integer threads;

    @Override
    public void check() {
        if (threads != null && threads < 1) {
            throw new IllegalArgumentException("--threads is " + threads + ", expected 1 or more");
        }
    }

    SessionOptions session() {
        int perModel =
                threads != null ? threads : Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return SessionOptions.defaults().withThreads(perModel);
    }
}

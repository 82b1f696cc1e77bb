package io.derm.samples;

import io.derm.api.SessionOptions;
import picocli.CommandLine.Option;

/** The option of commands whose detector and classifier run at the same time. */
final class ThreadsOption {
    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "CPU threads for each model (default: half of the cores).")
    private int threads;

    SessionOptions session() {
        int perModel = threads > 0 ? threads : Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        return SessionOptions.defaults().withThreads(perModel);
    }
}

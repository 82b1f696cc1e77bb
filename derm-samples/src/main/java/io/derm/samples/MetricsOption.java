package io.derm.samples;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of a command whose meters can be scraped. */
final class MetricsOption {
    private static final int MAX_PORT = 65_535;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description =
                    "Serves meters to Prometheus at http://127.0.0.1:PORT/metrics while it runs, see docs/metrics.md.")
    private @Nullable Integer port;

    /** Starts to serve; null where nobody asked for it. */
    @Nullable
    MetricsServer start() {
        if (port == null) {
            return null;
        }
        if (port < 1 || port > MAX_PORT) {
            throw new IllegalArgumentException("--metrics-port is " + port + ", expected 1 to " + MAX_PORT);
        }
        return MetricsServer.start(port);
    }
}

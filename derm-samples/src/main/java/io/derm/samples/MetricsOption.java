package io.derm.samples;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option of a command whose meters can be scraped. */
final class MetricsOption implements CheckedOptions {
    private static final int MAX_PORT = 65_535;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description =
                    "Serves meters to Prometheus at http://127.0.0.1:PORT/metrics while it runs, see docs/metrics.md.")
    private @Nullable Integer port;

    @Override
    public void check() {
        if (port != null && (port < 1 || port > MAX_PORT)) {
            throw new IllegalArgumentException("--metrics-port is " + port + ", expected 1 to " + MAX_PORT);
        }
    }

    /** Starts to serve; null where nobody asked for it. */
    @Nullable
    MetricsServer start() {
        return port == null ? null : MetricsServer.start(port);
    }
}

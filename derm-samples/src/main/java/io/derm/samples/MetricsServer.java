package io.derm.samples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.derm.api.DermException;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamMetrics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Serves the meters of an exam and of its process to Prometheus, in its text format, on loopback alone: who is to see them from
 * elsewhere puts a server with access control before it. Thread-safe.
 */
final class MetricsServer implements AutoCloseable {
    static final String PATH = "/metrics";
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s*(\\d+) kB$");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread scrapes = new Thread(task, "derm-metrics");
        scrapes.setDaemon(true);
        return scrapes;
    });
    private final HttpServer server;

    private MetricsServer(HttpServer server) {
        this.server = server;
    }

    /**
     * Starts to serve at a port of loopback.
     *
     * @throws DermException if the port is not to be had
     */
    static MetricsServer start(int port) {
        HttpServer server;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new DermException(
                    801,
                    "Port " + port + " cannot be used for metrics: " + Outputs.reason(e),
                    "choose another with --metrics-port, or end what uses it",
                    e);
        }
        MetricsServer metrics = new MetricsServer(server);
        metrics.process();
        server.setExecutor(metrics.thread);
        server.createContext("/", metrics::answer);
        server.start();
        System.err.println("Metrics at http://127.0.0.1:" + port + PATH);
        return metrics;
    }

    private void process() {
        new JvmMemoryMetrics().bindTo(registry);
        gc.bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        if (Files.isReadable(STATUS)) {
            // Frames, models and decoders lie outside of the heap, which the meters of the JVM do not tell of.
            Gauge.builder("process.resident.memory", MetricsServer::residentBytes)
                    .description("Memory of the process that is in RAM")
                    .baseUnit("bytes")
                    .register(registry);
        }
    }

    private static double residentBytes() {
        try {
            Matcher resident = RESIDENT.matcher(Files.readString(STATUS));
            return resident.find() ? 1024.0 * Long.parseLong(resident.group(1)) : Double.NaN;
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    /** Adds the meters of an exam and, where it is live, of its source. */
    void add(Exam exam, String name, ExamSource source) {
        ExamMetrics meters = new ExamMetrics(exam, name, List.of());
        meters.bindTo(registry);
        source.live().ifPresent(live -> {
            meters.reconnects(registry, () -> live.status().reconnects());
            new SourceMetrics(live, name).bindTo(registry);
        });
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean head = exchange.getRequestMethod().equals("HEAD");
            if (!exchange.getRequestURI().getPath().equals(PATH)) {
                exchange.sendResponseHeaders(404, -1);
            } else if (!head && !exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                exchange.sendResponseHeaders(405, -1);
            } else {
                byte[] body = registry.scrape(TEXT).getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", TEXT);
                exchange.sendResponseHeaders(200, head ? -1 : body.length);
                if (!head) {
                    exchange.getResponseBody().write(body);
                }
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        thread.shutdownNow();
        gc.close();
        registry.close();
    }
}

package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Meters as Prometheus reads them during an exam. */
@Timeout(180)
class MetricsTest {
    // Of prometheus.io/docs/instrumenting/exposition_formats.
    private static final Pattern COMMENT = Pattern.compile("# (?:HELP [a-zA-Z_:][a-zA-Z0-9_:]* .*"
            + "|TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped))");
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*"
            + "(?:\\{(?:[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\\n]|\\\\[\\\\\"n])*\",?)*})?) (\\S+)");

    @TempDir
    Path dir;

    private final HttpClient http = HttpClient.newHttpClient();

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private HttpResponse<String> get(int port, String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Samples by name and labels; empty where nobody answers yet. */
    private Map<String, Double> scrape(int port, Map<String, String> types) throws Exception {
        HttpResponse<String> response;
        try {
            response = get(port, "/metrics");
        } catch (IOException e) {
            return Map.of();
        }
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
        assertThat(response.body()).endsWith("\n");
        Map<String, Double> samples = new LinkedHashMap<>();
        for (String line : response.body().split("\n", -1)) {
            Matcher comment = COMMENT.matcher(line);
            Matcher sample = SAMPLE.matcher(line);
            if (comment.matches()) {
                if (comment.group(1) != null) {
                    assertThat(types.put(comment.group(1), comment.group(2))).isIn(null, comment.group(2));
                }
            } else if (sample.matches()) {
                String value = sample.group(2).replace("+Inf", "Infinity");
                assertThat(samples.put(sample.group(1), Double.valueOf(value)))
                        .as(line)
                        .isNull();
            } else {
                assertThat(line).as("a line of the text format").isEmpty();
            }
        }
        return samples;
    }

    private static double value(Map<String, Double> samples, String name, String label) {
        return samples.entrySet().stream()
                .filter(e -> e.getKey().startsWith(name + "{") && e.getKey().contains(label))
                .mapToDouble(Map.Entry::getValue)
                .findFirst()
                .orElse(-1);
    }

    @Test
    void scrape_duringALiveExam_hasTheExamTheSourceAndTheProcess() throws Exception {
        int port = freePort();
        Map<String, String> types = new LinkedHashMap<>();
        Map<String, Double> samples;
        Cli run;
        try (MjpegCamera camera = new MjpegCamera(150, 2)) {
            CompletableFuture<Cli> exam = CompletableFuture.supplyAsync(() -> Cli.run(
                    "exam",
                    camera.url(),
                    "--out",
                    dir.toString(),
                    "--no-recording",
                    "--reconnect-for",
                    "6s",
                    "--metrics-port",
                    String.valueOf(port)));
            do {
                TimeUnit.MILLISECONDS.sleep(50);
                samples = scrape(port, types);
            } while (value(samples, "derm_exam_reconnects_total", "") < 1 && !exam.isDone());
            assertThat(exam).isNotDone();
            assertThat(get(port, "/").statusCode()).isEqualTo(404);
            run = exam.get(60, TimeUnit.SECONDS);
        }
        assertThat(run.err()).contains("Metrics at http://127.0.0.1:" + port + "/metrics");
        assertThat(value(samples, "derm_exam_reconnects_total", "")).isEqualTo(1);
        double captured = value(samples, "derm_exam_frames_captured_total", "");
        double delivered = value(samples, "derm_exam_frames_delivered_total", "");
        assertThat(delivered).isBetween(1.0, 300.0);
        assertThat(captured).isGreaterThanOrEqualTo(delivered);
        assertThat(value(samples, "derm_exam_frame_age_seconds", "")).isBetween(1e-4, 10.0);
        assertThat(value(samples, "derm_exam_stage_seconds_count", "stage=\"detect\""))
                .isPositive();
        assertThat(value(samples, "derm_exam_stage_seconds_sum", "stage=\"detect\""))
                .isPositive();
        assertThat(value(samples, "derm_exam_stage_quantile_seconds", "quantile=\"0.99\""))
                .isNotNegative();
        assertThat(value(samples, "derm_exam_state", "state=\"running\"")).isEqualTo(1);
        assertThat(value(samples, "derm_exam_frames_dropped_total", "cause=\"busy\""))
                .isNotNegative();
        assertThat(value(samples, "derm_source_frames_total", "")).isGreaterThanOrEqualTo(captured);
        assertThat(value(samples, "derm_source_outage_seconds_total", "")).isBetween(0.001, 30.0);
        assertThat(value(samples, "derm_source_state", "state=\"live\"")).isIn(0.0, 1.0);
        assertThat(value(samples, "jvm_memory_used_bytes", "area=\"heap\"")).isPositive();
        assertThat(value(samples, "jvm_buffer_memory_used_bytes", "id=\"direct\""))
                .isPositive();
        assertThat(samples.get("process_cpu_usage")).isBetween(0.0, 1.0);
        assertThat(samples.get("process_resident_memory_bytes")).isGreaterThan(50e6);
        assertThat(types)
                .containsEntry("derm_exam_reconnects_total", "counter")
                .containsEntry("derm_exam_frame_age_seconds", "gauge")
                .containsEntry("derm_source_outage_seconds_total", "counter");
        assertThat(types.keySet()).contains("jvm_gc_memory_allocated_bytes_total", "jvm_threads_live_threads");
        assertThat(samples.keySet().toString())
                .contains("source=\"http://***@127.0.0.1:")
                .doesNotContain("opensesame");
        assertThat(scrape(port, types)).as("after the exam").isEmpty();
    }

    @Test
    void port_inUse_isOneClearLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Cli run = Cli.run(
                    "exam",
                    "--out",
                    dir.resolve("never").toString(),
                    "--metrics-port",
                    String.valueOf(taken.getLocalPort()));
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err().strip())
                    .hasLineCount(1)
                    .startsWith("derm: [DERM-801] Port " + taken.getLocalPort() + " cannot be used for metrics: ")
                    .contains("Remedy: ");
            assertThat(dir.resolve("never")).doesNotExist();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "65536"})
    void port_outOfRange_isWrongUsage(String port) {
        Cli run = Cli.run("exam", "--out", dir.resolve("never").toString(), "--metrics-port=" + port);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err().strip()).isEqualTo("derm: --metrics-port is " + port + ", expected 1 to 65535");
    }
}

package io.derm.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.api.Runtimes;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PacedExamTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... args) {
        return PacedExam.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                args);
    }

    @Test
    void exam_ofTwoCameras_accountsForEveryFrameThatWasDue(@TempDir Path dir) throws Exception {
        Path json = dir.resolve("paced.json");
        int code = run(
                "--rate",
                "10",
                "--seconds",
                "3",
                "--warm-up",
                "0.5",
                "--streams",
                "2",
                "--pictures",
                "2",
                "--json",
                json.toString());
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(code).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("paced exam: 2 streams of 10.0 frames/s, 1280x720 ")
                .contains("p99.9", "60 due");
        JsonNode report = new ObjectMapper().readTree(Files.readString(json));
        assertThat(report.path("due").asLong()).isEqualTo(60);
        assertThat(report.path("delivered").asLong()).isPositive();
        assertThat(report.path("delivered").asLong()
                        + report.path("dropped").path("busy").asLong()
                        + report.path("dropped").path("noBuffer").asLong())
                .isEqualTo(60);
        assertThat(report.path("latencyMillis").path("p50").asDouble()).isPositive();
        assertThat(report.path("lesions").asLong()).isPositive();
    }

    @Test
    void exam_onARuntimeThatDoesNotWorkHere_isNotRunAndGivesNoNumber() throws Exception {
        Assumptions.assumeTrue(
                Runtimes.all().stream()
                        .noneMatch(r ->
                                r.name().equals("tensorrt") && r.availability().available()),
                "TensorRT works here");
        assertThat(run("--runtime", "tensorrt")).isEqualTo(PacedExam.NOT_RUN);
        String text = out.toString(StandardCharsets.UTF_8);
        assertThat(text).startsWith("not run: [DERM-302]");
        JsonNode report = new ObjectMapper().readTree(text.substring(text.indexOf('{')));
        assertThat(report.path("notRun").asText()).startsWith("not run: ");
        assertThat(report.has("latencyMillis")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--speed 3",
                "rate 3",
                "--rate",
                "--rate fast",
                "--streams 0",
                "--streams 1.5",
                "--precision half"
            })
    void options_thatCannotBeRead_areWrongUsage(String args) {
        assertThat(run(args.split(" "))).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("expected").doesNotContain("Exception");
        assertThat(out.size()).isZero();
    }

    @Test
    void report_withAFrameUnaccountedFor_isRefused() {
        Histogram latency = new Histogram(3);
        latency.recordValue(1);
        ProcessMemory memory = ProcessMemory.now();
        assertThatThrownBy(() ->
                        new PacedReport(PacedOptions.parse(), "1x1 BGR24", 4, 1, 1, latency, 0, 0, 0, memory, memory))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("Of 4 frames 1 were delivered");
    }

    @Test
    void memory_afterAThreadAllocated_tellsHowMuch() {
        ProcessMemory before = ProcessMemory.now();
        byte[][] kept = new byte[64][];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = new byte[1 << 16];
        }
        long allocated = ProcessMemory.now().allocatedSince(before);
        assertThat(kept[63]).hasSize(1 << 16);
        assertThat(allocated).isBetween(64L << 16, 192L << 16);
    }
}

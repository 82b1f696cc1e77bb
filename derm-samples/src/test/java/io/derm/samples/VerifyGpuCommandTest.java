package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.trt.TrtRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code derm verify-gpu} up to where a GPU is needed. */
class VerifyGpuCommandTest {
    @TempDir
    Path dir;

    @Test
    void verify_withoutAGpu_isOneLineAndAReportThatSaysSo() throws Exception {
        assumeFalse(new TrtRuntime().availability().available(), "There is a GPU here");
        Path out = dir.resolve("report");
        Cli cli = Cli.run("verify-gpu", "--out", out.toString());
        assertThat(cli.code()).isEqualTo(1);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err().lines()).hasSize(1);
        assertThat(cli.complaints().get(0)).startsWith("derm: [DERM-395] ").contains("Remedy: ", "report.html");

        JsonNode json = new ObjectMapper().readTree(out.resolve("report.json").toFile());
        assertThat(json.path("passed").asBoolean(true)).isFalse();
        assertThat(json.path("verdict").asText()).isEqualTo("NOT RUN: there is no GPU");
        assertThat(json.path("device").isNull()).isTrue();
        List<String> outcomes = new ArrayList<>();
        json.path("sections")
                .forEach(s -> outcomes.add(
                        s.path("id").asText() + " " + s.path("status").asText()));
        assertThat(outcomes)
                .containsExactly(
                        "machine failed",
                        "tests not run",
                        "engines not run",
                        "parity not run",
                        "latency not run",
                        "memory not run",
                        "peer not run");
        assertThat(Files.readString(out.resolve("report.html"))).contains("NO GPU", Derm.RESEARCH_USE);
    }

    @Test
    void verify_withoutOut_orWithANumberThatCannotBe_isWrongUsage() {
        assertThat(Cli.run("verify-gpu").code()).isEqualTo(2);
        String out = dir.resolve("x").toString();
        assertThat(Cli.run("verify-gpu", "--out", out, "--minutes", "0").code()).isEqualTo(2);
        assertThat(Cli.run("verify-gpu", "--out", out, "--device", "-1").code()).isEqualTo(2);
        assertThat(dir.resolve("x")).doesNotExist();
    }

    @Test
    void verify_intoAFile_isOneLine() throws Exception {
        Path file = Files.writeString(dir.resolve("file"), "x");
        Cli cli = Cli.run("verify-gpu", "--out", file.toString());
        assertThat(cli.code()).isEqualTo(1);
        assertThat(cli.complaints()).singleElement().asString().startsWith("derm: [DERM-250] ");
    }
}

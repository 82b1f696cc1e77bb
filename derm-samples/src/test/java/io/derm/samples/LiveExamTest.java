package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exams of cameras that go away and come back. */
@Timeout(180)
class LiveExamTest {
    @TempDir
    Path dir;

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(Condition condition) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!condition.holds()) {
            assertThat(System.nanoTime() - until).as("still waiting after 90 s").isNegative();
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private long found() throws IOException {
        Path findings = dir.resolve("out/findings.jsonl");
        return Files.exists(findings) ? Files.size(findings) : 0;
    }

    private String report() throws IOException {
        return Files.readString(dir.resolve("out/report.html"));
    }

    @Test
    void exam_cameraThatHangsUp_goesOnUntilItIsAwayForTooLong() throws Exception {
        Cli run;
        try (MjpegCamera camera = new MjpegCamera(60, 2)) {
            run = Cli.run(
                    "exam",
                    camera.url(),
                    "--out",
                    dir.resolve("out").toString(),
                    "--no-recording",
                    "--reconnect-for",
                    "6s");
        }
        assertThat(run.code()).isEqualTo(1);
        String time = "(?m)^\\d\\d:\\d\\d:\\d\\d source ";
        assertThat(run.err())
                .containsPattern(time + "connecting$")
                .containsPattern(time + "live$")
                .containsPattern(time + "retrying: http://\\*\\*\\*@127.0.0.1:\\d+/live ended$")
                .containsPattern(time + "connecting, try 2$")
                .containsPattern(time + "live again after \\d+\\.\\d s without a picture$")
                .containsPattern(time + "failed: http://\\S+ gives no picture for \\d+\\.\\d s and is given up: ")
                .doesNotContain("opensesame", "nurse", "\tat ");
        assertThat(run.complaints()).singleElement().asString().startsWith("derm: [DERM-234] ");
        assertThat(found()).isPositive();
        assertThat(report())
                .contains("Broken off: [DERM-234]")
                .containsPattern("The source was connected again once; [1-9]\\d*\\.\\d s without a picture\\.")
                .doesNotContain("opensesame");
    }

    @Test
    void exam_streamThatEndsAndIsNotWaitedFor_isComplete() throws Exception {
        try (MjpegCamera camera = new MjpegCamera(60, 1)) {
            assertThat(Cli.run(
                                    "exam",
                                    camera.url(),
                                    "--out",
                                    dir.resolve("out").toString(),
                                    "--no-recording",
                                    "--reconnect-for",
                                    "0")
                            .code())
                    .isZero();
        }
        assertThat(report()).contains("Complete. The source was live throughout.");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @EnabledOnOs(OS.LINUX)
    void interrupt_liveOrDuringAnOutage_endsInOrder(boolean outage) throws Exception {
        Path log = dir.resolve("log");
        try (MjpegCamera camera = new MjpegCamera(Integer.MAX_VALUE, 1)) {
            Process process = exam(camera.url(), log);
            await(() -> found() > 2_000 || !process.isAlive());
            if (outage) {
                camera.close();
                await(() -> Files.readString(log).contains("source retrying: ") || !process.isAlive());
            }
            new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                    .start()
                    .waitFor();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(130);
        }
        assertThat(report())
                .containsPattern("Stopped by the user\\. The source was "
                        + (outage ? "connected again 0 times; \\d" : "live throughout\\."));
        assertThat(dir.resolve("out/exam.mp4")).isNotEmptyFile();
        assertThat(Files.readString(log))
                .containsPattern("(?m)^\\d\\d:\\d\\d:\\d\\d source ended: closed$")
                .doesNotContain("opensesame", "WARNING: http", "\tat ");
    }

    private Process exam(String url, Path log) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-Djava.awt.headless=true",
                "-Dderm.terminal=false",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "io.derm.samples.Derm",
                "exam",
                url,
                "--out",
                dir.resolve("out").toString()));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    @Test
    void exam_rtspServerThatIsKilledAndRestarted_goesOn() throws Exception {
        Path script = Path.of("../derm-capture/src/test/resources/rtsp/rtsp_server.py");
        Path python = Path.of("/usr/bin/python3");
        Assumptions.assumeTrue(Files.isExecutable(python), "no " + python);
        Assumptions.assumeTrue(
                new ProcessBuilder(python.toString(), script.toString(), "--check")
                                .redirectErrorStream(true)
                                .start()
                                .waitFor()
                        == 0,
                "no RTSP server here (Debian: apt install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good)");
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        try (DemoClip clip = DemoClip.extract()) {
            List<String> command = List.of(
                    python.toString(),
                    script.toString(),
                    String.valueOf(port),
                    clip.path().toString());
            Process server = start(command);
            try {
                CompletableFuture<Cli> exam = CompletableFuture.supplyAsync(() -> Cli.run(
                        "exam",
                        "rtsp://127.0.0.1:" + port + "/live",
                        "--out",
                        dir.resolve("out").toString(),
                        "--reconnect-for",
                        "20s"));
                await(() -> found() > 2_000 || exam.isDone());
                server.destroyForcibly().waitFor();
                long before = found();
                TimeUnit.SECONDS.sleep(1);
                server = start(command);
                await(() -> found() > before + 4_000 || exam.isDone());
                assertThat(exam).isNotDone();
                server.destroyForcibly().waitFor();
                Cli run = exam.get(60, TimeUnit.SECONDS);
                assertThat(run.code()).isEqualTo(1);
                assertThat(run.err()).contains("source live again after ").contains("[DERM-234] rtsp://127.0.0.1:");
            } finally {
                server.destroyForcibly().waitFor();
            }
        }
        assertThat(report()).contains("The source was connected again once; ");
        assertThat(dir.resolve("out/exam.mp4")).isNotEmptyFile();
    }

    private static Process start(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); !"ready".equals(line); line = out.readLine()) {
            assertThat(line).as("the server ended at its start").isNotNull();
        }
        return process;
    }
}

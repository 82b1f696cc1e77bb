package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.ort.OrtRuntime;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Exams in a process of their own that are broken off from outside: what was written up to then can be read. */
@EnabledOnOs(OS.LINUX)
@Timeout(180)
class BrokenOffTest {
    @TempDir
    Path dir;

    @Test
    void interrupt_duringAnExam_leavesReadableFiles() throws Exception {
        Process process = exam("", "-Dderm.terminal=false");
        Path findings = dir.resolve("out/findings.jsonl");
        while (!Files.exists(findings) || Files.size(findings) < 20_000) {
            assertThat(process.isAlive()).as("still examining").isTrue();
            Thread.sleep(20);
        }
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(130);
        long lastFrame = lastFrameOf(findings);
        assertThat(playable()).isGreaterThan((int) lastFrame);
        assertThat(Files.readString(dir.resolve("out/report.html"))).contains("Stopped by the user.");
    }

    @Test
    void diskFull_duringAnExam_isOneClearLineAndLeavesReadableFiles() throws Exception {
        // No file may grow over 400 KiB, so the natives have to be unpacked before.
        assertThat(Sources.kinds()).isNotEmpty();
        Process process = exam("ulimit -f 400; ", "-Donnxruntime.native.path=" + unpackedRuntime());
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        List<String> lines = Files.readAllLines(dir.resolve("log")).stream()
                .filter(l -> l.startsWith("derm: "))
                .toList();
        assertThat(lines).hasSize(1);
        assertThat(lines.get(0)).contains("exam.mp4").contains("Remedy:");
        lastFrameOf(dir.resolve("out/findings.jsonl"));
        assertThat(playable()).isPositive();
    }

    /** Every line is JSON; the number of the last frame. */
    private static long lastFrameOf(Path findings) throws Exception {
        long last = -1;
        for (String line : Files.readAllLines(findings)) {
            long frame = new ObjectMapper().readTree(line).path("frame").asLong(-1);
            assertThat(frame).isGreaterThan(last);
            last = frame;
        }
        return last;
    }

    private int playable() throws Exception {
        int frames = 0;
        try (FrameSource video = Sources.open(dir.resolve("out/exam.mp4").toString(), CaptureOptions.defaults())) {
            while (true) {
                Optional<Frame> frame = video.next();
                if (frame.isEmpty()) {
                    return frames;
                }
                frame.get().close();
                frames++;
            }
        } catch (io.derm.api.CaptureException e) {
            // A file cut off in the middle of a fragment plays up to there.
            return frames;
        }
    }

    private Path unpackedRuntime() throws Exception {
        String platform = System.getProperty("os.arch").equals("aarch64") ? "linux-aarch64" : "linux-x64";
        Path folder = Files.createDirectory(dir.resolve("natives"));
        for (String library : List.of("libonnxruntime.so", "libonnxruntime4j_jni.so")) {
            try (InputStream in = Objects.requireNonNull(
                    OrtRuntime.class.getResourceAsStream("/ai/onnxruntime/native/" + platform + "/" + library))) {
                Files.copy(in, folder.resolve(library));
            }
        }
        return folder;
    }

    private Process exam(String limit, String property) throws Exception {
        try (DemoClip clip = DemoClip.extract()) {
            Files.copy(clip.path(), dir.resolve("clip.mp4"));
        }
        List<String> command = new ArrayList<>(List.of("bash", "-c", limit + "exec \"$0\" \"$@\""));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add(property);
        command.addAll(List.of("-Xmx256m", "-XX:-UsePerfData", "-Djava.awt.headless=true", "-cp"));
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        command.addAll(
                List.of("io.derm.samples.Derm", "exam", dir.resolve("clip.mp4").toString()));
        command.addAll(List.of("--out", dir.resolve("out").toString()));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("log").toFile())
                .start();
    }
}

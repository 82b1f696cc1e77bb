package io.derm.samples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.api.Frame;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The section that measures PyTorch on the same networks and the same picture, where Python has it. */
final class VerifyPeer {
    static final String TITLE = "Peer: PyTorch in float16, eager and compiled";

    private static final String SCRIPT = "torch_peer.py";
    private static final double LEAST_SECONDS = 45;

    private final VerifyRun run;

    VerifyPeer(VerifyRun run) {
        this.run = run;
    }

    void run(VerifySection section) throws Exception {
        Path script = VerifyTests.home().resolve("verify-lib").resolve(SCRIPT);
        if (!Files.exists(script)) {
            section.notRun("there is no " + script);
            return;
        }
        Output probe = python(List.of("-c", "import torch, sys; sys.exit(0 if torch.cuda.is_available() else 3)"), 60);
        if (probe.exit() != 0) {
            section.notRun(
                    probe.exit() == 3 ? "PyTorch sees no CUDA device" : "python3 cannot import torch: " + probe.last());
            return;
        }
        double left = run.deadline().seconds() - 5;
        if (left < LEAST_SECONDS) {
            section.notRun("out of time");
            return;
        }
        Path frame = run.folder().resolve("peer.bgr");
        Path json = run.folder().resolve("peer.json");
        write(frame, 1920, 1080);
        Output output = python(
                List.of(
                        script.toString(),
                        "--frame",
                        frame.toString(),
                        "--width",
                        "1920",
                        "--height",
                        "1080",
                        "--device",
                        Integer.toString(run.device()),
                        "--seconds",
                        Long.toString((long) left),
                        "--out",
                        json.toString()),
                left + 3);
        if (Files.exists(json)) {
            read(section, new ObjectMapper().readTree(json.toFile()));
        }
        if (output.exit() != 0) {
            section.failed("the script ended with exit code " + output.exit() + ": " + output.last());
        }
    }

    /** Puts the script's figures into the report as they are. */
    static void read(VerifySection section, JsonNode json) {
        section.note("PyTorch " + json.path("torch").asText() + ", CUDA "
                + json.path("cuda").asText() + ", cuDNN " + json.path("cudnn").asText()
                + ". Weights are random on both sides.");
        VerifyTable table = section.table(
                "peer",
                "PyTorch",
                "models",
                "precision",
                "what",
                "frame",
                "clock",
                "n",
                "p50 ms",
                "p90 ms",
                "p99 ms",
                "p99.9 ms",
                "max ms");
        for (JsonNode r : json.path("results")) {
            table.row(
                    r.path("models").asText(),
                    r.path("precision").asText(),
                    r.path("what").asText(),
                    r.path("frame").asText(),
                    r.path("clock").asText(),
                    r.path("n").asLong(),
                    number(r, "p50"),
                    number(r, "p90"),
                    number(r, "p99"),
                    number(r, "p99.9"),
                    number(r, "max"));
        }
        json.path("notRun").forEach(line -> section.notRun(line.asText()));
    }

    private static @Nullable Double number(JsonNode row, String name) {
        return row.path(name).isNumber() ? row.path(name).asDouble() : null;
    }

    private void write(Path file, int width, int height) throws Exception {
        ImageJob.open(run.data().scenes().get(0).file().toString(), (name, picture) -> {
            try (VerifyFrames frames = new VerifyFrames(picture, width, height);
                    FileChannel out = FileChannel.open(
                            file,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.WRITE)) {
                Frame frame = frames.next();
                var pixels = frame.pixels().duplicate().position(0).limit(3 * width * height);
                while (pixels.hasRemaining()) {
                    out.write(pixels);
                }
            }
        });
    }

    private record Output(int exit, String last) {}

    private Output python(List<String> arguments, double seconds) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("python3"));
        command.addAll(arguments);
        Path log = run.folder().resolve("peer.log");
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            return new Output(127, VerifyGpu.words(e));
        }
        if (!process.waitFor((long) (1000 * seconds), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly().waitFor();
            return new Output(124, "out of time");
        }
        List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1).stream()
                .filter(l -> !l.isBlank())
                .toList();
        return new Output(
                process.exitValue(),
                lines.isEmpty() ? "" : lines.get(lines.size() - 1).strip());
    }
}

package io.derm.samples;

import io.derm.api.Session;
import io.derm.samples.VerifyModels.Made;
import io.derm.samples.VerifyModels.Variant;
import io.derm.trt.TrtMeter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The section that builds the engines which the later ones run. */
final class VerifyEngines {
    static final String TITLE = "Engines of the demo models and YOLOv4-608 in FP16, INT8 and FP32";

    private final VerifyRun run;
    private final Deadline deadline;

    VerifyEngines(VerifyRun run, Deadline deadline) {
        this.run = run;
        this.deadline = deadline;
    }

    void run(VerifySection section) throws Exception {
        VerifyTable table = section.table(
                "engines", "Engines", "model", "precision", "source", "made s", "built s", "plan MiB", "layers");
        for (Variant v : VerifyModels.ORDER) {
            Optional<String> leftOut = run.leftOut(v);
            if (leftOut.isPresent()) {
                section.note(leftOut.get());
            } else if (deadline.over()) {
                section.notRun(v + ": out of time");
            } else {
                try {
                    build(v, table);
                    run.built().add(v);
                } catch (TimeoutException e) {
                    section.notRun(v + ": out of time while the model was made");
                } catch (RuntimeException | IOException e) {
                    section.failed(v + ": " + VerifyGpu.words(e));
                }
            }
        }
        section.note(
                "'made' is what lowering the ONNX model took on the CPU, beside the builds before it. YOLOv4-608 has the published"
                        + " architecture and weights out of a seed: its speed is that of a trained network, its answers mean nothing.");
    }

    private void build(Variant v, VerifyTable table) throws Exception {
        Made made = run.models().get(v, deadline);
        Map<Path, Long> before = plans();
        long start = System.nanoTime();
        try (Session session = run.open(made.model());
                TrtMeter meter = new TrtMeter(session)) {
            double took = (System.nanoTime() - start) / 1e9;
            Map<Path, Long> after = plans();
            after.keySet().removeAll(before.keySet());
            @Nullable Long bytes = after.values().stream().findFirst().orElse(null);
            table.row(
                    v.network().words(),
                    v.precision().name(),
                    bytes == null ? "from the cache" : "built",
                    made.seconds(),
                    bytes == null ? null : took,
                    bytes == null ? null : bytes / 1048576.0,
                    meter.layers());
        }
    }

    /** Sizes of the engines in the cache. */
    private Map<Path, Long> plans() throws IOException {
        Map<Path, Long> plans = new HashMap<>();
        try (Stream<Path> files = Files.list(run.cache())) {
            for (Path file : files.filter(f -> f.toString().endsWith(".plan")).toList()) {
                plans.put(file, Files.size(file));
            }
        }
        return plans;
    }
}

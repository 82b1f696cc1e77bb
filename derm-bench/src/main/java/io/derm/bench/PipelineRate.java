package io.derm.bench;

import io.derm.api.DermException;
import io.derm.bench.PipelineRounds.Part;
import io.derm.bench.PipelineRounds.Taken;
import io.derm.bench.gate.Interval;
import io.derm.samples.DemoModel.Precision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The {@code pipeline} command: what an exam's frame rate is beside that of its slowest stage alone. */
@Command(
        name = "pipeline",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description = "Times the exam of the bundled clip and each of its stages alone, in turns.",
        footer = {
            "Exit codes: 0 the budget is kept; 1 it is not; 2 wrong usage, or it could not be measured; 3 inconclusive.",
            "Research use only, not a medical device."
        })
final class PipelineRate implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int NOT_MEASURED = 2;
    private static final int INCONCLUSIVE = 3;

    @Option(names = "--runtime", description = "Name of a runtime.")
    private String runtime = "onnxruntime";

    @Option(names = "--precision", description = "Of both models: ${COMPLETION-CANDIDATES}.")
    private Precision precision = Precision.fp32;

    @Option(names = "--threads", description = "CPU threads a model, alone and in the exam.")
    private int threads = 1;

    @Option(names = "--detectors", description = "Frames that the exam has in detection at once.")
    private int detectors = 1;

    @Option(names = "--frames", description = "First frames of the clip, 2 or more.")
    private int frames = 60;

    @Option(names = "--warm-ups", description = "Rounds that are thrown away.")
    private int warmUps = 2;

    @Option(names = "--rounds", description = "Rounds that count, 3 or more.")
    private int rounds = 10;

    @Option(names = "--budget", description = "Least ratio of the frame rates.")
    private double budget = 0.95;

    static int execute(String... arguments) {
        return new CommandLine(new PipelineRate())
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    if (e instanceof DermException
                            || e instanceof NotRunException
                            || e instanceof IllegalArgumentException) {
                        command.getErr().println("pipeline: " + e.getMessage());
                    } else {
                        e.printStackTrace(command.getErr());
                    }
                    return NOT_MEASURED;
                })
                .execute(arguments);
    }

    @Override
    public Integer call() throws Exception {
        if (threads < 0
                || detectors < 1
                || frames < 2
                || warmUps < 0
                || rounds < Interval.FEWEST_FORKS
                || !(budget > 0)) {
            throw new IllegalArgumentException("Threads are " + threads + ", detectors " + detectors + ", frames "
                    + frames + ", warm-ups " + warmUps
                    + ", rounds " + rounds + ", the budget is " + budget
                    + ", expected 1 or more detectors, 2 or more frames, "
                    + Interval.FEWEST_FORKS + " or more rounds, a budget over 0 and nothing negative");
        }
        int processors = Runtime.getRuntime().availableProcessors();
        try (PipelineParts parts = new PipelineParts(runtime, precision, threads, detectors, frames)) {
            System.out.printf(
                    Locale.ROOT,
                    "%d frames of the clip with %.1f lesions each, %d rounds after %d; %s, %s, threads=%d, detectors=%d, %d processors%n",
                    frames,
                    parts.boxes(),
                    rounds,
                    warmUps,
                    runtime,
                    precision,
                    threads,
                    detectors,
                    processors);
            return report(measure(parts), processors);
        }
    }

    private PipelineRounds measure(PipelineParts parts) throws Exception {
        List<Map<Part, Taken>> taken = new ArrayList<>();
        for (int r = -warmUps; r < rounds; r++) {
            Map<Part, Taken> round = parts.round(order(Math.floorMod(r, rounds)));
            if (r >= 0) {
                taken.add(round);
            }
        }
        return new PipelineRounds(taken);
    }

    /** Rotated from one pair of rounds to the next, the second of each pair backwards, so that no part has a place of its own. */
    private static List<Part> order(int round) {
        List<Part> order = new ArrayList<>(Part.TIMED);
        Collections.rotate(order, round / 2);
        if (round % 2 == 1) {
            Collections.reverse(order);
        }
        return order;
    }

    private int report(PipelineRounds times, int processors) {
        System.out.printf("%-28s%10s%13s%17s%n", "", "frames/s", "ms a frame", "CPU ms a frame");
        for (Part part : Part.values()) {
            double cpu = times.cpuNanos(part);
            System.out.printf(
                    Locale.ROOT,
                    "%-28s%10.2f%13.2f%17s%n",
                    part.words(),
                    1e9 / times.nanos(part),
                    times.nanos(part) / 1e6,
                    Double.isNaN(cpu) ? "" : String.format(Locale.ROOT, "%.2f", cpu / 1e6));
        }
        ratio(times, Part.BOTH, times.slowestStage(), "what the cores make of both at once");
        ratio(times, Part.EXAM, Part.BOTH, "what the loop makes of the cores");
        if (detectors == 1) {
            System.out.printf(
                    Locale.ROOT, "The slower model within the exam ran for %.1f %% of its time%n", 100 * times.busy());
        }
        System.out.printf(
                Locale.ROOT,
                "The stages' CPU time, %.2f ms a frame, takes %.2f ms on %d processors at the least%n",
                times.cpuNanosOfStages() / 1e6,
                times.cpuNanosOfStages() / 1e6 / processors,
                processors);
        Interval ratio = times.ratio();
        int code = verdict(ratio, budget);
        System.out.printf(
                Locale.ROOT,
                "exam over %s: %.3f (95 %%: %.3f to %.3f) of its frame rate; budget %s: %s%n",
                times.slowestStage().words(),
                ratio.ratio(),
                ratio.lower(),
                ratio.upper(),
                budget,
                switch (code) {
                    case 0 -> "kept";
                    case FAILED -> "NOT KEPT";
                    default -> "inconclusive";
                });
        System.out.println("Research use only, not a medical device.");
        return code;
    }

    private static void ratio(PipelineRounds times, Part part, Part yardstick, String words) {
        Interval ratio = times.rate(part, yardstick);
        System.out.printf(
                Locale.ROOT,
                "%s over %s: %.3f (95 %%: %.3f to %.3f): %s%n",
                part.words(),
                yardstick.words(),
                ratio.ratio(),
                ratio.lower(),
                ratio.upper(),
                words);
    }

    static int verdict(Interval ratio, double budget) {
        if (ratio.lower() >= budget) {
            return 0;
        }
        return ratio.upper() < budget ? FAILED : INCONCLUSIVE;
    }
}

package io.derm.bench.peers;

import io.derm.bench.gate.Interval;
import io.derm.bench.peers.Comparison.Effort;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Entry of the jar. */
@Command(
        name = "derm-bench-peers",
        mixinStandardHelpOptions = true,
        showDefaultValues = true,
        description =
                "Times derm, plain ONNX Runtime, DJL and OpenCV on the same models and frames, in turns, after their answers agree.")
public final class Main implements Callable<Integer> {
    @Option(names = "--threads", split = ",", description = "Threads of a model's run.")
    private List<Integer> threads = List.of(1, 2);

    @Option(names = "--frames", description = "Frames of the bundled clip.")
    private int frames = 10;

    @Option(names = "--step", description = "How many frames of the clip lie from one to the next.")
    private int step = 5;

    @Option(
            names = "--processes",
            description = "Processes of each peer, one after the other, at least " + Interval.FEWEST_FORKS + ".")
    private int processes = 5;

    @Option(names = "--warm-ups", description = "Turns of a process that are thrown away.")
    private int warmUps = 5;

    @Option(names = "--rounds", description = "Turns of a process.")
    private int rounds = 6;

    @Option(names = "--peers", split = ",", description = "Besides derm: ${COMPLETION-CANDIDATES}.")
    private Set<Kind> peers =
            EnumSet.of(Kind.ORT, Kind.DJL, Kind.DJL_AS_IS, Kind.OPENCV, Kind.DERM_LOOP, Kind.DERM_INT8);

    @Option(
            names = "--spin",
            split = ",",
            description = "Of DERM and ORT, those whose waiting threads burn their core.")
    private Set<Kind> spin = EnumSet.of(Kind.ORT);

    @Option(names = "--one-by-one", split = ",", description = "Those that classify one crop at a time.")
    private Set<Kind> oneByOne = EnumSet.noneOf(Kind.class);

    @Option(
            names = "--shared-pool",
            split = ",",
            description = "Of ORT and DJL, those with one pool of threads for both models.")
    private Set<Kind> shared = EnumSet.of(Kind.ORT, Kind.DJL, Kind.DJL_NEW);

    private Main() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (processes < Interval.FEWEST_FORKS || frames < 1 || step < 1 || rounds < 1 || warmUps < 1) {
            System.err.println("Expected --processes of at least " + Interval.FEWEST_FORKS
                    + " and --frames, --step, --rounds, --warm-ups of at least 1");
            return 2;
        }
        out.printf(
                "Java %s, %d processors, load average before %.2f; research use only, not a medical device%n",
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
        try (Material material = Material.write(frames, step)) {
            for (int n : threads) {
                out.printf("%n## %d thread%s%n%n", n, n == 1 ? "" : "s");
                new Comparison(material, settings(n), new Effort(processes, warmUps, rounds), out).run();
            }
            return 0;
        } catch (Agreement.Disagreement e) {
            System.err.println("Stopped, as answers must agree before times are compared. " + e.getMessage());
            return 1;
        }
    }

    /** DJL has no setting for it: its threads spin. */
    private static boolean djl(Kind kind) {
        return kind == Kind.DJL || kind == Kind.DJL_AS_IS || kind == Kind.DJL_NEW;
    }

    private Map<Kind, Setting> settings(int n) {
        Map<Kind, Setting> settings = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            // The loops have a thread for each of their two models, so they are beside those that have two.
            if (kind == Kind.DERM || peers.contains(kind) && (!kind.loop() || n > 1)) {
                settings.put(
                        kind,
                        new Setting(
                                n, djl(kind) || spin.contains(kind), shared.contains(kind), !oneByOne.contains(kind)));
            }
        }
        return settings;
    }
}

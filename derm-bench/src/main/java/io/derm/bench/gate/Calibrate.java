package io.derm.bench.gate;

import io.derm.bench.gate.ForkMain.Yardstick;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Says what the gate is worth on this machine: a step beside itself, which no margin over 1 may fail, and beside itself slowed down, which it
 * should.
 */
@Command(
        name = "calibrate",
        mixinStandardHelpOptions = true,
        description =
                "Measures the gate's false alarms on A/A runs, and the smallest slowdown that it finds 9 times of 10.",
        footer = Words.RESEARCH_USE)
final class Calibrate implements Callable<Integer> {
    private static final double FOUND = 0.9;

    @Mixin
    private SubjectOptions subject = new SubjectOptions();

    @Mixin
    private Gate.EffortOptions effort = new Gate.EffortOptions();

    @Option(names = "--runs", description = "A/A runs (default: ${DEFAULT-VALUE}).")
    private int runs = 50;

    @Option(names = "--power-runs", description = "Runs of each slowdown (default: ${DEFAULT-VALUE}).")
    private int powerRuns = 10;

    @Option(
            names = "--slowdowns",
            split = ",",
            description = "Shares by which the step is slowed down, smallest first (default: 0.05, 0.10, 0.20).")
    private List<Double> slowdowns = List.of(0.05, 0.10, 0.20);

    @Option(names = "--step", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Step step = Step.DETECT;

    @Option(names = "--statistic", description = "mean, p50, p90, ... (default: ${DEFAULT-VALUE}).")
    private String statistic = "p50";

    @Option(names = "--margin", description = "Margin of the limit (default: ${DEFAULT-VALUE}).")
    private double margin = 1.02;

    @Override
    public Integer call() {
        if (runs < 1 || powerRuns < 1 || margin <= 1 || !statistic.matches("mean|p[1-9][0-9]?")) {
            throw new IllegalArgumentException("Runs are " + runs + " and " + powerRuns + ", margin is " + margin
                    + ", statistic is " + statistic + ", expected 1 or more, a margin over 1, mean or p1 to p99");
        }
        System.out.println(Machine.here().words());
        Map<Status, Integer> same = judge(0, runs);
        System.out.printf(
                Locale.ROOT,
                "A/A: %d runs, margin %s: %d false alarms (%.1f %%), %d inconclusive%n",
                runs,
                Words.number(margin),
                same.getOrDefault(Status.FAIL, 0),
                100.0 * same.getOrDefault(Status.FAIL, 0) / runs,
                same.getOrDefault(Status.INCONCLUSIVE, 0));
        String smallest = "none of those tried";
        for (int i = slowdowns.size() - 1; i >= 0; i--) {
            Map<Status, Integer> slowed = judge(slowdowns.get(i), powerRuns);
            int found = slowed.getOrDefault(Status.FAIL, 0);
            System.out.printf(
                    Locale.ROOT,
                    "slower by %.0f %%: found %d times of %d, %d inconclusive%n",
                    100 * slowdowns.get(i),
                    found,
                    powerRuns,
                    slowed.getOrDefault(Status.INCONCLUSIVE, 0));
            if (found >= FOUND * powerRuns) {
                smallest = Math.round(100 * slowdowns.get(i)) + " %";
            } else {
                break;
            }
        }
        System.out.println("smallest slowdown found 9 times of 10: " + smallest);
        System.out.println("After: " + Machine.here().words());
        return 0;
    }

    private Map<Status, Integer> judge(double slow, int times) {
        Map<Status, Integer> counts = new EnumMap<>(Status.class);
        int forks = effort.effort().forks();
        for (int i = 0; i < times; i++) {
            Verdict verdict = Verdict.twice(margin, sample(slow, forks), () -> sample(slow, 2 * forks));
            counts.merge(verdict.status(), 1, Integer::sum);
            System.out.printf(
                    Locale.ROOT,
                    "  slower by %.0f %%, run %d of %d: %.3f (%.3f to %.3f), %s%n",
                    100 * slow,
                    i + 1,
                    times,
                    verdict.interval().ratio(),
                    verdict.interval().lower(),
                    verdict.interval().upper(),
                    verdict.status().words());
        }
        return counts;
    }

    private double[][] sample(double slow, int n) {
        Forks forks = new Forks(subject, effort.jvm());
        List<double[]> out = new ArrayList<>();
        for (int f = 0; f < n; f++) {
            out.add(forks.time(Forks.ownClassPath(), List.of(step), effort.effort(), Yardstick.SELF, slow).stream()
                    .mapToDouble(b -> Block.logRatio(statistic, b.subject(), b.yardstick()))
                    .toArray());
        }
        return out.toArray(double[][]::new);
    }
}

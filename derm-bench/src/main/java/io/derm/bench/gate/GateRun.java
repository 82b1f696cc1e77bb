package io.derm.bench.gate;

import io.derm.bench.gate.ForkMain.Yardstick;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Measures what a baseline has limits of, and holds it to them. */
final class GateRun {
    private final Baseline baseline;
    private final String file;
    private final Forks forks;
    private final Effort effort;
    private final @Nullable String base;

    GateRun(Baseline baseline, String file, Forks forks, Effort effort, @Nullable String base) {
        this.baseline = baseline;
        this.file = file;
        this.forks = forks;
        this.effort = effort;
        this.base = base;
    }

    /** The outcomes of limits of some kinds, in the order of the baseline. */
    List<Outcome> run(Set<Limit.Kind> kinds) {
        List<Limit> limits =
                baseline.limits().stream().filter(l -> kinds.contains(l.kind())).toList();
        Map<Limit, Outcome> outcomes = new LinkedHashMap<>();
        limits.forEach(l -> outcomes.put(l, Outcome.notRun(l, "")));
        List<Limit> exact =
                limits.stream().filter(l -> l.kind() != Limit.Kind.RATIO).toList();
        if (!exact.isEmpty()) {
            exact(exact, outcomes);
        }
        for (String beside : new String[] {"bare", "base"}) {
            List<Limit> ratios =
                    limits.stream().filter(l -> l.beside().equals(beside)).toList();
            if (!ratios.isEmpty() && beside.equals("base") && base == null) {
                ratios.forEach(l -> outcomes.put(l, Outcome.notRun(l, "no base: give one by --base CLASSPATH")));
            } else if (!ratios.isEmpty()) {
                ratios(ratios, beside, outcomes);
            }
        }
        return List.copyOf(outcomes.values());
    }

    private void exact(List<Limit> limits, Map<Limit, Outcome> outcomes) {
        List<Step> steps = limits.stream()
                .filter(l -> l.metric().matches("(detect|classify|exam)\\..*"))
                .map(Limit::step)
                .distinct()
                .toList();
        boolean graphs = limits.stream().anyMatch(l -> l.metric().endsWith("-convolutions"));
        Forks.Exact exact = forks.exact(steps, graphs, file);
        Answers.Drift drift = exact.answers().from(baseline.answers());
        for (Limit limit : limits) {
            if (limit.kind() == Limit.Kind.DRIFT) {
                double measured =
                        switch (limit.metric()) {
                            case "detections" -> drift.unmatched();
                            case "boxes" -> drift.boxes();
                            case "scores" -> drift.scores();
                            default -> drift.probabilities();
                        };
                outcomes.put(
                        limit,
                        baseline.answers().frames().isEmpty()
                                ? Outcome.notRun(limit, "no stored answers: write them by 'gate record'")
                                : Outcome.of(limit, measured));
            } else {
                Double value = exact.values().get(limit.metric());
                outcomes.put(
                        limit,
                        value == null
                                ? Outcome.notRun(limit, exact.notRun().getOrDefault(limit.metric(), "not measured"))
                                : Outcome.of(limit, value));
            }
        }
    }

    private void ratios(List<Limit> limits, String beside, Map<Limit, Outcome> outcomes) {
        Map<Step, List<List<Block>>> first = sample(limits, beside, effort.forks());
        List<Limit> undecided = limits.stream()
                .filter(l -> Verdict.once(l.value(), logRatios(l, first)).status() == Status.INCONCLUSIVE)
                .toList();
        Map<Step, List<List<Block>>> more =
                undecided.isEmpty() ? Map.of() : sample(undecided, beside, 2 * effort.forks());
        for (Limit limit : limits) {
            outcomes.put(
                    limit,
                    Outcome.of(
                            limit,
                            Verdict.twice(limit.value(), logRatios(limit, first), () -> logRatios(limit, more))));
        }
    }

    private static double[][] logRatios(Limit limit, Map<Step, List<List<Block>>> blocks) {
        String statistic = limit.metric().substring(limit.metric().indexOf('.') + 1);
        return blocks.getOrDefault(limit.step(), List.of()).stream()
                .map(fork -> fork.stream()
                        .mapToDouble(b -> Block.logRatio(statistic, b.subject(), b.yardstick()))
                        .toArray())
                .toArray(double[][]::new);
    }

    /** Blocks by step, then by fork. */
    private Map<Step, List<List<Block>>> sample(List<Limit> limits, String beside, int n) {
        List<Step> steps = limits.stream().map(Limit::step).distinct().toList();
        List<List<Block>> all = new ArrayList<>();
        for (int f = 0; f < n; f++) {
            all.add(beside.equals("base") ? besideBase(steps, f % 2 == 1) : time(Forks.ownClassPath(), steps, true));
        }
        return steps.stream().collect(Collectors.toMap(step -> step, step -> all.stream()
                .map(fork -> fork.stream().filter(b -> b.step() == step).toList())
                .toList()));
    }

    private List<Block> time(String classPath, List<Step> steps, boolean bare) {
        return forks.time(classPath, steps, effort, bare ? Yardstick.BARE : Yardstick.NONE, 0);
    }

    /** A fork of the base and one of the candidate as one: over the pairs their order is ABBA. */
    private List<Block> besideBase(List<Step> steps, boolean baseFirst) {
        String path = Objects.requireNonNull(base);
        List<Block> a = time(baseFirst ? path : Forks.ownClassPath(), steps, false);
        List<Block> b = time(baseFirst ? Forks.ownClassPath() : path, steps, false);
        List<Block> candidate = baseFirst ? b : a;
        List<Block> old = baseFirst ? a : b;
        List<Block> joined = new ArrayList<>();
        for (int i = 0; i < candidate.size(); i++) {
            joined.add(new Block(
                    candidate.get(i).step(),
                    candidate.get(i).subject(),
                    old.get(i).subject()));
        }
        return joined;
    }
}

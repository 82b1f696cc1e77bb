package io.derm.onnx;

import io.derm.api.InferenceRuntime;
import io.derm.api.SessionOptions;
import io.derm.onnx.PrecisionReport.Reason;
import io.derm.onnx.PrecisionRules.Verdict;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Looks for a smallest set of nodes to keep float32 for a tolerance of the outputs. Nodes are ranked in groups, a convolution with the activation after it,
 * by the error of the outputs with that group alone in 16 bits on the first sample: to first order these errors add up, so that keeping the
 * largest is what helps most, wherever in the graph they come to light. Confined.
 */
final class PrecisionSearch {
    private final OnnxModel model;
    private final SixteenBits type;
    private final PrecisionRules rules;
    private final LargestError error;
    private final int samples;
    private final Progress progress;

    PrecisionSearch(
            OnnxModel model,
            SixteenBits type,
            PrecisionRules rules,
            InferenceRuntime runtime,
            SessionOptions options,
            Samples samples,
            Progress progress) {
        this.model = model;
        this.type = type;
        this.rules = rules;
        this.samples = samples.size();
        this.progress = progress;
        this.error = new LargestError(model, runtime, options, samples);
    }

    /** The nodes to keep; empty if not even all of them are enough. */
    Optional<Set<String>> find(double tolerance) {
        Predicate<Set<String>> holds = set -> error(rules.decide(set), samples) <= tolerance;
        if (holds.test(Set.of())) {
            return Optional.of(Set.of());
        }
        Map<String, List<String>> groups = ranked();
        Optional<Set<String>> kept =
                SmallestSet.find(List.copyOf(groups.keySet()), set -> holds.test(nodes(groups, set)));
        // What is in the group that counts.
        return kept.flatMap(set -> SmallestSet.find(List.copyOf(nodes(groups, set)), holds));
    }

    private static Set<String> nodes(Map<String, List<String>> groups, Set<String> chosen) {
        Set<String> nodes = new java.util.LinkedHashSet<>();
        groups.forEach((first, group) -> {
            if (chosen.contains(first)) {
                nodes.addAll(group);
            }
        });
        return nodes;
    }

    /** Groups by their first node, that with the largest error first. */
    private Map<String, List<String>> ranked() {
        Map<String, Verdict> verdicts = rules.decide(Set.of());
        List<List<String>> groups = rules.groups(verdicts);
        Map<String, Double> errors = new HashMap<>();
        int done = 0;
        for (List<String> group : groups) {
            errors.put(group.get(0), error(alone(verdicts, new HashSet<>(group)), 1));
            progress.step("sensitivity", ++done, groups.size());
        }
        return groups.stream()
                .sorted(Comparator.comparingDouble((List<String> g) -> -errors.getOrDefault(g.get(0), 0.0)))
                .collect(Collectors.toMap(g -> g.get(0), g -> g, (a, b) -> a, LinkedHashMap::new));
    }

    private static Map<String, Verdict> alone(Map<String, Verdict> verdicts, Set<String> group) {
        Map<String, Verdict> alone = new LinkedHashMap<>(verdicts);
        alone.replaceAll((name, v) -> v.low() && !group.contains(name) ? Verdict.keep(Reason.TOLERANCE, "") : v);
        return alone;
    }

    private double error(Map<String, Verdict> verdicts, int count) {
        return error.of(
                PrecisionWriter.write(model, type, rules.positions(), verdicts, false, true)
                        .model(),
                count);
    }
}

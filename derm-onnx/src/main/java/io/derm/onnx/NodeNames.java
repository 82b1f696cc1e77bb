package io.derm.onnx;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names of nodes as a user gives them: exact, or with {@code *} for any run of characters. Immutable. */
final class NodeNames {
    private final List<Pattern> patterns;

    NodeNames(Collection<String> names) {
        patterns = names.stream()
                .map(n -> Pattern.compile(
                        Arrays.stream(n.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"))))
                .toList();
    }

    /**
     * Sees that each name stands for a node: a slip of the pen would lower what was to be kept.
     *
     * @throws IllegalArgumentException if one does not
     */
    static void require(Collection<String> names, String model, Collection<String> nodes) {
        for (String name : names) {
            NodeNames one = new NodeNames(List.of(name));
            if (nodes.stream().noneMatch(one::contains)) {
                throw new IllegalArgumentException("No node of " + model + " is called '" + name
                        + "', expected names of its nodes, where * stands for any characters");
            }
        }
    }

    boolean contains(String node) {
        return patterns.stream().anyMatch(p -> p.matcher(node).matches());
    }
}

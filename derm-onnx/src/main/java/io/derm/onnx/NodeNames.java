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
     * @param forms the model in other forms, of whose nodes names may be too
     * @throws IllegalArgumentException if one does not
     */
    static void require(Collection<String> names, OnnxModel model, OnnxModel... forms) {
        for (String name : names) {
            NodeNames one = new NodeNames(List.of(name));
            if (!one.in(model) && Arrays.stream(forms).noneMatch(one::in)) {
                throw new IllegalArgumentException("No node of " + model.name() + " is called '" + name
                        + "', expected names of its nodes, where * stands for any characters");
            }
        }
    }

    private boolean in(OnnxModel model) {
        return model.graph().nodes().stream().anyMatch(n -> contains(n.getName()));
    }

    boolean contains(String node) {
        return patterns.stream().anyMatch(p -> p.matcher(node).matches());
    }
}

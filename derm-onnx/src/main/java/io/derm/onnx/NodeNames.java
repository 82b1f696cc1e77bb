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

    boolean contains(String node) {
        return patterns.stream().anyMatch(p -> p.matcher(node).matches());
    }
}

package io.derm.onnx;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Looks for a small set of layers to exempt from low precision so that a condition holds. */
final class SmallestSet {
    private SmallestSet() {}

    /**
     * The shortest run of the ranking from its start that makes the condition hold, found by doubling and halving, less those members of it that
     * are not needed, tried from the least suspect up.
     *
     * @param ranked the most suspect first
     * @param holds whether the condition holds with that set exempt; costly
     * @return empty if it does not hold even with all of them exempt
     */
    static Optional<Set<String>> find(List<String> ranked, Predicate<Set<String>> holds) {
        if (holds.test(Set.of())) {
            return Optional.of(Set.of());
        }
        if (ranked.isEmpty()) {
            return Optional.empty();
        }
        int fails = 0;
        int enough = -1;
        for (int n = 1; enough < 0; n = Math.min(2 * n, ranked.size())) {
            if (n <= fails) {
                return Optional.empty();
            }
            if (holds.test(first(ranked, n))) {
                enough = n;
            } else {
                fails = n;
            }
        }
        while (enough - fails > 1) {
            int middle = (fails + enough) / 2;
            if (holds.test(first(ranked, middle))) {
                enough = middle;
            } else {
                fails = middle;
            }
        }
        Set<String> set = first(ranked, enough);
        // The last one is needed, or the run would be shorter.
        for (String candidate : reversed(ranked.subList(0, enough - 1))) {
            Set<String> without = new LinkedHashSet<>(set);
            without.remove(candidate);
            if (holds.test(without)) {
                set = without;
            }
        }
        return Optional.of(set);
    }

    private static Set<String> first(List<String> ranked, int n) {
        return new LinkedHashSet<>(ranked.subList(0, n));
    }

    private static List<String> reversed(List<String> list) {
        List<String> copy = new ArrayList<>(list);
        java.util.Collections.reverse(copy);
        return copy;
    }
}

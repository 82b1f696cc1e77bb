package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class SmallestSetTest {

    private static Set<String> subset(List<String> of, int bits) {
        Set<String> set = new HashSet<>();
        for (int i = 0; i < of.size(); i++) {
            if ((bits >> i & 1) != 0) {
                set.add(of.get(i));
            }
        }
        return set;
    }

    /** Conditions that hold for every set around one of a few: against all subsets. */
    @Test
    void found_amongAllSubsets_isOneThatLosesByEveryMember() {
        Random random = new Random(3);
        int alone = 0;
        for (int round = 0; round < 2000; round++) {
            int n = random.nextInt(9);
            List<String> ranked = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                ranked.add("l" + i);
            }
            List<Set<String>> enough = new ArrayList<>();
            for (int k = random.nextInt(4); k > 0; k--) {
                int few = random.nextInt(1 << n);
                enough.add(subset(ranked, few & random.nextInt(1 << n)));
            }
            Predicate<Set<String>> holds = s -> enough.stream().anyMatch(s::containsAll);
            int[] trials = {0};
            Optional<Set<String>> found = SmallestSet.find(ranked, s -> {
                trials[0]++;
                return holds.test(s);
            });
            int sets = 0;
            for (int bits = 0; bits < 1 << n; bits++) {
                Set<String> s = subset(ranked, bits);
                boolean smaller = found.isPresent()
                        && found.get().containsAll(s)
                        && !found.get().equals(s);
                sets += holds.test(s) ? 1 : 0;
                assertThat(smaller && holds.test(s))
                        .as("%s in place of %s", s, found)
                        .isFalse();
            }
            assertThat(found.isPresent()).isEqualTo(sets > 0);
            found.ifPresent(s -> assertThat(holds).accepts(s));
            if (enough.size() == 1) {
                alone++;
                assertThat(found).contains(enough.get(0));
            }
            assertThat(trials[0]).isLessThanOrEqualTo(2 + 2 * log2(n) + n);
        }
        assertThat(alone).isPositive();
    }

    private static int log2(int n) {
        return 32 - Integer.numberOfLeadingZeros(Math.max(0, n - 1));
    }

    @Test
    void aFewOfMany_takesFewTrials() {
        List<String> ranked = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            ranked.add("l" + i);
        }
        int[] trials = {0};
        Set<String> needed = Set.of("l0", "l4");
        assertThat(SmallestSet.find(ranked, s -> {
                    trials[0]++;
                    return s.containsAll(needed);
                }))
                .contains(needed);
        assertThat(trials[0]).isLessThan(15);
    }
}

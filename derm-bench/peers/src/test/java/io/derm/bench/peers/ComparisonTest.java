package io.derm.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    @Test
    void order_overTwiceAsManyRoundsAsPeers_givesEachEveryPlaceTwice() {
        List<String> peers = List.of("a", "b", "c", "d", "e");
        Map<String, Integer> places = new HashMap<>();
        Map<String, Integer> before = new HashMap<>();
        for (int round = 0; round < 10; round++) {
            List<String> order = Comparison.inTurn(peers, round);
            assertThat(order).containsExactlyInAnyOrderElementsOf(peers);
            for (int i = 0; i < 5; i++) {
                places.merge(order.get(i) + i, 1, Integer::sum);
                for (int j = i + 1; j < 5; j++) {
                    before.merge(order.get(i) + order.get(j), 1, Integer::sum);
                }
            }
        }
        assertThat(places).hasSize(25).allSatisfy((place, times) -> assertThat(times)
                .isEqualTo(2));
        assertThat(before).hasSize(20).allSatisfy((pair, times) -> assertThat(times)
                .isEqualTo(5));
    }
}

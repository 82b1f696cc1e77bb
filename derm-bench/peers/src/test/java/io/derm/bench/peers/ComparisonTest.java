package io.derm.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    @Test
    void logRatios_ofFramesThatDifferMuch_pairThem() {
        long[][][] derm = {{{1_000_000, 50_000_000}, {2_000_000, 60_000_000}}};
        // Twice as long; then once as long and four times, of which the geometric mean is twice.
        long[][][] peer = {{{2_000_000, 100_000_000}, {2_000_000, 240_000_000}}};

        assertThat(Comparison.logRatios(derm, peer)).hasDimensions(1, 2);
        assertThat(Comparison.logRatios(derm, peer)[0])
                .containsExactly(new double[] {Math.log(2), Math.log(2)}, within(1e-12));
    }

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

package io.derm.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class QuantilesTest {
    @Test
    void quantiles_betweenValues_goStraight() {
        // numpy.quantile([1, 2, 3, 4, 10], [.5, .95]) = 3, 8.8
        Quantiles quantiles = Quantiles.of(new long[] {10_000_000, 2_000_000, 1_000_000, 4_000_000, 3_000_000});

        assertThat(quantiles.median()).isCloseTo(3, within(1e-9));
        assertThat(quantiles.p95()).isCloseTo(8.8, within(1e-9));
    }
}

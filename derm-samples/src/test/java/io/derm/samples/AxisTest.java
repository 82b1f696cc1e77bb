package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AxisTest {
    @Test
    void linear_anySpan_ticksAtRoundNumbersInside() {
        assertThat(Axis.linear(0, 11, "s").ticks()).containsExactly(0.0, 2.0, 4.0, 6.0, 8.0, 10.0);
        assertThat(Axis.linear(98, 103, "s").ticks()).containsExactly(98.0, 99.0, 100.0, 101.0, 102.0, 103.0);
        assertThat(Axis.linear(5, 5, "s").max()).isGreaterThan(5);
    }

    @Test
    void upTo_value_endsAtATickAboveIt() {
        Axis axis = Axis.upTo(83, "ms");
        assertThat(axis.max()).isEqualTo(100);
        assertThat(axis.at(50)).isEqualTo(0.5);
        assertThat(axis.at(-1)).isZero();
        assertThat(axis.at(1000)).isEqualTo(1);
        assertThat(Axis.upTo(0, "ms").max()).isEqualTo(1);
    }

    @Test
    void logarithmic_twoDecades_hasOneTwoFive() {
        Axis axis = Axis.logarithmic(0.3, 70, "ms");
        assertThat(axis.min()).isCloseTo(0.2, within(1e-9));
        assertThat(axis.max()).isCloseTo(100, within(1e-6));
        assertThat(axis.ticks()).hasSize(9);
        assertThat(axis.at(Math.sqrt(0.2 * 100))).isCloseTo(0.5, within(1e-9));
        assertThat(axis.text(axis.ticks().get(0))).isEqualTo("0.2");
        assertThat(axis.text(axis.ticks().get(4))).isEqualTo("5");
    }

    @Test
    void text_smallSteps_hasTheDecimalsTheyNeed() {
        assertThat(Axis.linear(0, 1, "p").text(0.2)).isEqualTo("0.2");
        assertThat(Axis.linear(0, 0.1, "p").text(0.02)).isEqualTo("0.02");
        assertThat(Axis.upTo(5000, "ms").text(1000)).isEqualTo("1000");
    }
}

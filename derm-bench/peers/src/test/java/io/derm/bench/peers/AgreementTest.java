package io.derm.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.bench.peers.Agreement.Disagreement;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgreementTest {
    private static final Finding MELANOMA = new Finding(100, 100, 200, 200, 0.9f, 0.1f, 0.2f, 0.7f);
    private static final Finding BENIGN = new Finding(300, 100, 340, 140, 0.5f, 0.8f, 0.15f, 0.05f);

    private static Agreement require(List<Finding> derm, List<Finding> peer) throws Disagreement {
        return Agreement.require("peer", Agreement.Tolerance.SAME, List.of(derm), List.of(peer));
    }

    @Test
    void findings_inAnotherOrderAndSlightlyOff_agreeWithTheirDistances() throws Disagreement {
        // Moved by 1 of 100 pixels: 99 of 101 in common.
        Finding moved = new Finding(101, 100, 201, 200, 0.89f, 0.11f, 0.21f, 0.68f);

        Agreement agreement = require(List.of(MELANOMA, BENIGN), List.of(BENIGN, moved));

        assertThat(agreement.findings()).isEqualTo(2);
        assertThat(agreement.iou()).isCloseTo(99.0 / 101, within(1e-9));
        assertThat(agreement.score()).isCloseTo(0.01, within(1e-6));
        assertThat(agreement.probability()).isCloseTo(0.02, within(1e-6));
    }

    @Test
    void findings_oneMissingOrOneMore_disagree() {
        assertThatThrownBy(() -> require(List.of(MELANOMA, BENIGN), List.of(MELANOMA)))
                .isInstanceOf(Disagreement.class)
                .hasMessage("Frame 0: peer has 1 findings, derm 2");
        assertThatThrownBy(() -> require(List.of(MELANOMA), List.of(MELANOMA, BENIGN)))
                .isInstanceOf(Disagreement.class);
    }

    @Test
    void findings_twiceTheSame_disagree() {
        assertThatThrownBy(() -> require(List.of(MELANOMA, BENIGN), List.of(MELANOMA, MELANOMA)))
                .isInstanceOf(Disagreement.class);
    }

    @Test
    void finding_boxOff_disagrees() {
        // 97 of 103 in common: 0.942.
        Finding moved = new Finding(103, 100, 203, 200, 0.9f, 0.1f, 0.2f, 0.7f);
        assertThatThrownBy(() -> require(List.of(MELANOMA), List.of(moved))).isInstanceOf(Disagreement.class);
    }

    @Test
    void finding_scoreOrProbabilityOffOrNotANumber_disagrees() {
        for (Finding off : List.of(
                new Finding(100, 100, 200, 200, 0.87f, 0.1f, 0.2f, 0.7f),
                new Finding(100, 100, 200, 200, Float.NaN, 0.1f, 0.2f, 0.7f),
                new Finding(100, 100, 200, 200, 0.9f, 0.14f, 0.2f, 0.66f),
                new Finding(100, 100, 200, 200, 0.9f, Float.NaN, 0.2f, 0.7f))) {
            assertThatThrownBy(() -> require(List.of(MELANOMA), List.of(off))).isInstanceOf(Disagreement.class);
        }
    }

    @Test
    void finding_ofAnotherClassWithinTheTolerance_isCountedAsATie() throws Disagreement {
        Finding derm = new Finding(0, 0, 10, 10, 0.5f, 0.49f, 0.47f, 0.04f);
        Finding peer = new Finding(0, 0, 10, 10, 0.5f, 0.47f, 0.49f, 0.04f);

        assertThat(require(List.of(derm), List.of(peer)).ties()).isEqualTo(1);
        assertThat(require(List.of(derm), List.of(derm)).ties()).isZero();
    }

    @Test
    void frames_withoutFindings_disagree() {
        assertThatThrownBy(() -> require(List.of(), List.of()))
                .isInstanceOf(Disagreement.class)
                .hasMessageContaining("derm finds nothing");
    }
}

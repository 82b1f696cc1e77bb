package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Box;
import io.derm.api.Detection;
import java.util.List;
import org.junit.jupiter.api.Test;

class DetectionMetricsTest {
    private static final Box A = Box.ofSize(10, 10, 20, 20);
    private static final Box B = Box.ofSize(60, 60, 20, 20);
    private static final Box ELSEWHERE = Box.ofSize(120, 10, 20, 20);

    @Test
    void averagePrecision_rightWrongRight_isTheMeanOverRecall() {
        DetectionMetrics m = new DetectionMetrics(0.5);
        m.add(List.of(A, B), List.of(found(A, 0.9f), found(ELSEWHERE, 0.8f), found(B, 0.7f)));
        // Precision is 1 up to recall 1/2 (levels 0 to 50) and 2/3 up to recall 1 (levels 51 to 100).
        assertThat(m.averagePrecision()).isCloseTo((51 + 50 * 2 / 3.0) / 101, within(1e-9));
    }

    @Test
    void add_secondBoxOnTheSameTruth_isFalse() {
        DetectionMetrics m = new DetectionMetrics(0.5);
        m.add(List.of(A), List.of(found(A, 0.9f), found(A, 0.8f)));
        assertThat(m.at(0.1).falsePerImage()).isEqualTo(1);
        assertThat(m.at(0.85).falsePerImage()).isZero();
        assertThat(m.averagePrecision()).isEqualTo(1);
    }

    @Test
    void add_overlapUnderTheBound_isFalseAndMissed() {
        DetectionMetrics m = new DetectionMetrics(0.5);
        m.add(List.of(A), List.of(found(Box.ofSize(20, 10, 20, 20), 0.9f)));
        assertThat(m.averagePrecision()).isZero();
    }

    @Test
    void atRecall_highestScoreThatReachesIt_isTaken() {
        DetectionMetrics m = new DetectionMetrics(0.5);
        m.add(List.of(A, B), List.of(found(A, 0.9f), found(ELSEWHERE, 0.6f)));
        m.add(List.of(A, B), List.of(found(A, 0.8f), found(B, 0.4f), found(ELSEWHERE, 0.3f)));
        DetectionMetrics.Point point = m.atRecall(0.75);
        assertThat(point.score()).isCloseTo(0.4, within(1e-6));
        assertThat(point.recall()).isEqualTo(0.75);
        assertThat(point.falsePerImage()).isEqualTo(0.5);
    }

    @Test
    void rocArea_knownRanks_countsPairs() {
        RocCurve roc = new RocCurve();
        roc.add(0.9, true);
        roc.add(0.8, false);
        roc.add(0.7, true);
        roc.add(0.7, false);
        roc.add(0.1, false);
        // Of six pairs: 0.9 beats three; 0.7 beats one, ties one, loses one.
        assertThat(roc.area()).isCloseTo(4.5 / 6, within(1e-9));
        assertThat(roc.sensitivityAt(1)).isEqualTo(0.5);
        assertThat(roc.sensitivityAt(0.3)).isEqualTo(1);
    }

    private static Detection found(Box box, float score) {
        return new Detection(box, score, 0, "lesion");
    }
}

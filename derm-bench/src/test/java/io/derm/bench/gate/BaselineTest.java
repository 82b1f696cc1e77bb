package io.derm.bench.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Box;
import io.derm.api.DermException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BaselineTest {
    @Test
    void baseline_withEveryKindOfLine_isRead() {
        Baseline baseline = Baseline.parse(
                "b",
                List.of(
                        "# derm's own",
                        "derm-gate 1",
                        "",
                        "exact detect.heap <= 2048   # bytes",
                        "exact detector.int-convolutions = 25",
                        "ratio exam.p90 / base <= 1.03",
                        "drift boxes <= 0.5",
                        "frames abc",
                        "detection 1 10 20 30.5 40 0.75 2",
                        "assessment 1 10 20 30 40 0.1 0.2 0.7"));
        assertThat(baseline.limits())
                .containsExactly(
                        new Limit(Limit.Kind.EXACT, "detect.heap", "", "<=", 2048),
                        new Limit(Limit.Kind.EXACT, "detector.int-convolutions", "", "=", 25),
                        new Limit(Limit.Kind.RATIO, "exam.p90", "base", "<=", 1.03),
                        new Limit(Limit.Kind.DRIFT, "boxes", "", "<=", 0.5));
        assertThat(baseline.answers())
                .isEqualTo(new Answers(
                        "abc",
                        List.of(new Answers.Found(1, new Box(10, 20, 30.5f, 40), 0.75, 2)),
                        List.of(new Answers.Assessed(1, new Box(10, 20, 30, 40), 0.1, 0.2, 0.7))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exact detect.heat <= 1",
                "exact detect.heap < 1",
                "exact detect.heap <= many",
                "exact detect.heap <= NaN",
                "ratio detect.p50 <= 1.05",
                "ratio detect.p50 / other <= 1.05",
                "ratio detect.p50 / bare <= 0",
                "ratio detect.p0 / bare <= 1.05",
                "drift boxes >= 1",
                "detection 0 1 2 3 4 0.5",
                "detection 0 9 2 3 4 0.5 0",
                "latency <= 5"
            })
    void baseline_withALineThatCannotBeRead_isRefusedByNumber(String line) {
        assertThatThrownBy(() -> Baseline.parse("b.txt", List.of("derm-gate 1", line)))
                .isInstanceOf(DermException.class)
                .hasMessageStartingWith("[DERM-702] Line 2 of b.txt is '" + line + "', expected ");
    }

    @Test
    void baseline_ofAnotherVersion_isRefused() {
        assertThatThrownBy(() -> Baseline.parse("b.txt", List.of("derm-gate 2")))
                .hasMessageContaining("expected derm-gate 1");
        assertThatThrownBy(() -> Baseline.parse("b.txt", List.of("# nothing")))
                .hasMessageContaining("expected derm-gate 1");
    }

    @Test
    void drift_ofAnswers_isTheLargestOfEach() {
        Answers stored = new Answers(
                "f",
                List.of(found(0, 0, 0.9), found(0, 100, 0.8), found(1, 0, 0.7)),
                List.of(new Answers.Assessed(0, new Box(0, 0, 50, 50), 0.1, 0.2, 0.7)));
        Answers now = new Answers(
                "f",
                List.of(found(0, 101.5f, 0.81), found(0, 0.25f, 0.86), found(1, 300, 0.7)),
                List.of(new Answers.Assessed(0, new Box(0, 0, 50, 50), 0.1, 0.23, 0.67)));
        Answers.Drift drift = now.from(stored);
        // The last of each is 300 pixels from the other: one lost, one new.
        assertThat(drift.unmatched()).isEqualTo(2);
        assertThat(drift.boxes()).isEqualTo(1.5);
        assertThat(drift.scores()).isCloseTo(0.04, within(1e-9));
        assertThat(drift.probabilities()).isCloseTo(0.03, within(1e-9));
    }

    private static Answers.Found found(int frame, float left, double score) {
        return new Answers.Found(frame, new Box(left, 0, left + 50, 50), score, 0);
    }
}

package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Box;
import io.derm.api.Detection;
import java.util.List;
import org.junit.jupiter.api.Test;

class BoxTallyTest {
    private static final Box HERE = Box.ofSize(10, 10, 20, 20);
    private static final Box THERE = Box.ofSize(60, 60, 20, 20);

    private final BoxTally tally = new BoxTally(0.5);

    @Test
    void add_movedBoxes_countsCornersAndScores() {
        // Moved by 2 to the right; grown by 4 at the bottom.
        tally.add(
                List.of(found(HERE, 0.9), found(THERE, 0.8)),
                List.of(found(Box.ofSize(60, 60, 20, 24), 0.7), found(Box.ofSize(12, 10, 20, 20), 0.95)));
        BoxDifference d = tally.result();
        assertThat(d.matched()).isEqualTo(2);
        assertThat(d.maxCorner()).isEqualTo(4);
        assertThat(d.meanCorner()).isEqualTo(3);
        assertThat(d.maxScore()).isCloseTo(0.1, within(1e-6));
        assertThat(d.meanScore()).isCloseTo(0.075, within(1e-6));
        assertThat(d.onlyA() + d.onlyB() + d.differing()).isZero();
    }

    @Test
    void add_boxThatFellUnderTheThreshold_isOnlyInOneAndItsScoreIsCompared() {
        tally.add(List.of(found(HERE, 0.52)), List.of(found(HERE, 0.49)));
        tally.add(List.of(found(HERE, 0.6)), List.of(found(HERE, 0.6)));
        BoxDifference d = tally.result();
        assertThat(d.onlyA()).isEqualTo(1);
        assertThat(d.highestOnlyA()).isCloseTo(0.52, within(1e-6));
        assertThat(d.onlyB()).isZero();
        assertThat(d.differing()).isEqualTo(1);
        assertThat(d.images()).isEqualTo(2);
        assertThat(d.maxScore()).isCloseTo(0.03, within(1e-6));
        assertThat(d.worstScore()).isCloseTo(0.03, within(1e-6));
    }

    @Test
    void add_boxWithoutCounterpart_countsWithItsScore() {
        tally.add(List.of(), List.of(found(HERE, 0.8), found(THERE, 0.3)));
        BoxDifference d = tally.result();
        assertThat(d.matched()).isZero();
        assertThat(d.onlyB()).isEqualTo(1);
        assertThat(d.highestOnlyB()).isCloseTo(0.8, within(1e-6));
        assertThat(d.worstScore()).isCloseTo(0.8, within(1e-6));
    }

    @Test
    void add_underTheThreshold_countsForNothing() {
        tally.add(List.of(found(HERE, 0.4)), List.of(found(THERE, 0.3)));
        assertThat(tally.result().matched()).isZero();
        assertThat(tally.result().differing()).isZero();
    }

    @Test
    void add_otherLabel_doesNotMatch() {
        tally.add(List.of(found(HERE, 0.9)), List.of(new Detection(HERE, 0.9f, 1, "scar")));
        assertThat(tally.result().onlyA()).isEqualTo(1);
        assertThat(tally.result().onlyB()).isEqualTo(1);
    }

    @Test
    void add_largerOverlap_goesFirst() {
        // Both overlap HERE enough; the second by more.
        Box near = Box.ofSize(13, 10, 20, 20);
        Box nearer = Box.ofSize(11, 10, 20, 20);
        tally.add(List.of(found(HERE, 0.9)), List.of(found(near, 0.9), found(nearer, 0.6)));
        assertThat(tally.result().maxCorner()).isEqualTo(1);
        assertThat(tally.result().onlyB()).isEqualTo(1);
    }

    @Test
    void add_weakBoxOnTheSamePlace_doesNotTakeTheStrongOnesCounterpart() {
        Box moved = Box.ofSize(14, 10, 20, 20);
        tally.add(List.of(found(HERE, 0.9)), List.of(found(moved, 0.9), found(HERE, 0.02)));
        assertThat(tally.result().differing()).isZero();
        assertThat(tally.result().maxCorner()).isEqualTo(4);
    }

    private static Detection found(Box box, double score) {
        return new Detection(box, (float) score, 0, "lesion");
    }
}

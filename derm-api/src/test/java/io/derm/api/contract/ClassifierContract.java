package io.derm.api.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Frame;
import io.derm.api.LesionClass;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link Classifier} must do. */
@Timeout(120)
public abstract class ClassifierContract {
    /** How far a probability may move when a region shares its batch with others. */
    protected float batchTolerance() {
        return 1e-3f;
    }

    /** Opens a fresh classifier. */
    protected abstract Classifier open() throws Exception;

    @Test
    void classify_noRegions_givesNothing() throws Exception {
        try (Classifier classifier = open();
                Frame frame = TestFrames.noise(64, 48, 1)) {
            assertThat(classifier.classify(frame, List.of())).isEmpty();
        }
    }

    @Test
    void classify_eachRegion_hasProbabilitiesThatSumToOne() throws Exception {
        try (Classifier classifier = open();
                Frame frame = TestFrames.noise(320, 240, 2)) {
            List<Assessment> all = classifier.classify(frame, regions(5));
            assertThat(all).hasSize(5);
            for (Assessment a : all) {
                assertThat(a.labels()).isNotEmpty();
                double sum = 0;
                for (LesionClass c : LesionClass.values()) {
                    sum += a.probability(c);
                }
                assertThat(sum).isCloseTo(1, within(1e-3));
            }
        }
    }

    @Test
    void classify_manyRegions_matchesEachAloneInOrder() throws Exception {
        try (Classifier classifier = open();
                Frame frame = TestFrames.noise(320, 240, 3)) {
            List<Box> regions = regions(41);
            List<Assessment> together = List.copyOf(classifier.classify(frame, regions));
            assertThat(together).hasSize(41);
            for (int i = 0; i < regions.size(); i += 8) {
                Assessment alone =
                        classifier.classify(frame, List.of(regions.get(i))).get(0);
                for (LesionClass c : LesionClass.values()) {
                    assertThat(together.get(i).probability(c))
                            .isCloseTo(alone.probability(c), within(batchTolerance()));
                }
            }
        }
    }

    @Test
    void classify_reversedRegions_givesReversedAnswers() throws Exception {
        try (Classifier classifier = open();
                Frame frame = TestFrames.noise(320, 240, 4)) {
            List<Box> regions = regions(6);
            List<Assessment> forward = List.copyOf(classifier.classify(frame, regions));
            List<Box> reversed = new ArrayList<>(regions);
            Collections.reverse(reversed);
            List<Assessment> backward = classifier.classify(frame, reversed);
            for (int i = 0; i < 6; i++) {
                assertThat(backward.get(5 - i).probability(LesionClass.MELANOMA))
                        .isCloseTo(forward.get(i).probability(LesionClass.MELANOMA), within(batchTolerance()));
            }
        }
    }

    @Test
    void classify_regionOverTheBorder_isAssessed() throws Exception {
        try (Classifier classifier = open();
                Frame frame = TestFrames.noise(100, 80, 5)) {
            assertThat(classifier.classify(frame, List.of(new Box(-20, -10, 30, 30), new Box(90, 70, 140, 100))))
                    .hasSize(2);
        }
    }

    @Test
    void classify_regionOutsideTheFrame_isRefused() throws Exception {
        try (Classifier classifier = open();
                Frame frame = TestFrames.noise(100, 80, 6)) {
            assertThatThrownBy(() -> classifier.classify(frame, List.of(new Box(200, 200, 220, 220))))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void classify_afterClose_isIllegalState() throws Exception {
        Classifier classifier = open();
        classifier.close();
        classifier.close();
        try (Frame frame = TestFrames.noise(32, 32, 7)) {
            assertThatThrownBy(() -> classifier.classify(frame, List.of(frame.bounds())))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    private static List<Box> regions(int n) {
        List<Box> regions = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            regions.add(Box.ofSize(5 + (i * 37) % 250, 5 + (i * 23) % 180, 20 + i, 30 + (i * 7) % 20));
        }
        return regions;
    }
}

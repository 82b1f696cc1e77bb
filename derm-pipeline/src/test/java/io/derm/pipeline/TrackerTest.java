package io.derm.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Box;
import io.derm.api.Detection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TrackerTest {
    @Test
    void update_movingCamera_keepsEachNumber() {
        SplittableRandom random = new SplittableRandom(1);
        double[][] places = {{100, 100, 30}, {180, 140, 24}, {300, 90, 60}, {420, 310, 40}, {330, 300, 28}};
        Tracker tracker = new Tracker(45);
        int[] numbers = new int[places.length];
        for (int f = 0; f < 120; f++) {
            double panX = 120 * Math.sin(f / 25.0);
            double panY = 60 * Math.cos(f / 31.0);
            List<Detection> boxes = new ArrayList<>();
            for (double[] p : places) {
                boxes.add(box(
                        p[0] + panX + random.nextDouble(-1.5, 1.5), p[1] + panY + random.nextDouble(-1.5, 1.5), p[2]));
            }
            int[] ids = tracker.update(boxes);
            for (int i = 0; i < places.length; i++) {
                if (f == 0) {
                    numbers[i] = ids[i];
                }
                assertThat(ids[i]).as("place %d in frame %d", i, f).isEqualTo(numbers[i]);
            }
        }
        assertThat(numbers).doesNotHaveDuplicates();
    }

    @Test
    void update_hiddenForAWhileUnderAPan_isFoundAgain() {
        Tracker tracker = new Tracker(45);
        int hidden = 0;
        for (int f = 0; f < 60; f++) {
            List<Detection> boxes = new ArrayList<>();
            boxes.add(box(100 + 4 * f, 100, 40));
            boxes.add(box(160 + 4 * f, 220, 40));
            if (f < 20 || f > 32) {
                boxes.add(box(240 + 4 * f, 150, 40));
            }
            int[] ids = tracker.update(boxes);
            if (f == 19) {
                hidden = ids[2];
            }
            if (f > 32) {
                assertThat(ids[2]).as("frame %d", f).isEqualTo(hidden);
            }
        }
    }

    @Test
    void update_goneForLong_getsANewNumber() {
        Tracker tracker = new Tracker(5);
        int first = tracker.update(List.of(box(50, 50, 20)))[0];
        for (int f = 0; f < 7; f++) {
            tracker.update(List.of());
        }
        assertThat(tracker.update(List.of(box(50, 50, 20)))[0]).isNotEqualTo(first);
    }

    @Test
    void update_manyBoxes_neverGivesOneNumberTwice() {
        SplittableRandom random = new SplittableRandom(2);
        Tracker tracker = new Tracker(45);
        for (int f = 0; f < 50; f++) {
            List<Detection> boxes = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                boxes.add(box(random.nextDouble(400), random.nextDouble(400), random.nextDouble(6, 60)));
            }
            int[] ids = tracker.update(boxes);
            Set<Integer> distinct = new HashSet<>();
            for (int i = 0; i < 60; i++) {
                distinct.add(ids[i]);
            }
            assertThat(distinct).hasSize(60).doesNotContain(0);
        }
    }

    private static Detection box(double x, double y, double side) {
        return new Detection(Box.ofCenter((float) x, (float) y, (float) side, (float) side), 0.9f, 0, "lesion");
    }
}

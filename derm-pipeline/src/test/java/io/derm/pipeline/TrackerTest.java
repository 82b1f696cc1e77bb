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
    private static final Box FRAME = new Box(0, 0, 640, 480);

    @Test
    void update_movingCamera_keepsEachNumber() {
        SplittableRandom random = new SplittableRandom(1);
        double[][] places = {{200, 100, 30}, {280, 140, 24}, {400, 90, 60}, {450, 310, 40}, {430, 300, 28}};
        Tracker tracker = new Tracker(45, id -> {});
        int[] numbers = new int[places.length];
        for (int f = 0; f < 120; f++) {
            double panX = 150 * Math.sin(f / 25.0);
            double panY = 50 * Math.cos(f / 31.0);
            List<Detection> boxes = new ArrayList<>();
            for (double[] p : places) {
                boxes.add(box(
                        p[0] + panX + random.nextDouble(-1.5, 1.5), p[1] + panY + random.nextDouble(-1.5, 1.5), p[2]));
            }
            int[] ids = tracker.update(boxes, FRAME, null);
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
        Tracker tracker = new Tracker(45, id -> {});
        int hidden = 0;
        for (int f = 0; f < 60; f++) {
            List<Detection> boxes = new ArrayList<>();
            boxes.add(box(100 + 4 * f, 100, 40));
            boxes.add(box(160 + 4 * f, 220, 40));
            if (f < 20 || f > 32) {
                boxes.add(box(240 + 4 * f, 150, 40));
            }
            int[] ids = tracker.update(boxes, FRAME, null);
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
        List<Integer> forgotten = new ArrayList<>();
        Tracker tracker = new Tracker(5, forgotten::add);
        int first = tracker.update(List.of(box(50, 50, 20)), FRAME, null)[0];
        for (int f = 0; f < 7; f++) {
            tracker.update(List.of(), FRAME, null);
        }
        assertThat(tracker.update(List.of(box(50, 50, 20)), FRAME, null)[0]).isNotEqualTo(first);
        assertThat(forgotten).containsExactly(first);
    }

    @Test
    void update_outOfTheFrameAndBack_isFoundAgain() {
        Tracker tracker = new Tracker(60, id -> {});
        int left = 0;
        for (int f = 0; f < 80; f++) {
            // Until it has gone wholly, its box shrinks against the border.
            float x = 60 - 3 * (f < 40 ? f : 80 - f);
            List<Detection> boxes = new ArrayList<>();
            Box box = Box.ofCenter(x, 200, 40, 40).clip(FRAME);
            if (box.width() > 5) {
                boxes.add(new Detection(box, 0.9f, 0, "lesion"));
            }
            boxes.add(box(x + 300, 100, 40));
            boxes.add(box(x + 400, 350, 50));
            int[] ids = tracker.update(boxes, FRAME, null);
            left = f == 0 ? ids[0] : left;
            if (box.width() > 5) {
                assertThat(ids[0]).as("frame %d", f).isEqualTo(left);
            }
        }
    }

    @Test
    void update_zoomAndTurnWhileOneIsHidden_findsItAgain() {
        Tracker tracker = new Tracker(90, id -> {});
        double[][] places = {{-150, -100}, {140, -60}, {-80, 120}, {200, 150}};
        int hidden = 0;
        for (int f = 0; f < 60; f++) {
            double zoom = 1 - 0.006 * f;
            double turn = 0.008 * f;
            List<Detection> boxes = new ArrayList<>();
            for (int i = 0; i < places.length; i++) {
                double x = 320 + zoom * (places[i][0] * Math.cos(turn) - places[i][1] * Math.sin(turn));
                double y = 240 + zoom * (places[i][0] * Math.sin(turn) + places[i][1] * Math.cos(turn));
                if (i < 3 || f < 15 || f > 45) {
                    boxes.add(box(x, y, 24 * zoom));
                }
            }
            int[] ids = tracker.update(boxes, FRAME, null);
            if (f == 14) {
                hidden = ids[3];
            }
            if (f > 45) {
                assertThat(ids[3]).as("frame %d", f).isEqualTo(hidden);
            }
        }
    }

    @Test
    void update_secondBoxOfALesion_doesNotTakeTurnsWithIt() {
        Tracker tracker = new Tracker(90, id -> {});
        int lesion = 0;
        for (int f = 0; f < 60; f++) {
            List<Detection> boxes = new ArrayList<>();
            boxes.add(box(200 + 2 * f, 200, 40));
            if (f == 20) {
                boxes.add(box(205 + 2 * f, 205, 48));
            }
            int[] ids = tracker.update(boxes, FRAME, null);
            lesion = f == 0 ? ids[0] : lesion;
            assertThat(ids[0]).as("frame %d", f).isEqualTo(lesion);
        }
    }

    @Test
    void update_manyBoxes_neverGivesOneNumberTwice() {
        SplittableRandom random = new SplittableRandom(2);
        Tracker tracker = new Tracker(45, id -> {});
        for (int f = 0; f < 50; f++) {
            List<Detection> boxes = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                boxes.add(box(random.nextDouble(400), random.nextDouble(400), random.nextDouble(6, 60)));
            }
            int[] ids = tracker.update(boxes, FRAME, null);
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

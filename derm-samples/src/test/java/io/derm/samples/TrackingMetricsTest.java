package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Box;
import io.derm.samples.TrackingMetrics.Identified;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TrackingMetricsTest {
    private static final Box LEFT = new Box(0, 0, 10, 10);
    private static final Box RIGHT = new Box(100, 0, 110, 10);

    private static Identified box(int id, Box box) {
        return new Identified(id, box);
    }

    @Test
    void identified_lesionThatGoesOnUnderAnotherNumber_countsItsLongerPart() {
        TrackingMetrics metrics = new TrackingMetrics();
        for (int f = 0; f < 10; f++) {
            metrics.add(List.of(box(1, LEFT), box(2, RIGHT)), List.of(box(f < 7 ? 11 : 12, LEFT), box(13, RIGHT)));
        }
        // Seven frames of the first and ten of the second belong together; three go under another number, once.
        assertThat(metrics.identified()).isEqualTo(17);
        assertThat(metrics.truths()).isEqualTo(20);
        assertThat(metrics.answers()).isEqualTo(20);
        assertThat(metrics.switches()).isEqualTo(1);
        assertThat(metrics.frames(1, 12)).isEqualTo(3);
    }

    @Test
    void identified_twoThatSwap_areEachJoinedOnceAndSwitchTwice() {
        TrackingMetrics metrics = new TrackingMetrics();
        for (int f = 0; f < 10; f++) {
            boolean swapped = f >= 6;
            metrics.add(
                    List.of(box(1, LEFT), box(2, RIGHT)),
                    List.of(box(swapped ? 22 : 21, LEFT), box(swapped ? 21 : 22, RIGHT)));
        }
        assertThat(metrics.identified()).isEqualTo(12);
        assertThat(metrics.switches()).isEqualTo(2);
    }

    @Test
    void add_missedFalseAndFarBoxes_countAgainstBothSides() {
        TrackingMetrics metrics = new TrackingMetrics();
        metrics.add(List.of(box(1, LEFT)), List.of());
        // An IoU of 5/15.
        metrics.add(List.of(box(1, LEFT)), List.of(box(7, new Box(5, 0, 15, 10))));
        metrics.add(List.of(box(1, LEFT)), List.of(box(7, LEFT), box(8, RIGHT)));
        assertThat(metrics.identified()).isEqualTo(1);
        assertThat(metrics.truths()).isEqualTo(3);
        assertThat(metrics.answers()).isEqualTo(3);
        assertThat(metrics.switches()).isZero();
    }

    @Test
    void solve_smallProblems_costsAsLittleAsTheBestOfAllPermutations() {
        SplittableRandom random = new SplittableRandom(4);
        for (int run = 0; run < 200; run++) {
            int rows = random.nextInt(1, 6);
            int columns = rows + random.nextInt(0, 3);
            double[][] cost = new double[rows][columns];
            for (double[] row : cost) {
                for (int c = 0; c < columns; c++) {
                    row[c] = random.nextInt(-9, 10);
                }
            }
            int[] columnOf = Assignment.solve(cost);
            double sum = 0;
            List<Integer> used = new ArrayList<>();
            for (int r = 0; r < rows; r++) {
                sum += cost[r][columnOf[r]];
                used.add(columnOf[r]);
            }
            assertThat(used).doesNotHaveDuplicates();
            assertThat(sum).isEqualTo(least(cost, 0, new boolean[columns]));
        }
    }

    private static double least(double[][] cost, int row, boolean[] taken) {
        if (row == cost.length) {
            return 0;
        }
        double best = Double.POSITIVE_INFINITY;
        for (int c = 0; c < taken.length; c++) {
            if (!taken[c]) {
                taken[c] = true;
                best = Math.min(best, cost[row][c] + least(cost, row + 1, taken));
                taken[c] = false;
            }
        }
        return best;
    }
}

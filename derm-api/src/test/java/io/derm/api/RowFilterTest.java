package io.derm.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowFilterTest {
    /** Two anchors of five fields and two classes on a grid of 3 x 4. */
    private static final TensorInfo HEAD = output("head", 1, 14, 3, 4);

    @Test
    void index_ofRowsOneAfterTheOther_isRowTimesLengthPlusElement() {
        RowFilter filter = RowFilter.of(output("rows", 1, 10, 6), 6, 1, 4, 1, 0.25f, 0);
        assertThat(filter.rows()).isEqualTo(10);
        assertThat(filter.index(0, 0)).isZero();
        assertThat(filter.index(7, 4)).isEqualTo(46);
        assertThat(filter.index(9, 5)).isEqualTo(59);
    }

    @Test
    void index_ofPlanes_isThatOfTheAnchorsCell() {
        RowFilter filter = RowFilter.of(HEAD, 7, 12, 4, 1, 0, -1);
        assertThat(filter.rows()).isEqualTo(24);
        List<Integer> expected = new ArrayList<>();
        List<Integer> found = new ArrayList<>();
        for (int anchor = 0; anchor < 2; anchor++) {
            for (int y = 0; y < 3; y++) {
                for (int x = 0; x < 4; x++) {
                    for (int field = 0; field < 7; field++) {
                        // Channel, row and column of the tensor.
                        expected.add(((7 * anchor + field) * 3 + y) * 4 + x);
                        found.add(filter.index(12 * anchor + 4 * y + x, field));
                    }
                }
            }
        }
        assertThat(found).isEqualTo(expected).doesNotHaveDuplicates();
    }

    @Test
    void index_inALaterElementOfTheBatch_isPastTheFirst() {
        RowFilter filter = RowFilter.of(output("head", 2, 14, 3, 4), 7, 12, 4, 1, 0, -1);
        assertThat(filter.rows()).isEqualTo(48);
        assertThat(filter.index(24, 0)).isEqualTo(14 * 12);
        assertThat(filter.index(47, 6)).isEqualTo(2 * 14 * 12 - 1);
    }

    @Test
    void keeps_aScoreOverTheBoundOrNaN_only() {
        RowFilter filter = RowFilter.of(HEAD, 7, 12, 4, 1, 0.25f, 0);
        assertThat(filter.keeps(0.25f)).isFalse();
        assertThat(filter.keeps(Math.nextUp(0.25f))).isTrue();
        assertThat(filter.keeps(Float.NEGATIVE_INFINITY)).isFalse();
        assertThat(filter.keeps(Float.POSITIVE_INFINITY)).isTrue();
        assertThat(filter.keeps(Float.NaN)).isTrue();
    }

    @Test
    void companion_hasAsManyRows() {
        RowFilter filter = RowFilter.of(output("confs", 1, 10, 80), 80, 1, 0, 80, 0.25f, 0);
        assertThat(filter.companionLength()).isZero();
        assertThat(filter.withCompanion(output("boxes", 1, 10, 1, 4)).companionLength())
                .isEqualTo(4);
        assertThatThrownBy(() -> filter.withCompanion(output("boxes", 1, 9, 1, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "Companion boxes float32 [1,9,1,4] of confs float32 [1,10,80] is not another output with 10 rows");
        assertThatThrownBy(() -> filter.withCompanion(output("boxes", 1, 10, 1, 0)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> filter.withCompanion(output("confs", 1, 10, 1, 4)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> filter.withCompanion(output("boxes", -1, 10, 1, 4)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void filter_thatDoesNotFitItsOutput_isRefused() {
        refused(
                HEAD,
                6,
                12,
                4,
                1,
                "Output head float32 [1,14,3,4] has 168 elements, expected rows of 6 in planes of 12");
        refused(HEAD, 7, 5, 4, 1, "168 elements");
        refused(output("none", 1, 0, 6), 6, 1, 4, 1, "0 elements");
        refused(output("free", 1, -1, 6), 6, 1, 4, 1, "no free side");
        refused(output("large", 1 << 16, 1 << 16, 6), 6, 1, 4, 1, "at most 2^31 - 1 elements");
        refused(new TensorInfo("whole", ElementType.INT64, List.of(1, 10, 6)), 6, 1, 4, 1, "expected float32");
        refused(HEAD, 7, 12, 4, 4, "at least one score inside the row");
        refused(HEAD, 7, 12, 7, 1, "at least one score inside the row");
        refused(HEAD, 7, 12, 4, 0, "at least one score inside the row");
        refused(HEAD, 7, 12, -1, 2, "at least one score inside the row");
        refused(HEAD, 7, 12, 1, Integer.MAX_VALUE, "at least one score inside the row");
        refused(HEAD, 7, 0, 4, 1, "planes of at least 1");
        refused(HEAD, 0, 12, 0, 1, "at least one score inside the row");
    }

    @Test
    void absent_thatWouldBeKept_isRefused() {
        for (float[] bad : new float[][] {{0.25f, 0.26f}, {Float.NaN, 0}, {0, Float.NaN}}) {
            assertThatThrownBy(() -> RowFilter.of(HEAD, 7, 12, 4, 1, bad[0], bad[1]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("absent <= over");
        }
    }

    private static void refused(TensorInfo output, int length, int plane, int first, int count, String message) {
        assertThatThrownBy(() -> RowFilter.of(output, length, plane, first, count, 0, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private static TensorInfo output(String name, Integer... shape) {
        return new TensorInfo(name, ElementType.FLOAT32, List.of(shape));
    }
}

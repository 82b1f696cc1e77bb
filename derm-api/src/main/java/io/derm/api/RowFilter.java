package io.derm.api;

import java.util.Optional;

/**
 * Which rows of an output its reader has use for, so that a session whose outputs live on a device brings back those alone.
 *
 * <p>The output is seen as {@link #rows()} rows of {@code length} elements; {@link #index} says where each lies. With a
 * {@code plane} of 1 rows lie one after the other, as in {@code [B,N,C]}; with a plane of H * W a row is one anchor of one cell of a
 * head {@code [B,A(5+C),H,W]}, numbered anchor * H * W + cell.
 *
 * <p>A row is kept if any of its {@code count} elements from {@code first} on, its scores, is not {@code <= over}; NaN is not, so
 * that it still comes to light. A kept row has its values. Of a row that is not kept each score reads as {@code absent} or as it
 * is; what its other elements read as is left open. So a reader must decide by the scores before it looks at anything else. A
 * companion is a second output with as many rows, one after the other, that is kept and left open along with them, such as boxes
 * {@code [B,N,1,4]} beside scores {@code [B,N,C]}. Names, types, shapes and positions do not change.
 *
 * <p>A filter is for an output of exactly the shape that it names: a run that gives the output or its companion another shape
 * gives both whole. Immutable.
 *
 * @param output a float32 output with no free side, as a run gives it
 * @param length elements of a row
 * @param plane elements between one element of a row and the next
 * @param first index of the first score in a row
 * @param count number of scores
 * @param over what a score must be over for its row to be kept; not NaN
 * @param absent a number {@code <= over} that the reader takes for nothing
 * @param companion the output whose rows go with those of {@code output}, if there is one
 */
public record RowFilter(
        TensorInfo output,
        int length,
        int plane,
        int first,
        int count,
        float over,
        float absent,
        Optional<TensorInfo> companion) {

    /**
     * Checks that the parts go together.
     *
     * @throws IllegalArgumentException if an output is not float32, has a free side or none but empty rows, cannot be cut into such
     *     rows, or a number is out of range
     */
    public RowFilter {
        if (length < 1 || plane < 1 || first < 0 || count < 1 || count > length - first) {
            throw new IllegalArgumentException(
                    "Row filter of " + output + " has scores " + first + " to " + first + " + "
                            + count + " of rows of " + length + " in planes of " + plane
                            + ", expected at least one score inside the row and planes of at least 1");
        }
        if (!(absent <= over)) {
            throw new IllegalArgumentException("Row filter of " + output + " has " + absent
                    + " for rows that are not over " + over + ", expected numbers with absent <= over");
        }
        long elements = elements(output);
        if (elements == 0 || elements % ((long) length * plane) != 0) {
            throw new IllegalArgumentException("Output " + output + " has " + elements + " elements, expected rows of "
                    + length + " in planes of " + plane);
        }
        if (companion.isPresent()) {
            TensorInfo with = companion.get();
            long withElements = elements(with);
            if (with.name().equals(output.name()) || withElements == 0 || withElements % (elements / length) != 0) {
                throw new IllegalArgumentException("Companion " + with + " of " + output
                        + " is not another output with " + elements / length + " rows");
            }
        }
    }

    /** A filter of one output alone. */
    public static RowFilter of(
            TensorInfo output, int length, int plane, int first, int count, float over, float absent) {
        return new RowFilter(output, length, plane, first, count, over, absent, Optional.empty());
    }

    /**
     * This filter with a companion.
     *
     * @param boxes float32, with as many rows as {@link #output()}
     */
    public RowFilter withCompanion(TensorInfo boxes) {
        return new RowFilter(output, length, plane, first, count, over, absent, Optional.of(boxes));
    }

    /** Number of rows of the output, over the whole batch. */
    public int rows() {
        return (int) (elements(output) / length);
    }

    /** Elements of a row of the companion, 0 if there is none. */
    public int companionLength() {
        return companion.map(c -> (int) (elements(c) / rows())).orElse(0);
    }

    /** Index in the output of an element of a row: {@code (row / plane) * length * plane + element * plane + row % plane}. */
    public int index(int row, int element) {
        return row / plane * length * plane + element * plane + row % plane;
    }

    /** Whether a row is kept for this score's sake. */
    public boolean keeps(float score) {
        return !(score <= over);
    }

    private static long elements(TensorInfo info) {
        long elements = 1;
        for (int side : info.shape()) {
            elements = side < 0 || elements > Integer.MAX_VALUE ? -1 : elements * side;
            if (elements < 0) {
                break;
            }
        }
        if (info.type() != ElementType.FLOAT32 || elements < 0 || elements > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("Output " + info
                    + " cannot be filtered, expected float32, no free side and at most 2^31 - 1 elements");
        }
        return elements;
    }
}

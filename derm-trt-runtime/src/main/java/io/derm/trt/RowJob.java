package io.derm.trt;

import java.nio.ByteBuffer;

/**
 * What {@code derm_rows} is told, its one argument, by value: which rows of an output to bring together. A row is kept if any of its
 * {@code count} scores is not {@code <= over}.
 *
 * <p>Kept rows are appended in no order as records of {@link #recordBytes}: {@code int row; float values[length]; float
 * companion[companionLength]}. The counter, zero before the launch, tells afterwards how many rows were kept, over the capacity, too;
 * records beyond the capacity are not written. Immutable.
 *
 * @param scores device address of the output; element e of row r at {@code r / plane * length * plane + e * plane + r % plane}
 * @param companion device address of a second output, element e of row r at {@code r * companionLength + e}, or 0
 * @param counter device address of an int
 * @param records device address of the records
 * @param rows number of rows, a multiple of {@code plane}
 * @param length elements of a row
 * @param plane elements between one element of a row and the next
 * @param first index of the first score in a row
 * @param count number of scores
 * @param companionLength elements of a row of the companion, 0 if there is none
 * @param capacity records that there is room for
 * @param halfScores whether the output is float16 rather than float32
 * @param halfCompanion whether the companion is
 * @param over what a score must be over
 */
record RowJob(
        long scores,
        long companion,
        long counter,
        long records,
        int rows,
        int length,
        int plane,
        int first,
        int count,
        int companionLength,
        int capacity,
        boolean halfScores,
        boolean halfCompanion,
        float over) {
    /** Bytes of the argument. */
    static final int BYTES = 72;

    /** Scores that a thread looks at, at most; as in kernels.cu. */
    private static final int SCORES_OF_A_THREAD = 4;

    RowJob {
        if (rows < 1 || length < 1 || plane < 1 || rows % plane != 0 || (long) rows * length > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("Output has " + rows + " rows of " + length + " in planes of " + plane
                    + ", expected whole planes and fewer than 2^31 elements");
        }
        if (first < 0 || count < 1 || count > length - first || companionLength < 0 || capacity < 0) {
            throw new IllegalArgumentException("Scores are " + first + " to " + first + " + " + count + " of " + length
                    + ", companions of " + companionLength + ", capacity " + capacity
                    + ", expected scores inside the row and no negative size");
        }
    }

    /** Bytes of a record. */
    int recordBytes() {
        return 4 * (1 + length + companionLength);
    }

    /** One thread for every few scores. */
    Launch launch() {
        return Launch.row(rows * ((count - 1) / SCORES_OF_A_THREAD + 1));
    }

    /**
     * Writes the argument.
     *
     * @param to in native order, from index 0, of at least {@link #BYTES}
     */
    void write(ByteBuffer to) {
        to.putLong(0, scores)
                .putLong(8, companion)
                .putLong(16, counter)
                .putLong(24, records)
                .putInt(32, rows)
                .putInt(36, length)
                .putInt(40, plane)
                .putInt(44, first)
                .putInt(48, count)
                .putInt(52, companionLength)
                .putInt(56, capacity)
                .putInt(60, halfScores ? 1 : 0)
                .putInt(64, halfCompanion ? 1 : 0)
                .putFloat(68, over);
    }
}

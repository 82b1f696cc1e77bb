package io.derm.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What is known of a tensor's shape: nothing, or its rank and each side that is not free. Immutable.
 *
 * @param ranked whether the rank is known
 * @param dims sides from the slowest to the fastest, -1 where one is free; empty for an unknown rank and for a scalar
 */
public record Shape(boolean ranked, List<Long> dims) {
    /** Not even the rank is known. */
    public static final Shape UNKNOWN = new Shape(false, List.of());

    public Shape {
        dims = List.copyOf(dims);
        if (!ranked && !dims.isEmpty()) {
            throw new IllegalArgumentException("An unknown shape has sides " + dims);
        }
    }

    /** A shape of these sides; any negative one is free. */
    public static Shape of(long... dims) {
        return new Shape(
                true, Arrays.stream(dims).map(d -> Math.max(d, -1)).boxed().toList());
    }

    /** Number of sides; -1 if unknown. */
    public int rank() {
        return ranked ? dims.size() : -1;
    }

    /** Side {@code axis}, counted from the end when negative; -1 where it is free or there is none. */
    public long dim(int axis) {
        int i = axis < 0 ? dims.size() + axis : axis;
        return i >= 0 && i < dims.size() ? dims.get(i) : -1;
    }

    /** Whether every side is known. */
    public boolean complete() {
        return ranked && dims.stream().allMatch(d -> d >= 0);
    }

    /** Number of elements, at most {@link Long#MAX_VALUE}; -1 unless {@link #complete()}. */
    public long elements() {
        if (!complete()) {
            return -1;
        }
        long n = 1;
        for (long d : dims) {
            n = d != 0 && n > Long.MAX_VALUE / d ? Long.MAX_VALUE : n * d;
        }
        return n;
    }

    long[] toArray() {
        return dims.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public String toString() {
        return ranked
                ? dims.stream().map(d -> d < 0 ? "?" : d.toString()).collect(Collectors.joining(",", "[", "]"))
                : "[unknown]";
    }
}

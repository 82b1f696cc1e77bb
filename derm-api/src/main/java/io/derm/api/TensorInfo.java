package io.derm.api;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Name, type and shape of a model's input or output. Immutable.
 *
 * @param name as in the ONNX graph
 * @param type of its elements
 * @param shape sides from the slowest to the fastest; -1 where the graph leaves one free
 */
public record TensorInfo(String name, ElementType type, List<Integer> shape) {
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /** Number of dimensions. */
    public int rank() {
        return shape.size();
    }

    /** Side {@code i}, counted from the end when negative; -1 where it is free. */
    public int dim(int i) {
        return shape.get(i < 0 ? shape.size() + i : i);
    }

    @Override
    public String toString() {
        return name + " " + type.name().toLowerCase(java.util.Locale.ROOT) + " "
                + shape.stream().map(d -> d < 0 ? "?" : d.toString()).collect(Collectors.joining(",", "[", "]"));
    }
}

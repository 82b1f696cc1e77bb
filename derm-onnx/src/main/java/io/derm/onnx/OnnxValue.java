package io.derm.onnx;

/**
 * A named tensor of a graph: what is known of its type and shape. Immutable.
 *
 * @param name as in the graph
 * @param type of its elements; {@link DataType#UNDEFINED} if unknown
 * @param shape as far as it is known
 */
public record OnnxValue(String name, DataType type, Shape shape) {

    @Override
    public String toString() {
        return name + " " + type.label() + " " + shape;
    }
}

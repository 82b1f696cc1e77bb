package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * The values of the small integer tensors that shapes are computed with, e.g. Shape, Gather, Concat before a Reshape. A tensor that is
 * not known in full is not known. Confined.
 */
final class SmallIntegers {
    private static final int MAX = 64;

    /** Values of a tensor of rank 0 or 1; never compared, never changed. */
    @SuppressWarnings("ArrayRecordComponent")
    record Known(long[] values, boolean scalar) {}

    private final OnnxModel model;
    private final Function<String, Shape> shapes;
    private final Map<String, Known> known = new HashMap<>();
    private final Map<String, float[]> floats = new HashMap<>();

    SmallIntegers(OnnxModel model, Function<String, Shape> shapes) {
        this.model = model;
        this.shapes = shapes;
    }

    Optional<Known> get(String name) {
        return Optional.ofNullable(known.get(name));
    }

    /** The values of a small float constant such as scales; empty if it is not one. */
    float[] floats(String name) {
        return floats.getOrDefault(name, new float[0]);
    }

    void constant(String name, TensorProto t) {
        if (t.getDimsCount() > 1 || t.getDimsList().stream().anyMatch(d -> d > MAX)) {
            return;
        }
        DataType type = DataType.of(t.getDataType());
        if (type == DataType.INT64 || type == DataType.INT32) {
            known.put(name, new Known(model.longs(t), t.getDimsCount() == 0));
        } else if (type == DataType.FLOAT) {
            floats.put(name, model.floats(t));
        }
    }

    void evaluate(NodeProto node) {
        result(node).filter(k -> k.values().length <= MAX).ifPresent(k -> known.put(node.getOutput(0), k));
    }

    private Optional<Known> result(NodeProto node) {
        return switch (node.getOpType()) {
            case "Constant" ->
                Attributes.find(node, "value_ints")
                        .map(a -> new Known(Attributes.integers(node, "value_ints"), false))
                        .or(() -> Attributes.find(node, "value_int")
                                .map(AttributeProto::getI)
                                .map(v -> new Known(new long[] {v}, true)));
            case "Shape" -> {
                Shape s = node.getInputCount() > 0 ? shapes.apply(node.getInput(0)) : Shape.UNKNOWN;
                yield s.complete() && node.getAttributeCount() == 0
                        ? Optional.of(new Known(s.toArray(), false))
                        : Optional.empty();
            }
            case "Identity", "Cast" -> input(node, 0);
            case "Unsqueeze" -> input(node, 0).filter(Known::scalar).map(k -> new Known(k.values(), false));
            case "Squeeze" -> input(node, 0).filter(k -> k.values().length == 1).map(k -> new Known(k.values(), true));
            case "Concat" -> {
                LongStream.Builder all = LongStream.builder();
                int length = 0;
                for (int i = 0; i < node.getInputCount(); i++) {
                    Optional<Known> part = input(node, i);
                    length += part.map(k -> k.values().length).orElse(MAX + 1);
                    if (length > MAX) {
                        yield Optional.empty();
                    }
                    Arrays.stream(part.get().values()).forEach(all);
                }
                yield Optional.of(new Known(all.build().toArray(), false));
            }
            case "Gather" -> gather(input(node, 0), input(node, 1));
            case "Slice" -> slice(node);
            case "Add", "Sub", "Mul", "Div" -> arithmetic(node.getOpType(), input(node, 0), input(node, 1));
            default -> Optional.empty();
        };
    }

    private Optional<Known> input(NodeProto node, int i) {
        return i < node.getInputCount() ? get(node.getInput(i)) : Optional.empty();
    }

    private static Optional<Known> gather(Optional<Known> from, Optional<Known> indices) {
        if (from.isEmpty() || indices.isEmpty() || from.get().scalar()) {
            return Optional.empty();
        }
        long[] values = from.get().values();
        long[] at = indices.get().values().clone();
        for (int i = 0; i < at.length; i++) {
            long index = at[i] < 0 ? at[i] + values.length : at[i];
            if (index < 0 || index >= values.length) {
                return Optional.empty();
            }
            at[i] = values[(int) index];
        }
        return Optional.of(new Known(at, indices.get().scalar()));
    }

    private Optional<Known> slice(NodeProto node) {
        Optional<Known> from = input(node, 0);
        Optional<Known> start = input(node, 1);
        Optional<Known> end = input(node, 2);
        boolean stepped = node.getInputCount() > 4
                && input(node, 4)
                        .map(k -> k.values().length != 1 || k.values()[0] != 1)
                        .orElse(true);
        if (from.isEmpty()
                || start.isEmpty()
                || end.isEmpty()
                || stepped
                || start.get().values().length != 1
                || end.get().values().length != 1) {
            return Optional.empty();
        }
        long[] values = from.get().values();
        int a = clamp(start.get().values()[0], values.length);
        int b = clamp(end.get().values()[0], values.length);
        return Optional.of(new Known(Arrays.copyOfRange(values, a, Math.max(a, b)), false));
    }

    private static int clamp(long index, int length) {
        return (int) Math.max(0, Math.min(length, index < 0 ? index + length : index));
    }

    private static Optional<Known> arithmetic(String op, Optional<Known> left, Optional<Known> right) {
        if (left.isEmpty() || right.isEmpty()) {
            return Optional.empty();
        }
        long[] a = left.get().values();
        long[] b = right.get().values();
        if (a.length != b.length && a.length != 1 && b.length != 1) {
            return Optional.empty();
        }
        long[] out = new long[a.length == 1 ? b.length : a.length];
        for (int i = 0; i < out.length; i++) {
            long p = a[a.length == 1 ? 0 : i];
            long q = b[b.length == 1 ? 0 : i];
            if (op.equals("Div") && q == 0) {
                return Optional.empty();
            }
            out[i] = switch (op) {
                case "Add" -> p + q;
                case "Sub" -> p - q;
                case "Mul" -> p * q;
                default -> p / q;
            };
        }
        return Optional.of(new Known(out, left.get().scalar() && right.get().scalar()));
    }
}

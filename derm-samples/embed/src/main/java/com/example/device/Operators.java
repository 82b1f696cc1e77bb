package com.example.device;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.derm.api.ModelException;
import io.derm.onnx.OnnxModel;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/** Makes operators of nodes, by the definitions of ONNX's operator set; see {@link Windows} for those that slide over a picture. */
final class Operators {
    private static final int FLOAT = TensorProto.DataType.FLOAT_VALUE;

    private final OnnxModel onnx;
    private final boolean parallel;

    Operators(OnnxModel onnx, boolean parallel) {
        this.onnx = onnx;
        this.parallel = parallel;
    }

    /** Whether the tensor of that name holds sizes or positions rather than numbers to compute with; so does one that is left out. */
    boolean isWholeNumbers(String tensor) {
        return tensor.isEmpty()
                || onnx.graph()
                        .initialiser(tensor)
                        .map(t -> t.getDataType() == TensorProto.DataType.INT64_VALUE)
                        .orElse(false);
    }

    Operator of(NodeProto node) {
        return switch (node.getOpType()) {
            case "Add" -> broadcast(Double::sum);
            case "Mul" -> broadcast((a, b) -> a * b);
            case "Clip" -> {
                boolean both = node.getInputCount() == 3 && !node.getInputList().contains("");
                require(node, "limits", both, "min and max as inputs");
                yield (in, room) -> {
                    float low = in[1].data()[0];
                    float high = in[2].data()[0];
                    return each(x -> Math.min(high, Math.max(low, x))).run(in, room);
                };
            }
            case "LeakyRelu" -> {
                float slope = attribute(node, "alpha").map(AttributeProto::getF).orElse(0.01f);
                yield each(x -> x < 0 ? slope * x : x);
            }
            case "Cast" -> {
                require(node, "to", integer(node, "to", FLOAT) == FLOAT, "to float32");
                // Numbers are floats here whatever type they were stored in.
                yield (in, room) -> in[0];
            }
            case "Flatten" -> {
                require(node, "axis", integer(node, "axis", 1) == 1, "axis 1");
                yield (in, room) ->
                        new Value(new int[] {in[0].shape()[0], in[0].data().length / in[0].shape()[0]}, in[0].data());
            }
            case "Concat" -> {
                require(node, "axis", integer(node, "axis", 0) == 1, "axis 1");
                yield Operators::concat;
            }
            case "Slice" -> slice(node);
            case "Gemm" -> {
                boolean plain = integer(node, "transA", 0) == 0
                        && integer(node, "transB", 0) == 1
                        && attribute(node, "alpha").map(AttributeProto::getF).orElse(1f) == 1
                        && attribute(node, "beta").map(AttributeProto::getF).orElse(1f) == 1;
                require(node, "transA, transB, alpha and beta", plain, "0, 1, 1 and 1");
                yield Operators::gemm;
            }
            case "GlobalAveragePool" -> Operators::average;
            case "Resize" -> resize(node);
            case "Conv" -> Windows.conv(Windows.Geometry.of(this, node), (int) integer(node, "group", 1), parallel);
            case "MaxPool" -> {
                require(node, "ceil_mode", integer(node, "ceil_mode", 0) == 0, "0");
                yield Windows.maxPool(Windows.Geometry.of(this, node));
            }
            default ->
                throw new ModelException(
                        900,
                        "Model " + onnx.name() + " has operator " + node.getOpType() + " at '" + node.getName()
                                + "', expected one of those that the plain runtime knows",
                        "Use another runtime, or add the operator to com.example.device.Operators.");
        };
    }

    private static Operator each(DoubleUnaryOperator function) {
        return (in, room) -> {
            Value out = room.of(in[0].shape());
            for (int i = 0; i < out.data().length; i++) {
                out.data()[i] = (float) function.applyAsDouble(in[0].data()[i]);
            }
            return out;
        };
    }

    /** Sides are matched from the last; one of 1 or one that is missing is repeated. */
    private static Operator broadcast(DoubleBinaryOperator function) {
        return (in, room) -> {
            int rank = Math.max(in[0].shape().length, in[1].shape().length);
            int[] a = padded(in[0].shape(), rank);
            int[] b = padded(in[1].shape(), rank);
            int[] shape = new int[rank];
            Arrays.setAll(shape, i -> Math.max(a[i], b[i]));
            Value out = room.of(shape);
            int[] at = new int[rank];
            for (int i = 0; i < out.data().length; i++) {
                out.data()[i] = (float) function.applyAsDouble(in[0].data()[index(a, at)], in[1].data()[index(b, at)]);
                for (int axis = rank - 1; axis >= 0 && ++at[axis] == shape[axis]; axis--) {
                    at[axis] = 0;
                }
            }
            return out;
        };
    }

    private static int[] padded(int[] shape, int rank) {
        int[] sides = new int[rank];
        Arrays.fill(sides, 1);
        System.arraycopy(shape, 0, sides, rank - shape.length, shape.length);
        return sides;
    }

    private static int index(int[] shape, int[] at) {
        int index = 0;
        for (int axis = 0; axis < shape.length; axis++) {
            index = index * shape[axis] + (shape[axis] == 1 ? 0 : at[axis]);
        }
        return index;
    }

    private static Value concat(Value[] in, Room room) {
        int[] shape = in[0].shape().clone();
        shape[1] = Arrays.stream(in).mapToInt(v -> v.shape()[1]).sum();
        Value out = room.of(shape);
        int to = 0;
        for (int n = 0; n < shape[0]; n++) {
            for (Value v : in) {
                int length = v.data().length / shape[0];
                System.arraycopy(v.data(), n * length, out.data(), to, length);
                to += length;
            }
        }
        return out;
    }

    private Operator slice(NodeProto node) {
        long[] starts = longs(node, 1);
        long[] ends = longs(node, 2);
        boolean channels = starts.length == 1
                && node.getInputCount() > 3
                && Arrays.equals(longs(node, 3), new long[] {1})
                && (node.getInputCount() < 5 || Arrays.equals(longs(node, 4), new long[] {1}));
        require(node, "axes and steps", channels, "axis 1 in steps of 1");
        return (in, room) -> {
            int[] shape = in[0].shape().clone();
            int first = position(starts[0], shape[1]);
            int count = position(ends[0], shape[1]) - first;
            int plane = Value.elements(Arrays.copyOfRange(shape, 2, shape.length));
            int stride = shape[1] * plane;
            shape[1] = count;
            Value out = room.of(shape);
            for (int n = 0; n < shape[0]; n++) {
                System.arraycopy(
                        in[0].data(), n * stride + first * plane, out.data(), n * count * plane, count * plane);
            }
            return out;
        };
    }

    private static int position(long index, int side) {
        return (int) Math.max(0, Math.min(index < 0 ? index + side : index, side));
    }

    /** Rows of A [M,K] by rows of B [N,K], plus a bias [N]. */
    private static Value gemm(Value[] in, Room room) {
        int depth = in[0].shape()[1];
        int columns = in[1].shape()[0];
        Value out = room.of(in[0].shape()[0], columns);
        for (int i = 0; i < out.data().length; i++) {
            int row = i / columns;
            int column = i % columns;
            double sum = in.length > 2 ? in[2].data()[column] : 0;
            for (int k = 0; k < depth; k++) {
                sum += (double) in[0].data()[row * depth + k] * in[1].data()[column * depth + k];
            }
            out.data()[i] = (float) sum;
        }
        return out;
    }

    private static Value average(Value[] in, Room room) {
        int[] shape = in[0].shape();
        int plane = shape[2] * shape[3];
        Value out = room.of(shape[0], shape[1], 1, 1);
        for (int c = 0; c < out.data().length; c++) {
            double sum = 0;
            for (int i = c * plane; i < (c + 1) * plane; i++) {
                sum += in[0].data()[i];
            }
            out.data()[c] = (float) (sum / plane);
        }
        return out;
    }

    /** Each pixel repeated: what nearest neighbours come to where the factor is a whole number. */
    private Operator resize(NodeProto node) {
        String rule = text(node, "mode", "nearest") + " " + text(node, "coordinate_transformation_mode", "half_pixel")
                + " " + text(node, "nearest_mode", "round_prefer_floor");
        boolean repeats = List.of("nearest asymmetric floor", "nearest half_pixel round_prefer_floor")
                .contains(rule);
        float[] scales = onnx.graph()
                .initialiser(node.getInputCount() > 2 ? node.getInput(2) : "")
                .map(onnx::floats)
                .orElse(new float[0]);
        boolean whole = scales.length == 4
                && scales[0] == 1
                && scales[1] == 1
                && scales[2] == scales[3]
                && scales[2] == Math.rint(scales[2]);
        require(node, "mode and scales", repeats && whole, "nearest neighbours and a whole factor for both sides");
        int factor = (int) scales[2];
        return (in, room) -> {
            int[] shape = in[0].shape();
            int width = shape[3] * factor;
            Value out = room.of(shape[0], shape[1], shape[2] * factor, width);
            for (int i = 0; i < out.data().length; i++) {
                out.data()[i] = in[0].data()[i / width / factor * shape[3] + i % width / factor];
            }
            return out;
        };
    }

    private long[] longs(NodeProto node, int input) {
        return onnx.longs(onnx.graph()
                .initialiser(node.getInput(input))
                .orElseThrow(() -> unlike(node, "input " + input, "a constant")));
    }

    static long integer(NodeProto node, String name, long otherwise) {
        return attribute(node, name).map(AttributeProto::getI).orElse(otherwise);
    }

    static int[] integers(NodeProto node, String name, int... otherwise) {
        return attribute(node, name)
                .map(a -> a.getIntsList().stream().mapToInt(Math::toIntExact).toArray())
                .orElse(otherwise);
    }

    static String text(NodeProto node, String name, String otherwise) {
        return attribute(node, name).map(a -> a.getS().toStringUtf8()).orElse(otherwise);
    }

    private static Optional<AttributeProto> attribute(NodeProto node, String name) {
        return node.getAttributeList().stream()
                .filter(a -> a.getName().equals(name))
                .findFirst();
    }

    void require(NodeProto node, String what, boolean holds, String expected) {
        if (!holds) {
            throw unlike(node, what, expected);
        }
    }

    private ModelException unlike(NodeProto node, String what, String expected) {
        return new ModelException(
                901,
                node.getOpType() + " '" + node.getName() + "' of " + onnx.name() + " has another " + what
                        + " than the plain runtime knows, expected " + expected,
                "Use another runtime, or add the form to com.example.device.Operators.");
    }
}

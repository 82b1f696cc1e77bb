package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How the shape of an output follows from those of the inputs, for families of operators. A side that does not follow is free. */
final class ShapeRules {
    /** No tensor has longer sides; what is over it comes of nonsense in the file and is taken for unknown. */
    private static final long MAX_SIDE = 1L << 40;

    /** No tensor has more sides; Gather and Unsqueeze would otherwise multiply them from node to node. */
    private static final int MAX_RANK = 64;

    private ShapeRules() {}

    static Shape bounded(Shape s) {
        return s.rank() > MAX_RANK || s.dims().stream().anyMatch(d -> d > MAX_SIDE) ? Shape.UNKNOWN : s;
    }

    private static int axis(Shape x, long axis) {
        long a = axis < 0 ? axis + x.rank() : axis;
        return a >= 0 && a < x.rank() ? (int) a : -1;
    }

    static Shape broadcast(Shape a, Shape b) {
        if (!a.ranked() || !b.ranked()) {
            return Shape.UNKNOWN;
        }
        int rank = Math.max(a.rank(), b.rank());
        long[] dims = new long[rank];
        for (int i = 1; i <= rank; i++) {
            long p = i <= a.rank() ? a.dim(-i) : 1;
            long q = i <= b.rank() ? b.dim(-i) : 1;
            // A free side against one that is not 1 can only be that or 1, and yields that.
            dims[rank - i] = p == 1 ? q : q == 1 || p >= 0 ? p : q;
        }
        return Shape.of(dims);
    }

    static Shape conv(NodeProto node, Shape x, Shape w) {
        if (!x.ranked() || x.rank() < 3) {
            return Shape.UNKNOWN;
        }
        long[] kernel = Attributes.integers(node, "kernel_shape");
        if (kernel.length == 0 && w.rank() == x.rank()) {
            kernel = Arrays.copyOfRange(w.toArray(), 2, w.rank());
        }
        return windows(node, x, w.dim(0), kernel);
    }

    static Shape pool(NodeProto node, Shape x) {
        return x.rank() < 3 ? Shape.UNKNOWN : windows(node, x, x.dim(1), Attributes.integers(node, "kernel_shape"));
    }

    private static Shape windows(NodeProto node, Shape x, long channels, long[] kernel) {
        int n = x.rank() - 2;
        long[] out = new long[x.rank()];
        Arrays.fill(out, -1);
        out[0] = x.dim(0);
        out[1] = channels;
        String auto = Attributes.string(node, "auto_pad", "NOTSET");
        boolean ceil = Attributes.integer(node, "ceil_mode", 0) != 0;
        long[] strides = Attributes.integers(node, "strides");
        long[] dilations = Attributes.integers(node, "dilations");
        long[] pads = auto.equals("VALID") ? new long[0] : Attributes.integers(node, "pads");
        for (int i = 0; i < n && kernel.length == n; i++) {
            long side = x.dim(2 + i);
            long stride = at(strides, i, n, 1);
            long dilation = at(dilations, i, n, 1);
            if (side < 0 || kernel[i] < 1 || stride < 1 || dilation < 1) {
                continue;
            }
            long reach = dilation * (kernel[i] - 1) + 1;
            if (auto.startsWith("SAME")) {
                out[2 + i] = (side + stride - 1) / stride;
            } else {
                long padded = side + (pads.length == 2 * n ? pads[i] + pads[n + i] : 0) - reach;
                out[2 + i] = padded < 0 ? -1 : (padded + (ceil ? stride - 1 : 0)) / stride + 1;
                // A window that would start in the padding after the data is left out.
                long end = side + (pads.length == 2 * n ? pads[i] : 0);
                if (ceil && out[2 + i] > 1 && (out[2 + i] - 1) * stride >= end) {
                    out[2 + i]--;
                }
            }
        }
        return Shape.of(out);
    }

    static Shape convTranspose(NodeProto node, Shape x, Shape w) {
        if (x.rank() < 3) {
            return Shape.UNKNOWN;
        }
        int n = x.rank() - 2;
        long[] out = new long[x.rank()];
        Arrays.fill(out, -1);
        out[0] = x.dim(0);
        out[1] = w.dim(1) < 0 ? -1 : w.dim(1) * Attributes.integer(node, "group", 1);
        boolean plain = Attributes.string(node, "auto_pad", "NOTSET").equals("NOTSET")
                && Attributes.integers(node, "output_shape").length == 0;
        long[] pads = Attributes.integers(node, "pads");
        long[] strides = Attributes.integers(node, "strides");
        long[] more = Attributes.integers(node, "output_padding");
        long[] dilations = Attributes.integers(node, "dilations");
        for (int i = 0; i < n && plain && w.rank() == x.rank(); i++) {
            if (x.dim(2 + i) >= 0 && w.dim(2 + i) >= 0) {
                out[2 + i] = at(strides, i, n, 1) * (x.dim(2 + i) - 1)
                        + at(more, i, n, 0)
                        + at(dilations, i, n, 1) * (w.dim(2 + i) - 1)
                        + 1
                        - (pads.length == 2 * n ? pads[i] + pads[n + i] : 0);
            }
        }
        return Shape.of(out);
    }

    private static long at(long[] values, int i, int expected, long otherwise) {
        return values.length == expected ? values[i] : otherwise;
    }

    static Shape global(Shape x) {
        if (x.rank() < 2) {
            return Shape.UNKNOWN;
        }
        long[] dims = new long[x.rank()];
        Arrays.fill(dims, 1);
        dims[0] = x.dim(0);
        dims[1] = x.dim(1);
        return Shape.of(dims);
    }

    static Shape gemm(NodeProto node, Shape a, Shape b) {
        boolean ta = Attributes.integer(node, "transA", 0) != 0;
        boolean tb = Attributes.integer(node, "transB", 0) != 0;
        return Shape.of(a.dim(ta ? 1 : 0), b.dim(tb ? 0 : 1));
    }

    static Shape matMul(Shape a, Shape b) {
        if (a.rank() < 2 || b.rank() < 2) {
            return Shape.UNKNOWN;
        }
        Shape batch = broadcast(front(a), front(b));
        long[] dims = Arrays.copyOf(batch.toArray(), batch.rank() + 2);
        dims[dims.length - 2] = a.dim(-2);
        dims[dims.length - 1] = b.dim(-1);
        return Shape.of(dims);
    }

    private static Shape front(Shape s) {
        return Shape.of(Arrays.copyOf(s.toArray(), s.rank() - 2));
    }

    static Shape concat(long axis, List<Shape> parts) {
        if (parts.isEmpty() || !parts.get(0).ranked() || axis(parts.get(0), axis) < 0) {
            return Shape.UNKNOWN;
        }
        int a = axis(parts.get(0), axis);
        long[] dims = parts.get(0).toArray();
        for (Shape p : parts.subList(1, parts.size())) {
            for (int i = 0; i < dims.length; i++) {
                if (i == a) {
                    dims[i] = dims[i] < 0 || p.dim(i) < 0 ? -1 : dims[i] + p.dim(i);
                } else if (dims[i] < 0) {
                    dims[i] = p.dim(i);
                }
            }
        }
        return Shape.of(dims);
    }

    static Shape transpose(Shape x, long[] perm) {
        if (!x.ranked() || (perm.length != 0 && perm.length != x.rank())) {
            return Shape.UNKNOWN;
        }
        long[] dims = new long[x.rank()];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = x.dim(perm.length == 0 ? dims.length - 1 - i : (int) perm[i]);
        }
        return Shape.of(dims);
    }

    static Shape flatten(Shape x, long axis) {
        if (!x.ranked()) {
            return Shape.of(-1, -1);
        }
        int a = (int) Math.max(0, Math.min(x.rank(), axis < 0 ? axis + x.rank() : axis));
        return Shape.of(product(x, 0, a), product(x, a, x.rank()));
    }

    private static long product(Shape x, int from, int to) {
        return Shape.of(Arrays.copyOfRange(x.toArray(), from, to)).elements();
    }

    static Shape reshape(Shape x, long[] target, boolean allowZero) {
        long[] dims = target.clone();
        int open = -1;
        long rest = 1;
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] == 0 && !allowZero) {
                dims[i] = x.dim(i);
            }
            if (target[i] == -1) {
                open = i;
            } else {
                rest = dims[i] < 0 || rest < 0 ? -1 : rest * dims[i];
            }
        }
        if (open >= 0 && rest > 0 && x.elements() >= 0) {
            dims[open] = x.elements() / rest;
        }
        return Shape.of(dims);
    }

    static Shape unsqueeze(Shape x, long[] axes) {
        if (!x.ranked()) {
            return Shape.UNKNOWN;
        }
        int rank = x.rank() + axes.length;
        boolean[] one = new boolean[rank];
        for (long a : axes) {
            long i = a < 0 ? a + rank : a;
            if (i < 0 || i >= rank) {
                return Shape.UNKNOWN;
            }
            one[(int) i] = true;
        }
        long[] dims = new long[rank];
        int from = 0;
        for (int i = 0; i < rank; i++) {
            dims[i] = one[i] ? 1 : x.dim(from++);
        }
        return Shape.of(dims);
    }

    static Shape squeeze(Shape x, long[] axes) {
        if (!x.ranked()) {
            return Shape.UNKNOWN;
        }
        if (axes.length == 0 && !x.complete()) {
            return Shape.UNKNOWN;
        }
        List<Long> dims = new ArrayList<>();
        for (int i = 0; i < x.rank(); i++) {
            int at = i;
            boolean gone =
                    axes.length == 0 ? x.dim(i) == 1 : Arrays.stream(axes).anyMatch(a -> axis(x, a) == at);
            if (!gone) {
                dims.add(x.dims().get(i));
            }
        }
        return new Shape(true, dims);
    }

    static Shape reduce(Shape x, long[] axes, boolean keep, boolean noop) {
        if (!x.ranked() || (axes.length == 0 && noop)) {
            return x;
        }
        List<Long> dims = new ArrayList<>();
        for (int i = 0; i < x.rank(); i++) {
            int at = i;
            if (axes.length == 0 || Arrays.stream(axes).anyMatch(a -> axis(x, a) == at)) {
                if (keep) {
                    dims.add(1L);
                }
            } else {
                dims.add(x.dims().get(i));
            }
        }
        return new Shape(true, dims);
    }

    static Shape slice(Shape x, long[] starts, long[] ends, long[] axes, long[] steps) {
        if (!x.ranked() || starts.length != ends.length) {
            return Shape.UNKNOWN;
        }
        long[] dims = x.toArray();
        for (int i = 0; i < starts.length; i++) {
            int a = axis(x, axes.length > i ? axes[i] : i);
            long step = steps.length > i ? steps[i] : 1;
            if (a < 0 || step == 0 || step == Long.MIN_VALUE) {
                return Shape.UNKNOWN;
            }
            long side = dims[a];
            if (side < 0) {
                continue;
            }
            long low = step > 0 ? 0 : -1;
            long high = step > 0 ? side : side - 1;
            long from = Math.max(step > 0 ? 0 : -1, Math.min(high, starts[i] < 0 ? starts[i] + side : starts[i]));
            long to = Math.max(low, Math.min(high + (step > 0 ? 0 : 1), ends[i] < 0 ? ends[i] + side : ends[i]));
            long span = step > 0 ? to - from : from - to;
            dims[a] = span <= 0 ? 0 : (span + Math.abs(step) - 1) / Math.abs(step);
        }
        return Shape.of(dims);
    }

    static Shape split(Shape x, long axis, long[] sizes, int output, int outputs) {
        int a = axis(x, axis);
        if (a < 0) {
            return Shape.UNKNOWN;
        }
        long[] dims = x.toArray();
        if (sizes.length > output) {
            dims[a] = sizes[output];
        } else if (dims[a] >= 0) {
            long part = (dims[a] + outputs - 1) / outputs;
            dims[a] = output < outputs - 1 ? part : dims[a] - part * (outputs - 1);
        }
        return Shape.of(dims);
    }

    static Shape pad(Shape x, long[] pads) {
        if (!x.ranked()) {
            return Shape.UNKNOWN;
        }
        long[] dims = x.toArray();
        for (int i = 0; i < dims.length; i++) {
            dims[i] = dims[i] < 0 || pads.length != 2 * dims.length ? -1 : dims[i] + pads[i] + pads[dims.length + i];
        }
        return Shape.of(dims);
    }

    static Shape scale(Shape x, float[] scales) {
        long[] dims = x.toArray();
        for (int i = 0; i < dims.length; i++) {
            dims[i] = dims[i] < 0 ? -1 : (long) Math.floor(dims[i] * (double) scales[i]);
        }
        return Shape.of(dims);
    }

    static Shape gather(Shape x, Shape indices, long axis) {
        int a = axis(x, axis);
        if (a < 0 || !indices.ranked()) {
            return Shape.UNKNOWN;
        }
        List<Long> dims = new ArrayList<>(x.dims().subList(0, a));
        dims.addAll(indices.dims());
        dims.addAll(x.dims().subList(a + 1, x.rank()));
        return new Shape(true, dims);
    }

    static Shape block(Shape x, long size, boolean toDepth) {
        if (x.rank() != 4 || size < 1 || size > 1024) {
            return Shape.UNKNOWN;
        }
        long area = size * size;
        long channels = x.dim(1) < 0 ? -1 : toDepth ? x.dim(1) * area : x.dim(1) / area;
        return Shape.of(x.dim(0), channels, side(x.dim(2), size, toDepth), side(x.dim(3), size, toDepth));
    }

    private static long side(long side, long size, boolean toDepth) {
        return side < 0 ? -1 : toDepth ? side / size : side * size;
    }
}

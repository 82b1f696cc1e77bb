package com.example.device;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Operators that slide a window over a picture [N,C,H,W]. */
final class Windows {
    private Windows() {}

    /** How a window goes over one picture: sizes, steps and the border of nothing around it, each as height, width. */
    record Geometry(int[] kernel, int[] strides, int[] padsBefore, int[] padsAfter) {
        static Geometry of(Operators operators, NodeProto node) {
            operators.require(
                    node, "auto_pad", Operators.text(node, "auto_pad", "NOTSET").equals("NOTSET"), "NOTSET");
            int[] dilations = Operators.integers(node, "dilations", 1, 1);
            operators.require(node, "dilations", Arrays.equals(dilations, new int[] {1, 1}), "1, 1");
            int[] kernel = Operators.integers(node, "kernel_shape");
            operators.require(node, "kernel_shape", kernel.length == 2, "a height and a width");
            int[] pads = Operators.integers(node, "pads", 0, 0, 0, 0);
            return new Geometry(
                    kernel,
                    Operators.integers(node, "strides", 1, 1),
                    Arrays.copyOfRange(pads, 0, 2),
                    Arrays.copyOfRange(pads, 2, 4));
        }

        /** Whether each window is one pixel and each pixel a window. */
        boolean isPointwise() {
            return IntStream.of(kernel[0], kernel[1], strides[0], strides[1]).allMatch(n -> n == 1)
                    && IntStream.concat(IntStream.of(padsBefore), IntStream.of(padsAfter))
                            .allMatch(n -> n == 0);
        }

        int out(int axis, int side) {
            return (side + padsBefore[axis] + padsAfter[axis] - kernel[axis]) / strides[axis] + 1;
        }

        /** The first window whose tap {@code k} lies inside the picture. */
        int first(int axis, int k) {
            return Math.max(0, -Math.floorDiv(k - padsBefore[axis], strides[axis]));
        }

        /** One past the last window whose tap {@code k} lies inside the picture. */
        int end(int axis, int k, int side) {
            return Math.min(out(axis, side), Math.floorDiv(side - 1 + padsBefore[axis] - k, strides[axis]) + 1);
        }
    }

    static Operator conv(Geometry g, int groups, boolean parallel) {
        return (in, room) -> {
            int[] x = in[0].shape();
            int channels = in[1].shape()[0];
            Value out = room.of(x[0], channels, g.out(0, x[2]), g.out(1, x[3]));
            IntStream planes = IntStream.range(0, x[0] * channels);
            (parallel ? planes.parallel() : planes).forEach(p -> convPlane(g, in, out, groups, p));
            return out;
        };
    }

    /** One channel of one element of the batch: a tap of the kernel at a time over whole rows, which the JIT makes vector code of. */
    private static void convPlane(Geometry g, Value[] in, Value out, int groups, int plane) {
        int[] x = in[0].shape();
        int channels = out.shape()[1];
        int depth = in[1].shape()[1];
        int height = out.shape()[2];
        int width = out.shape()[3];
        int channel = plane % channels;
        int firstIn = plane / channels * x[1] + channel / (channels / groups) * depth;
        int base = plane * height * width;
        float[] sums = out.data();
        Arrays.fill(sums, base, base + height * width, in.length > 2 ? in[2].data()[channel] : 0);
        int w = channel * depth * g.kernel[0] * g.kernel[1];
        if (g.isPointwise()) {
            for (int c = 0; c < depth; c++) {
                addScaled(
                        sums, base, in[0].data(), (firstIn + c) * height * width, 1, height * width, in[1].data()[w++]);
            }
            return;
        }
        for (int c = 0; c < depth; c++) {
            int source = (firstIn + c) * x[2] * x[3];
            for (int ky = 0; ky < g.kernel[0]; ky++) {
                for (int kx = 0; kx < g.kernel[1]; kx++) {
                    float weight = in[1].data()[w++];
                    int first = g.first(1, kx);
                    int count = g.end(1, kx, x[3]) - first;
                    for (int oy = g.first(0, ky); oy < g.end(0, ky, x[2]); oy++) {
                        int row = source + (oy * g.strides[0] - g.padsBefore[0] + ky) * x[3];
                        int from = row + first * g.strides[1] - g.padsBefore[1] + kx;
                        addScaled(sums, base + oy * width + first, in[0].data(), from, g.strides[1], count, weight);
                    }
                }
            }
        }
    }

    private static void addScaled(float[] to, int at, float[] from, int start, int step, int count, float factor) {
        if (step == 1) {
            for (int i = 0; i < count; i++) {
                to[at + i] += factor * from[start + i];
            }
        } else {
            for (int i = 0; i < count; i++) {
                to[at + i] += factor * from[start + i * step];
            }
        }
    }

    static Operator maxPool(Geometry g) {
        return (in, room) -> {
            int[] x = in[0].shape();
            int height = g.out(0, x[2]);
            int width = g.out(1, x[3]);
            Value out = room.of(x[0], x[1], height, width);
            for (int i = 0; i < out.data().length; i++) {
                int plane = i / (height * width);
                int top = i / width % height * g.strides[0] - g.padsBefore[0];
                int left = i % width * g.strides[1] - g.padsBefore[1];
                float max = Float.NEGATIVE_INFINITY;
                for (int y = Math.max(0, top); y < Math.min(x[2], top + g.kernel[0]); y++) {
                    for (int c = Math.max(0, left); c < Math.min(x[3], left + g.kernel[1]); c++) {
                        max = Math.max(max, in[0].data()[(plane * x[2] + y) * x[3] + c]);
                    }
                }
                out.data()[i] = max;
            }
            return out;
        };
    }
}

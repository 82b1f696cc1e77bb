package com.example.device;

/** Numbers of the graph, slowest side first. Its data is only written by the step that makes it. */
record Value(int[] shape, float[] data) {
    static int elements(int... shape) {
        int n = 1;
        for (int side : shape) {
            n = Math.multiplyExact(n, side);
        }
        return n;
    }
}

package com.example.device;

/** One node of a graph, ready to compute. */
interface Operator {
    /**
     * Computes its output.
     *
     * @param in its inputs without those that are whole numbers
     * @param room where to put the numbers, where they are not an input's as they are
     */
    Value run(Value[] in, Room room);
}

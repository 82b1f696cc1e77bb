package io.derm.trt;

/** The threads of a kernel launch: blocks of {@code blockX * blockY} threads in a grid. Immutable. */
record Launch(int gridX, int gridY, int gridZ, int blockX, int blockY) {
    private static final int BLOCK = 256;

    /** At least as many threads along each axis, in blocks of the size given. */
    static Launch grid(int x, int y, int z, int blockX, int blockY) {
        return new Launch(blocks(x, blockX), blocks(y, blockY), z, blockX, blockY);
    }

    /** At least {@code threads} threads in a row. */
    static Launch row(int threads) {
        return grid(threads, 1, 1, BLOCK, 1);
    }

    private static int blocks(int threads, int block) {
        return (threads - 1) / block + 1;
    }
}

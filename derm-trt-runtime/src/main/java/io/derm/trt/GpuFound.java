package io.derm.trt;

/**
 * A GPU as people know it. Immutable.
 *
 * @param name as the driver gives it
 * @param major of its compute capability
 * @param minor of its compute capability
 * @param multiprocessors number of them
 * @param bytes of its memory
 */
record GpuFound(String name, int major, int minor, int multiprocessors, long bytes) {
    /** Compute capability from which on TensorRT runs: Turing, for every version that derm compiles against. */
    static final String OLDEST = "7.5";

    boolean newEnough() {
        return 10 * major + minor >= 75;
    }

    /** E.g. {@code NVIDIA H200 (sm_90, 132 SMs, 140 GiB)}. */
    @Override
    public String toString() {
        return name + " (sm_" + major + minor + ", " + multiprocessors + " SMs, " + Math.round(bytes / 0x1p30) + " GiB"
                + (newEnough() ? "" : ", too old") + ")";
    }
}

package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cuDeviceGet;
import static org.bytedeco.cuda.global.cudart.cuDeviceGetName;
import static org.bytedeco.cuda.global.cudart.cuDeviceTotalMem;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrComputeCapabilityMajor;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrComputeCapabilityMinor;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrMultiProcessorCount;
import static org.bytedeco.cuda.global.cudart.cudaDeviceGetAttribute;
import static org.bytedeco.cuda.global.cudart.cudaGetDeviceCount;
import static org.bytedeco.cuda.global.cudart.cudaSetDevice;

import java.nio.charset.StandardCharsets;
import java.util.function.ObjIntConsumer;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * A GPU, and what decides whether an engine fits it. Immutable.
 *
 * @param ordinal number of the device as CUDA counts
 * @param name as the driver gives it
 * @param major of its compute capability
 * @param minor of its compute capability
 * @param multiprocessors number of them
 * @param bytes of its memory
 */
record Gpu(int ordinal, String name, int major, int minor, int multiprocessors, long bytes) {
    /** Compute capability from which on TensorRT runs: Turing, for every version that derm compiles against. */
    static final String OLDEST = "7.5";

    private static final int LONGEST_NAME = 256;

    /**
     * The GPU of that number, made current on this thread.
     *
     * @throws IllegalArgumentException if there is none
     * @throws io.derm.api.RuntimeUnavailableException if it is too old for TensorRT
     */
    static Gpu of(int ordinal) {
        int[] count = new int[1];
        Cuda.check(cudaGetDeviceCount(count), "count devices");
        if (ordinal >= count[0]) {
            throw new IllegalArgumentException(
                    TrtOptions.DEVICE + " is " + ordinal + " and there are " + count[0] + " devices, expected less");
        }
        Cuda.check(cudaSetDevice(ordinal), "choose device " + ordinal);
        Gpu gpu = describe(ordinal, (what, status) -> Cuda.check(status, what));
        if (!gpu.newEnough()) {
            throw TrtUnavailable.gpuTooOld(gpu.toString(), OLDEST);
        }
        return gpu;
    }

    /**
     * Asks about a GPU without using it.
     *
     * @param check is told what was asked and CUDA's status, and throws if that is an error
     */
    static Gpu describe(int ordinal, ObjIntConsumer<String> check) {
        int[] handle = new int[1];
        check.accept("find device " + ordinal, cuDeviceGet(handle, ordinal));
        byte[] name = new byte[LONGEST_NAME];
        check.accept("ask for the name of device " + ordinal, cuDeviceGetName(name, name.length, handle[0]));
        int length = 0;
        while (length < name.length && name[length] != 0) {
            length++;
        }
        try (SizeTPointer bytes = new SizeTPointer(1)) {
            check.accept("ask for the memory of device " + ordinal, cuDeviceTotalMem(bytes, handle[0]));
            return new Gpu(
                    ordinal,
                    new String(name, 0, length, StandardCharsets.UTF_8),
                    attribute(cudaDevAttrComputeCapabilityMajor, ordinal, check),
                    attribute(cudaDevAttrComputeCapabilityMinor, ordinal, check),
                    attribute(cudaDevAttrMultiProcessorCount, ordinal, check),
                    bytes.get());
        }
    }

    private static int attribute(int attribute, int ordinal, ObjIntConsumer<String> check) {
        int[] value = new int[1];
        check.accept("ask about device " + ordinal, cudaDeviceGetAttribute(value, attribute, ordinal));
        return value[0];
    }

    boolean newEnough() {
        return 10 * major + minor >= 75;
    }

    /** Its architecture as compilers name it, e.g. {@code sm_90}. */
    String architecture() {
        return "sm_" + major + minor;
    }

    /** E.g. {@code NVIDIA H200 (sm_90, 132 SMs, 140 GiB)}. */
    @Override
    public String toString() {
        return name + " (" + architecture() + ", " + multiprocessors + " SMs, " + Math.round(bytes / 0x1p30) + " GiB"
                + (newEnough() ? "" : ", too old") + ")";
    }
}

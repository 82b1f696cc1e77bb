package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cuDeviceGet;
import static org.bytedeco.cuda.global.cudart.cuDeviceGetName;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrComputeCapabilityMajor;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrComputeCapabilityMinor;
import static org.bytedeco.cuda.global.cudart.cudaDevAttrMultiProcessorCount;
import static org.bytedeco.cuda.global.cudart.cudaDeviceGetAttribute;
import static org.bytedeco.cuda.global.cudart.cudaGetDeviceCount;
import static org.bytedeco.cuda.global.cudart.cudaSetDevice;

import java.nio.charset.StandardCharsets;

/**
 * What decides whether an engine fits a GPU. Immutable.
 *
 * @param ordinal number of the device as CUDA counts
 * @param name as the driver gives it
 * @param major of its compute capability
 * @param minor of its compute capability
 * @param multiprocessors number of them
 */
record Gpu(int ordinal, String name, int major, int minor, int multiprocessors) {
    private static final int LONGEST_NAME = 256;

    /**
     * The GPU of that number, made current on this thread.
     *
     * @throws IllegalArgumentException if there is none
     */
    static Gpu of(int ordinal) {
        int[] count = new int[1];
        Cuda.check(cudaGetDeviceCount(count), "count devices");
        if (ordinal >= count[0]) {
            throw new IllegalArgumentException(
                    TrtOptions.DEVICE + " is " + ordinal + " and there are " + count[0] + " devices, expected less");
        }
        Cuda.check(cudaSetDevice(ordinal), "choose device " + ordinal);
        int[] handle = new int[1];
        Cuda.check(cuDeviceGet(handle, ordinal), "find device " + ordinal);
        byte[] name = new byte[LONGEST_NAME];
        Cuda.check(cuDeviceGetName(name, name.length, handle[0]), "ask for the name of device " + ordinal);
        int length = 0;
        while (length < name.length && name[length] != 0) {
            length++;
        }
        return new Gpu(
                ordinal,
                new String(name, 0, length, StandardCharsets.UTF_8),
                attribute(cudaDevAttrComputeCapabilityMajor, ordinal),
                attribute(cudaDevAttrComputeCapabilityMinor, ordinal),
                attribute(cudaDevAttrMultiProcessorCount, ordinal));
    }

    private static int attribute(int attribute, int ordinal) {
        int[] value = new int[1];
        Cuda.check(cudaDeviceGetAttribute(value, attribute, ordinal), "ask about device " + ordinal);
        return value[0];
    }

    /** Its architecture as compilers name it, e.g. {@code sm_90}. */
    String architecture() {
        return "sm_" + major + minor;
    }
}

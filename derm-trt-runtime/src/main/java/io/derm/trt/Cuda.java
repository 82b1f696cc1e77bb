package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaErrorMemoryAllocation;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorName;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorString;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaSuccess;

import io.derm.api.InferenceException;
import org.bytedeco.javacpp.BytePointer;

/** CUDA's error codes as exceptions. */
final class Cuda {
    private Cuda() {}

    /**
     * Throws if a call failed.
     *
     * @param status what it returned; runtime and driver calls number their errors alike
     * @param what it was to do, e.g. {@code "copy a frame to the device"}
     */
    static void check(int status, String what) {
        if (status != cudaSuccess) {
            throw failure(status, what);
        }
    }

    private static InferenceException failure(int status, String what) {
        // An error stays behind for the next call that asks, unless it is taken.
        int taken = cudaGetLastError();
        String error = text(cudaGetErrorName(status)) + " (" + text(cudaGetErrorString(status)) + ")"
                + (taken != cudaSuccess && taken != status ? " after " + text(cudaGetErrorName(taken)) : "");
        if (status == cudaErrorMemoryAllocation) {
            return new InferenceException(
                    381,
                    "The GPU has no memory left to " + what + ": " + error,
                    "Close other sessions, lower the batch or the workspace, or free the GPU of other programs.");
        }
        return new InferenceException(
                380,
                "CUDA failed to " + what + ": " + error,
                "Open the model again; if it stays, restart the program and see the driver's log.");
    }

    private static String text(BytePointer s) {
        return s == null || s.isNull() ? "unknown error" : s.getString();
    }
}

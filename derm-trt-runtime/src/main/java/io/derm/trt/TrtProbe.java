package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cuInit;
import static org.bytedeco.cuda.global.cudart.cudaDriverGetVersion;
import static org.bytedeco.cuda.global.cudart.cudaErrorInsufficientDriver;
import static org.bytedeco.cuda.global.cudart.cudaErrorNoDevice;
import static org.bytedeco.cuda.global.cudart.cudaGetDeviceCount;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorName;
import static org.bytedeco.cuda.global.cudart.cudaGetErrorString;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaRuntimeGetVersion;
import static org.bytedeco.cuda.global.cudart.cudaSuccess;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.tensorrt.global.nvonnxparser;

/** Loads CUDA and TensorRT and asks them what is there. Makes no context on any GPU. */
final class TrtProbe {
    private TrtProbe() {}

    /**
     * Versions and GPUs in one line.
     *
     * @throws io.derm.api.RuntimeUnavailableException if there is no GPU that TensorRT can use, or versions do not go together
     * @throws LinkageError if a library does not load
     */
    static String run() {
        // Devices first: without one TensorRT hands out objects that are none.
        int runtime = runtimeVersion();
        int driver = driverVersion();
        List<Gpu> gpus = gpus(driver, runtime);
        if (gpus.stream().noneMatch(Gpu::newEnough)) {
            throw TrtUnavailable.gpuTooOld(
                    gpus.stream().map(Gpu::toString).collect(Collectors.joining(", ")), Gpu.OLDEST);
        }
        load(nvrtc.class);
        OptionalLibraries.replaceAbsent();
        String tensorRt = tensorRtVersion();
        load(nvonnxparser.class);
        return "TensorRT " + tensorRt + ", CUDA " + TrtUnavailable.cuda(runtime) + " (driver "
                + TrtUnavailable.cuda(driver) + "), "
                + gpus.stream().map(Gpu::toString).collect(Collectors.joining(", "));
    }

    private static List<Gpu> gpus(int driver, int runtime) {
        int[] count = new int[1];
        int status = cudaGetDeviceCount(count);
        if (status == cudaErrorInsufficientDriver && driver > 0) {
            throw TrtUnavailable.driverTooOld(driver, runtime);
        }
        if (status == cudaSuccess && count[0] == 0) {
            status = cudaErrorNoDevice;
        }
        check(status);
        check(cuInit(0));
        List<Gpu> gpus = new ArrayList<>();
        for (int i = 0; i < count[0]; i++) {
            gpus.add(Gpu.describe(i, (what, code) -> check(code)));
        }
        return gpus;
    }

    private static int runtimeVersion() {
        int[] version = new int[1];
        check(cudaRuntimeGetVersion(version));
        return version[0];
    }

    private static int driverVersion() {
        int[] version = new int[1];
        check(cudaDriverGetVersion(version));
        return version[0];
    }

    // The runtime and the driver number their errors alike.
    private static void check(int status) {
        if (status != cudaSuccess) {
            // An error stays behind for the next call that asks, unless it is taken.
            cudaGetLastError();
            throw TrtUnavailable.device(text(cudaGetErrorName(status)), text(cudaGetErrorString(status)));
        }
    }

    private static String text(BytePointer s) {
        return s == null || s.isNull() ? "unknown error" : s.getString();
    }

    /** The version of the library in full, with that of the presets where it is another of the same major. */
    private static String tensorRtVersion() {
        String presets = TrtVersion.ofPresets();
        String found = TrtVersion.ofLibrary();
        if (!found.startsWith(presets.replaceFirst("\\..*", "."))) {
            throw TrtUnavailable.tensorRt(found, presets);
        }
        return found.startsWith(presets + ".") ? found : found + " (presets of " + presets + ")";
    }

    private static void load(Class<?> global) {
        try {
            Class.forName(global.getName(), true, global.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }
}

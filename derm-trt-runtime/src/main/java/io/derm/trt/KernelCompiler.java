package io.derm.trt;

import static org.bytedeco.cuda.global.nvrtc.nvrtcCompileProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcCreateProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcDestroyProgram;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetCUBIN;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetCUBINSize;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetErrorString;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetProgramLog;
import static org.bytedeco.cuda.global.nvrtc.nvrtcGetProgramLogSize;
import static org.bytedeco.cuda.global.nvrtc.nvrtcVersion;

import io.derm.api.RuntimeUnavailableException;
import java.util.regex.Pattern;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * Compiles kernels for one GPU with NVRTC, NVIDIA's compiler at run time. What comes out is a cubin, machine code: PTX of an NVRTC
 * that is newer than the driver would be refused. Needs no GPU. Thread-safe.
 */
final class KernelCompiler {
    private static final Pattern ERROR = Pattern.compile("\\berror\\b");

    private KernelCompiler() {}

    /**
     * Compiles for the GPUs of a compute capability.
     *
     * @param major compute capability, e.g. 8 and 7 for 8.7
     * @throws RuntimeUnavailableException if NVRTC cannot be loaded, or does not compile the source, e.g. because it does not know the
     *     GPU
     */
    static byte[] cubin(KernelSource source, int major, int minor) {
        try {
            return compile(source, "sm_" + major + minor);
        } catch (LinkageError e) {
            throw notLoaded(e);
        }
    }

    /** The NVRTC in use, e.g. {@code 13.1}. */
    static String version() {
        try (IntPointer major = new IntPointer(1);
                IntPointer minor = new IntPointer(1)) {
            require(nvrtcVersion(major, minor), "its version cannot be asked");
            return major.get() + "." + minor.get();
        } catch (LinkageError e) {
            throw notLoaded(e);
        }
    }

    private static byte[] compile(KernelSource source, String architecture) {
        try (_nvrtcProgram program = new _nvrtcProgram();
                BytePointer text = new BytePointer(source.text());
                BytePointer name = new BytePointer("kernels.cu");
                BytePointer option = new BytePointer("--gpu-architecture=" + architecture);
                PointerPointer<BytePointer> options = new PointerPointer<BytePointer>(1).put(option)) {
            PointerPointer<Pointer> none = null;
            require(nvrtcCreateProgram(program, text, name, 0, none, none), "it takes no program");
            try {
                int status = nvrtcCompileProgram(program, 1, options);
                if (status != 0) {
                    throw failed("NVRTC " + version() + " does not compile the kernels for " + architecture + ": "
                            + firstError(
                                    log(program), nvrtcGetErrorString(status).getString()));
                }
                return cubin(program, architecture);
            } finally {
                nvrtcDestroyProgram(program);
            }
        }
    }

    private static byte[] cubin(_nvrtcProgram program, String architecture) {
        try (SizeTPointer size = new SizeTPointer(1)) {
            require(nvrtcGetCUBINSize(program, size), "it gives no cubin for " + architecture);
            byte[] cubin = new byte[Math.toIntExact(size.get())];
            try (BytePointer to = new BytePointer(cubin.length)) {
                require(nvrtcGetCUBIN(program, to), "it gives no cubin for " + architecture);
                to.get(cubin);
            }
            return cubin;
        }
    }

    private static String log(_nvrtcProgram program) {
        try (SizeTPointer size = new SizeTPointer(1)) {
            if (nvrtcGetProgramLogSize(program, size) != 0 || size.get() <= 1) {
                return "";
            }
            try (BytePointer to = new BytePointer(size.get())) {
                return nvrtcGetProgramLog(program, to) == 0 ? to.getString() : "";
            }
        }
    }

    /** The line of the log that tells why, or what NVRTC calls the failure where it wrote none. */
    static String firstError(String log, String otherwise) {
        return log.lines()
                .filter(line -> ERROR.matcher(line).find())
                .findFirst()
                .orElse(otherwise)
                .strip();
    }

    private static void require(int status, String problem) {
        if (status != 0) {
            throw failed("NVRTC fails, " + problem + ": "
                    + nvrtcGetErrorString(status).getString());
        }
    }

    private static RuntimeUnavailableException failed(String found) {
        return new RuntimeUnavailableException(
                333,
                found,
                "Install an NVRTC that knows this GPU, of CUDA 13 or of the version that derm was built with.");
    }

    private static RuntimeUnavailableException notLoaded(LinkageError e) {
        return new RuntimeUnavailableException(
                334,
                "NVRTC, CUDA's compiler at run time, cannot be loaded: " + e.getMessage(),
                "Install CUDA's libcudart and libnvrtc (packages cuda-cudart and cuda-nvrtc) or put org.bytedeco:cuda-redist on the class"
                        + " path.",
                e);
    }
}

package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Stand-ins for libraries that a machine without an NVIDIA GPU lacks, compiled on the spot. */
final class FakeCuda {
    /** The few functions of CUDA's runtime and driver by which a GPU is found, answering as the environment says. */
    private static final String SOURCE = """
            #include <stdlib.h>
            #include <string.h>
            static int said(const char* name, int otherwise) {
                const char* s = getenv(name);
                return s ? atoi(s) : otherwise;
            }
            int cudaRuntimeGetVersion(int* v) { *v = 13010; return 0; }
            int cudaDriverGetVersion(int* v) { *v = said("FAKE_DRIVER", 13010); return 0; }
            int cudaGetDeviceCount(int* n) { *n = said("FAKE_DEVICES", 1); return said("FAKE_STATUS", 0); }
            const char* cudaGetErrorName(int e) { return e == 100 ? "cudaErrorNoDevice" : "cudaErrorOther"; }
            const char* cudaGetErrorString(int e) { return "as asked for"; }
            int cudaGetLastError(void) { return 0; }
            int cudaDeviceGetAttribute(int* v, int attribute, int device) {
                *v = attribute == 75 ? said("FAKE_MAJOR", 9) : attribute == 16 ? 132 : 0;
                return 0;
            }
            int cuInit(unsigned flags) { return 0; }
            int cuDeviceGet(int* device, int ordinal) { *device = ordinal; return 0; }
            int cuDeviceGetName(char* name, int length, int device) { strncpy(name, "NVIDIA H200", length); return 0; }
            int cuDeviceTotalMem_v2(size_t* bytes, int device) { *bytes = 150754820096; return 0; }
            """;

    private final Path folder;

    /** @param folder where they go */
    FakeCuda(Path folder) {
        this.folder = folder;
    }

    /** A library of that name with nothing in it. */
    void empty(String name) throws Exception {
        compile(name, "");
    }

    /** A driver and a runtime with GPUs. */
    void gpus(String cudartMajor) throws Exception {
        compile("libcuda.so.1", SOURCE);
        compile("libcudart.so." + cudartMajor, SOURCE);
    }

    private void compile(String name, String source) throws Exception {
        Path file = Files.writeString(folder.resolve(name + ".c"), source);
        Process gcc;
        try {
            gcc = new ProcessBuilder(
                            "gcc",
                            "-shared",
                            "-fPIC",
                            "-o",
                            folder.resolve(name).toString(),
                            "-Wl,-soname," + name,
                            file.toString())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            Assumptions.abort("gcc, which compiles the stand-ins, is not there: " + e.getMessage());
            return;
        }
        String said = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gcc.waitFor()).as(said).isZero();
    }
}

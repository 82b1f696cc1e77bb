package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.derm.api.RuntimeUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * kernels.cu by NVIDIA's compilers, for every generation from Turing on. Needs no GPU, but NVRTC or nvcc; each test says which it
 * missed. NVRTC by hand, with its libraries from a jar and an empty stand-in for the driver's:
 *
 * <pre>{@code
 * gcc -shared -o DIR/libcuda.so.1 -Wl,-soname,libcuda.so.1 -x c /dev/null
 * LD_LIBRARY_PATH=DIR mvn -pl derm-trt-runtime -am test -Dtest=KernelsByNvrtcTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dmaven.test.additionalClasspath=cuda-redist-13.1-9.19-1.5.13-linux-x86_64.jar
 * }</pre>
 */
class KernelsByNvrtcTest {
    private static final Pattern SPILLS = Pattern.compile("(\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern REGISTERS =
            Pattern.compile("entry function '(\\w+)'[^']*'sm_\\d+'.*?Used (\\d+) registers", Pattern.DOTALL);

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"7, 5", "8, 0", "8, 6", "8, 7", "8, 9", "9, 0", "10, 0", "12, 0"})
    void cubin_eachGeneration_holdsTheKernels(int major, int minor) {
        needsNvrtc();
        byte[] cubin = KernelCompiler.cubin(KernelSource.load(), major, minor);
        assertThat(cubin).startsWith(0x7F, 'E', 'L', 'F');
        assertThat(new String(cubin, StandardCharsets.ISO_8859_1))
                .contains(".text." + KernelSource.IMAGE, ".text." + KernelSource.ROWS, ".text." + KernelSource.WIDEN);
    }

    @Test
    void cubin_sourceThatIsWrong_namesTheFirstError() {
        needsNvrtc();
        KernelSource wrong = KernelSource.of("extern \"C\" __global__ void f() {\n    nothing = 1;\n}\n");
        assertThatThrownBy(() -> KernelCompiler.cubin(wrong, 9, 0))
                .isInstanceOf(RuntimeUnavailableException.class)
                .hasMessageStartingWith("[DERM-333] NVRTC ")
                .hasMessageContaining(
                        "does not compile the kernels for sm_90: kernels.cu(2): error: identifier \"nothing\" is undefined. Remedy: ");
    }

    @Test
    void cubin_gpuThatNvrtcDoesNotKnow_isRefused() {
        needsNvrtc();
        assertThatThrownBy(() -> KernelCompiler.cubin(KernelSource.load(), 3, 5))
                .isInstanceOf(RuntimeUnavailableException.class)
                .hasMessageStartingWith("[DERM-333] ")
                .hasMessageContaining("sm_35: nvrtc: error: invalid value for --gpu-architecture");
    }

    @Test
    void cubin_noNvrtc_isOneClearLine() {
        assumeTrue(missing() != null, "NVRTC can be loaded here");
        assertThatThrownBy(() -> KernelCompiler.cubin(KernelSource.load(), 9, 0))
                .isInstanceOf(RuntimeUnavailableException.class)
                .hasMessageStartingWith("[DERM-334] NVRTC, CUDA's compiler at run time, cannot be loaded: ")
                .hasMessageContaining("org.bytedeco:cuda-redist");
    }

    @Test
    void firstError_logWithWarningsFirst_isTheError() {
        String log = "kernels.cu(3): warning #177-D: variable \"errors\" was declared but never referenced\n\n"
                + "kernels.cu(7): error: expected a \";\"\n  }\n  ^\n\n1 error detected in the compilation of \"kernels.cu\".\n";
        assertThat(KernelCompiler.firstError(log, "NVRTC_ERROR_COMPILATION"))
                .isEqualTo("kernels.cu(7): error: expected a \";\"");
        assertThat(KernelCompiler.firstError("", "NVRTC_ERROR_OUT_OF_MEMORY")).isEqualTo("NVRTC_ERROR_OUT_OF_MEMORY");
    }

    @ParameterizedTest
    @CsvSource({"sm_75", "sm_80", "sm_86", "sm_87", "sm_89", "sm_90", "sm_100", "sm_120"})
    void nvcc_eachGeneration_neitherWarnsNorSpills(String architecture) throws Exception {
        Path source = Files.writeString(
                folder.resolve("kernels.cu"), KernelSource.load().text());
        String said = nvcc(
                "-cubin",
                "-arch=" + architecture,
                "-Werror",
                "all-warnings",
                "-Xptxas",
                "-v",
                "-o",
                folder.resolve("kernels.cubin").toString(),
                source.toString());
        Matcher spills = SPILLS.matcher(said);
        int kernels = 0;
        while (spills.find()) {
            assertThat(spills.group()).isEqualTo("0 bytes spill stores, 0 bytes spill loads");
            kernels++;
        }
        assertThat(kernels).as(said).isEqualTo(3);
        Matcher registers = REGISTERS.matcher(said);
        while (registers.find()) {
            assertThat(Integer.parseInt(registers.group(2))).isLessThanOrEqualTo(64);
            kernels--;
        }
        assertThat(kernels).as(said).isZero();
    }

    private static String nvcc(String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of("nvcc"));
        command.addAll(List.of(arguments));
        try {
            Process nvcc = new ProcessBuilder(command).redirectErrorStream(true).start();
            try (InputStream out = nvcc.getInputStream()) {
                String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
                assertThat(nvcc.waitFor()).as(said).isZero();
                return said;
            }
        } catch (IOException e) {
            return abort("nvcc cannot be run: " + e.getMessage());
        }
    }

    private static void needsNvrtc() {
        String missing = missing();
        assumeTrue(missing == null, missing);
    }

    /** Why NVRTC is not to be had, or null. */
    private static String missing() {
        try {
            KernelCompiler.version();
            return null;
        } catch (RuntimeUnavailableException e) {
            return e.getMessage();
        }
    }
}

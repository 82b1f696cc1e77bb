package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.derm.api.RuntimeUnavailableException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of each thing that can be wrong; the linker's words are glibc's, those of JavaCPP 1.5.13. */
class TrtUnavailableTest {
    private static final Presets PRESETS =
            new Presets(Set.of("1.5.13"), Set.of("13.1-9.19-1.5.13"), Set.of("10.15-1.5.13"));

    @Test
    void driver_noneAtAll_saysSo() {
        assertThat(TrtUnavailable.driver(false))
                .hasMessage(
                        "[DERM-330] There is no NVIDIA driver: libcuda.so.1 is not in the linker's reach. Remedy: On a machine"
                                + " with an NVIDIA GPU install its driver, and in a container pass the GPU on; elsewhere use"
                                + " onnxruntime.");
    }

    @Test
    void driver_libraryNotInTheContainer_saysHowToStartIt() {
        assertThat(TrtUnavailable.driver(true))
                .hasMessage(
                        "[DERM-330] The kernel has NVIDIA's driver and its library libcuda.so.1 is out of reach. Remedy: Start"
                                + " the container with --gpus all and NVIDIA_DRIVER_CAPABILITIES=compute,utility, or name the"
                                + " library's folder in LD_LIBRARY_PATH.");
    }

    // The packages are those of NVIDIA's repository for Ubuntu and Debian, with CUDA 13.1.
    @ParameterizedTest
    @CsvSource({
        "libcudart.so.13, cuda-cudart-13-1, cuda-redist:13.1-9.19-1.5.13:linux-x86_64",
        "libnvrtc.so.13, cuda-nvrtc-13-1, cuda-redist:13.1-9.19-1.5.13:linux-x86_64",
        "libnvrtc-builtins.so.13.1, cuda-nvrtc-13-1, cuda-redist:13.1-9.19-1.5.13:linux-x86_64",
        "libcublas.so.13, libcublas-13-1, cuda-redist-cublas:13.1-9.19-1.5.13:linux-x86_64",
        "libcublasLt.so.13, libcublas-13-1, cuda-redist-cublas:13.1-9.19-1.5.13:linux-x86_64",
        "libcudnn.so.9, libcudnn9-cuda-13, cuda-redist-cudnn:13.1-9.19-1.5.13:linux-x86_64",
        "libcudnn_ops.so.9, libcudnn9-cuda-13, cuda-redist-cudnn:13.1-9.19-1.5.13:linux-x86_64",
        "libnvinfer.so.10, libnvinfer10, tensorrt:10.15-1.5.13:linux-x86_64-redist",
        "libnvinfer_builder_resource_ptx.so.10.15.1, libnvinfer10, tensorrt:10.15-1.5.13:linux-x86_64-redist",
        "libnvinfer_plugin.so.10, libnvinfer-plugin10, tensorrt:10.15-1.5.13:linux-x86_64-redist",
        "libnvinfer_vc_plugin.so.10, libnvinfer-vc-plugin10, tensorrt:10.15-1.5.13:linux-x86_64-redist",
        "libnvonnxparser.so.10, libnvonnxparsers10, tensorrt:10.15-1.5.13:linux-x86_64-redist",
    })
    void loading_libraryMissing_namesItAndWhoBringsIt(String library, String debian, String jar) {
        assertThat(loading(linker(library)))
                .hasMessage("[DERM-332] A library that TensorRT needs is missing: " + library + ". Remedy: Install "
                        + debian + " from NVIDIA's apt repository, or put org.bytedeco:" + jar + " on the class path.");
    }

    // Maven Central has no cuda-redist of 12.6, and these two jars of cuda.
    @ParameterizedTest
    @CsvSource({
        "libcudart.so.12, cuda-cudart-12-6, linux-x86_64",
        "libnvrtc.so.12, cuda-nvrtc-12-6, linux-arm64",
        "libcublas.so.12, libcublas-12-6, linux-arm64",
        "libcudnn.so.9, libcudnn9-cuda-12, linux-x86_64"
    })
    void loading_libraryMissingForCuda126_namesTheJarThatHasAllOfIt(String library, String debian, String platform) {
        Presets presets = new Presets(Set.of("1.5.11"), Set.of("12.6-9.5-1.5.11"), Set.of("10.6-1.5.11"));
        assertThat(TrtUnavailable.loading(linker(library), presets, platform))
                .hasMessage("[DERM-332] A library that TensorRT needs is missing: " + library + ". Remedy: Install "
                        + debian + " from NVIDIA's apt repository, or put org.bytedeco:cuda:12.6-9.5-1.5.11:" + platform
                        + "-redist on the class path.");
    }

    @Test
    void loading_systemLibraryMissing_namesIt() {
        assertThat(loading(linker("libz.so.1")))
                .hasMessage(
                        "[DERM-332] A library that TensorRT needs is missing: libz.so.1. Remedy: Install the package of your"
                                + " system that has libz.so.1.");
    }

    @Test
    void loading_presetsNotKnown_leavesTheirVersionOpen() {
        assertThat(TrtUnavailable.loading(linker("libcudnn.so.9"), Presets.NONE, "linux-arm64"))
                .hasMessageEndingWith("Install libcudnn9-cuda-VERSION from NVIDIA's apt repository, or put"
                        + " org.bytedeco:cuda-redist-cudnn:VERSION:linux-arm64 on the class path.");
    }

    @Test
    void loading_driverGoneSinceItWasFound_isTheDriver() {
        assertThat(loading(linker("libcuda.so.1")))
                .hasMessage(
                        "[DERM-330] NVIDIA's driver is not whole: libcuda.so.1 cannot be opened. Remedy: Install the driver"
                                + " again, or in a container pass the GPU on.");
    }

    @ParameterizedTest
    @CsvSource({
        "jnijavacpp, javacpp:1.5.13:linux-x86_64",
        "jnicudart, cuda:13.1-9.19-1.5.13:linux-x86_64",
        "jninvrtc, cuda:13.1-9.19-1.5.13:linux-x86_64",
        "jninvinfer, tensorrt:10.15-1.5.13:linux-x86_64",
        "jninvonnxparser, tensorrt:10.15-1.5.13:linux-x86_64"
    })
    void loading_nativePartOfTheBindingsMissing_namesTheJar(String glue, String jar) {
        UnsatisfiedLinkError failure = new UnsatisfiedLinkError("no " + glue + " in java.library.path: /usr/lib64");
        failure.initCause(new UnsatisfiedLinkError("Could not find " + glue + " in class, module, and library paths."));
        assertThat(loading(failure))
                .hasMessage("[DERM-331] The bindings' native part for linux-x86_64 is missing: " + glue
                        + ". Remedy: Put org.bytedeco:" + jar + " on the class path.");
    }

    @Test
    void loading_outOfAStaticInitialiser_isUnwrapped() {
        Throwable failure = new NoClassDefFoundError("Could not initialize class org.bytedeco.tensorrt.global.nvinfer")
                .initCause(new ExceptionInInitializerError(linker("libnvinfer.so.10")));
        assertThat(loading(failure)).hasMessageContaining("is missing: libnvinfer.so.10.");
    }

    @Test
    void loading_libraryBroken_givesTheLinkersWords() {
        assertThat(loading(new UnsatisfiedLinkError("/opt/libnvinfer.so.10: file too short")))
                .hasMessage(
                        "[DERM-339] TensorRT or CUDA does not load: UnsatisfiedLinkError: /opt/libnvinfer.so.10: file too short."
                                + " Remedy: Make the user's home or the folder in -Dorg.bytedeco.javacpp.cachedir writable and"
                                + " executable, and install the versions of TensorRT and CUDA that go together (docs/tensorrt.md).");
    }

    @Test
    void presets_mixed_areListed() {
        assertThat(TrtUnavailable.presets(
                        new Presets(Set.of("1.5.13"), Set.of("12.6-9.5-1.5.11"), Set.of("10.6-1.5.11"))))
                .hasMessage(
                        "[DERM-338] JavaCPP and its presets on the class path are of several releases: javacpp 1.5.13, cuda"
                                + " 12.6-9.5-1.5.11, tensorrt 10.6-1.5.11, expected one. Remedy: Take the versions of one release;"
                                + " docs/tensorrt.md has the versions that go together.");
    }

    @Test
    void tensorRt_ofAnotherMajor_namesBoth() {
        assertThat(TrtUnavailable.tensorRt("11.2.0.12", "10.15"))
                .hasMessage(
                        "[DERM-338] The TensorRT found is 11.2.0.12, expected 10 as the presets are made for 10.15. Remedy:"
                                + " Install that version, or build derm with the presets of the one found; docs/tensorrt.md has"
                                + " the versions that go together.");
    }

    @Test
    void driverTooOld_namesBothVersions() {
        assertThat(TrtUnavailable.driverTooOld(12040, 13010))
                .hasMessage(
                        "[DERM-335] NVIDIA's driver takes CUDA 12.4, expected 13.1 or newer. Remedy: Update the driver (r580 or"
                                + " newer for CUDA 13, r525 for CUDA 12), or build derm with the presets of an older CUDA;"
                                + " docs/tensorrt.md has the versions that go together.");
    }

    @Test
    void device_none_namesTheError() {
        assertThat(TrtUnavailable.device("cudaErrorNoDevice", "no CUDA-capable device is detected"))
                .hasMessage(
                        "[DERM-336] There is no CUDA device: cudaErrorNoDevice (no CUDA-capable device is detected). Remedy: See"
                                + " whether nvidia-smi lists a GPU, whether CUDA_VISIBLE_DEVICES hides it, and in a container"
                                + " whether it was started with --gpus all.");
    }

    @ParameterizedTest
    @CsvSource({
        "cudaErrorStubLibrary, stubs",
        "cudaErrorSystemDriverMismatch, Restart",
        "cudaErrorCompatNotSupportedOnDevice, compat",
        "cudaErrorSystemNotReady, nvidia-fabricmanager"
    })
    void device_errorOfTheSetup_hasItsOwnRemedy(String error, String remedy) {
        assertThat(TrtUnavailable.device(error, "x").remedy()).contains(remedy);
    }

    @Test
    void gpuTooOld_namesBothCapabilities() {
        Gpu gpu = new Gpu(0, "Tesla V100-SXM2-16GB", 7, 0, 80, 16_935_682_048L);
        assertThat(gpu.newEnough()).isFalse();
        assertThat(TrtUnavailable.gpuTooOld(gpu.toString(), Gpu.OLDEST))
                .hasMessage(
                        "[DERM-337] TensorRT does not run on Tesla V100-SXM2-16GB (sm_70, 80 SMs, 16 GiB, too old), expected"
                                + " compute capability 7.5 or newer. Remedy: Use a GPU of the Turing generation or newer, or"
                                + " onnxruntime.");
    }

    @ParameterizedTest
    @CsvSource({"7, 5, true", "8, 0, true", "12, 1, true", "7, 2, false", "6, 9, false"})
    void gpu_fromTuringOn_isNewEnough(int major, int minor, boolean expected) {
        assertThat(new Gpu(0, "x", major, minor, 1, 1).newEnough()).isEqualTo(expected);
    }

    @Test
    void platform_asJavaNamesIt_isJavaCpps() {
        assertThat(TrtLibraries.platform("Linux", "amd64")).isEqualTo("linux-x86_64");
        assertThat(TrtLibraries.platform("Linux", "aarch64")).isEqualTo("linux-arm64");
        assertThat(catchThrowableOfType(
                        RuntimeUnavailableException.class, () -> TrtLibraries.platform("Mac OS X", "aarch64")))
                .hasMessage(
                        "[DERM-331] There are no bindings for TensorRT on Mac OS X-arm64, expected linux-x86_64 or linux-arm64."
                                + " Remedy: Use onnxruntime here.");
    }

    private static RuntimeUnavailableException loading(Throwable failure) {
        return TrtUnavailable.loading(failure, PRESETS, "linux-x86_64");
    }

    /** As glibc says it of a library that another one needs, wrapped as by JavaCPP. */
    private static UnsatisfiedLinkError linker(String library) {
        UnsatisfiedLinkError failure = new UnsatisfiedLinkError("no jnix in java.library.path: /usr/lib64:/lib64");
        failure.initCause(new UnsatisfiedLinkError("/home/u/.javacpp/cache/x.jar/org/bytedeco/libjnix.so: " + library
                + ": cannot open shared object file: No such file or directory"));
        return failure;
    }
}

package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.derm.api.Availability;
import io.derm.api.RuntimeUnavailableException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Each question in a process of its own, as the answer holds for its life. */
@Timeout(300)
@EnabledOnOs(OS.LINUX)
class TrtLibrariesTest {
    /** Prints what it is told, and with an argument loads TensorRT in spite of it. */
    static final class Ask {
        public static void main(String[] args) throws Exception {
            Availability first = TrtLibraries.availability();
            System.out.println(
                    first.available() + " same=" + (first == TrtLibraries.availability()) + " " + first.detail());
            try {
                TrtLibraries.require();
            } catch (RuntimeUnavailableException e) {
                System.out.println(e.getMessage());
            }
            if (args.length > 0) {
                OptionalLibraries.replaceAbsent();
                System.out.println("library " + TrtVersion.ofLibrary());
                Class.forName("org.bytedeco.tensorrt.global.nvonnxparser");
                System.out.println("parser");
            }
        }
    }

    @TempDir
    Path folder;

    private Presets presets;

    @BeforeEach
    void presets() throws Exception {
        presets = Presets.of(TrtLibraries.class.getClassLoader());
    }

    @Test
    void availability_noDriver_isNoWithNothingOfJavaCppLoaded() throws Exception {
        assumeFalse(DriverSearch.ofProcess().library(), "this machine has an NVIDIA driver");
        Path classes = folder.resolve("classes.txt");
        assertThat(ask(Map.of(), List.of("-Xlog:class+load:file=" + classes)))
                .contains("false same=true There is ")
                .contains("[DERM-330] ");
        assertThat(Files.readString(classes))
                .contains("io.derm.trt.DriverSearch")
                .doesNotContain("org.bytedeco");
    }

    @Test
    void availability_noDevice_isNoWithCudasError() throws Exception {
        gpus();
        assertThat(ask(fake("FAKE_STATUS", "100")))
                .contains("false same=true There is no CUDA device: cudaErrorNoDevice (as asked for)")
                .contains("[DERM-336] ");
    }

    @Test
    void availability_noDeviceAndNoError_isNo() throws Exception {
        gpus();
        assertThat(ask(fake("FAKE_DEVICES", "0"))).contains("[DERM-336] There is no CUDA device: cudaErrorNoDevice");
    }

    @Test
    void availability_oldDriver_isNoWithBothVersions() throws Exception {
        gpus();
        assertThat(ask(fake("FAKE_STATUS", "35", "FAKE_DRIVER", "12040")))
                .contains("[DERM-335] NVIDIA's driver takes CUDA 12.4, expected 13.1 or newer.");
    }

    @Test
    void availability_oldGpus_isNoWithAllOfThem() throws Exception {
        gpus();
        String gpu = "NVIDIA H200 (sm_60, 132 SMs, 140 GiB, too old)";
        assertThat(ask(fake("FAKE_MAJOR", "6", "FAKE_DEVICES", "2")))
                .contains("[DERM-337] TensorRT does not run on " + gpu + ", " + gpu
                        + ", expected compute capability 7.5 or newer.");
    }

    /** TensorRT makes objects that are none where there is no device, and a call to one ends the process. */
    @Test
    @Tag("redist")
    void availability_realTensorRtAndAnEmptyDriver_isNoAndTensorRtLoads() throws Exception {
        new FakeCuda(folder).empty("libcuda.so.1");
        assertThat(ask(Map.of("LD_LIBRARY_PATH", folder.toString()), List.of(), "load"))
                .contains("[DERM-336] There is no CUDA device: ")
                .contains("library " + tensorRt() + ".")
                .contains("parser");
    }

    @Test
    @Tag("redist")
    void availability_realTensorRtAndAFakeGpu_isYesWithItsVersions() throws Exception {
        gpus();
        assertThat(ask(fake()))
                .contains("true same=true TensorRT " + tensorRt() + ".")
                .contains(", CUDA 13.1 (driver 13.1), NVIDIA H200 (sm_90, 132 SMs, 140 GiB)\n");
    }

    /** As the presets' own version has it: {@code 10.15} of {@code 10.15-1.5.13}. */
    private String tensorRt() {
        return presets.tensorrt().iterator().next().split("-", -1)[0];
    }

    private void gpus() throws Exception {
        new FakeCuda(folder).gpus(presets.cuda().iterator().next().split("\\.", -1)[0]);
    }

    /** Loaded first, so that its functions come before those of a real runtime. */
    private Map<String, String> fake(String... more) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "LD_LIBRARY_PATH", folder.toString(),
                "LD_PRELOAD", folder.resolve("libcuda.so.1").toString()));
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        return environment;
    }

    private String ask(Map<String, String> environment) throws Exception {
        return ask(environment, List.of());
    }

    private String ask(Map<String, String> environment, List<String> options, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m"));
        command.addAll(options);
        command.addAll(List.of(
                "-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"),
                "-cp",
                System.getProperty("java.class.path"),
                Ask.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}

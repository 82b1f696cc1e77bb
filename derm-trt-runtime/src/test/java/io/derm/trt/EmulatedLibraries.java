package io.derm.trt;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.tensorrt.global.nvinfer;

/**
 * Compiles the stand-ins for NVIDIA's libraries out of {@code src/test/cpp} and loads them. All of the code is in the one that stands in
 * for the driver, libcuda; the others are empty and need that one, so that whoever looks for a function in them finds it there.
 */
final class EmulatedLibraries {
    private static final String CODE = "libcuda.so.1";

    /** Major versions that the presets at hand are made for; constants, by which no preset is loaded. */
    private static final int CUDA = cudart.CUDART_VERSION / 1000;

    private static final int TENSORRT = nvinfer.NV_TENSORRT_MAJOR;

    /** What the JavaCPP presets of CUDA and TensorRT link to or load beforehand. */
    private static final List<String> EMPTY = List.of(
            "libcudart.so." + CUDA,
            "libnvrtc-builtins.so." + CUDA + "." + cudart.CUDART_VERSION % 1000 / 10,
            "libnvrtc.so." + CUDA,
            "libcublasLt.so." + CUDA,
            "libcublas.so." + CUDA,
            "libcudnn_graph.so.9",
            "libcudnn_ops.so.9",
            "libcudnn_adv.so.9",
            "libcudnn_cnn.so.9",
            "libnvinfer_builder_resource_ptx.so.10.15.1",
            "libnvinfer.so.10",
            "libnvinfer_plugin.so.10",
            "libnvinfer_vc_plugin.so.10",
            "libnvonnxparser.so.10");

    private static final Pattern KERNEL = Pattern.compile(
            "extern\\s+\"C\"\\s+__global__\\s+void\\s+(?:__launch_bounds__\\s*\\([^)]*\\)\\s*)?(\\w+)\\s*\\(");

    private final Path module = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    private final Path sources = module.resolve("src/test/cpp");
    private final Path built = module.resolve("target/emulated-device");

    private EmulatedLibraries() {}

    /** Compiles what is not up to date and loads all, in order of need; skips the test that asks where there is no compiler. */
    static void load() {
        EmulatedLibraries libraries = new EmulatedLibraries();
        try {
            libraries.build();
        } catch (IOException e) {
            throw new IllegalStateException("The emulated device cannot be compiled", e);
        }
        System.load(libraries.built.resolve(CODE).toString());
        for (String name : EMPTY) {
            System.load(libraries.built.resolve(name).toString());
        }
    }

    /** The sources of kernels that modules can be loaded from: the tests' own and, where there is one, the module's. */
    private List<Path> kernels() {
        return Stream.of(
                        sources.resolve("test_kernels.cu"), module.resolve("src/main/resources/io/derm/trt/kernels.cu"))
                .filter(Files::exists)
                .toList();
    }

    private void build() throws IOException {
        Path jni = Path.of(System.getProperty("java.home"), "include");
        assumeTrue(
                Files.exists(jni.resolve("jni.h")), "The JDK has no jni.h, which the emulated device is compiled with");
        assumeTrue(
                System.getProperty("os.name").equals("Linux"),
                "The emulated device is for Linux, whose linker it relies on");
        assumeTrue(TENSORRT == 10, "The emulated device has the tables of TensorRT 10, the presets are of " + TENSORRT);
        assumeTrue(hasCompiler(), "There is no g++ to compile the emulated device with");
        Files.createDirectories(built);
        List<String> command = new ArrayList<>(List.of(
                "g++",
                "-std=c++20",
                "-O2",
                "-ffp-contract=off",
                "-fvisibility=hidden",
                "-shared",
                "-fPIC",
                "-pthread",
                "-DEMULATED_CUDA=" + cudart.CUDART_VERSION,
                "-DEMULATED_TENSORRT_MINOR=" + nvinfer.NV_TENSORRT_MINOR,
                "-DEMULATED_TENSORRT_PATCH=" + nvinfer.NV_TENSORRT_PATCH,
                "-DEMULATED_TENSORRT_BUILD=" + nvinfer.NV_TENSORRT_BUILD,
                "-I" + sources,
                "-I" + jni,
                "-I" + jni.resolve("linux"),
                "-Wl,-soname," + CODE,
                "-o",
                built.resolve(CODE).toString()));
        StringBuilder inputs = new StringBuilder();
        try (Stream<Path> files = Files.list(sources)) {
            for (Path file : files.sorted().toList()) {
                inputs.append(file).append('\n').append(Files.readString(file));
                if (file.toString().endsWith(".cpp") && !Files.readString(file).contains("int main(")) {
                    command.add(file.toString());
                }
            }
        }
        int n = 0;
        for (Path kernel : kernels()) {
            Path unit = built.resolve("kernels" + n++ + ".cpp");
            Files.writeString(unit, unit(kernel));
            inputs.append(Files.readString(unit)).append(Files.readString(kernel));
            command.add(unit.toString());
        }
        inputs.append(command).append(EMPTY);
        Path stamp = built.resolve("stamp");
        String now = hash(inputs.toString());
        if (Files.exists(stamp) && Files.readString(stamp).equals(now)) {
            return;
        }
        Files.deleteIfExists(stamp);
        run(command);
        for (String name : EMPTY) {
            run(List.of(
                    "g++",
                    "-shared",
                    "-Wl,--no-as-needed",
                    "-Wl,-soname," + name,
                    "-o",
                    built.resolve(name).toString(),
                    built.resolve(CODE).toString()));
        }
        Files.writeString(stamp, now);
    }

    /** Compiles a CUDA source as C++ and puts its kernels, by name, into the emulator's table. */
    private static String unit(Path kernels) throws IOException {
        String source = Files.readString(kernels);
        StringBuilder table = new StringBuilder();
        KERNEL.matcher(source).results().forEach(m -> table.append("    {\"")
                .append(m.group(1))
                .append("\", &emulator::bindKernel<&")
                .append(m.group(1))
                .append(">},\n"));
        return String.format("""
                #include "cuda_on_cpu.h"
                #include "%s"
                #include "kernel_table.h"
                [[maybe_unused]] static const int ADDED = (emulator::units().push_back({"%s", {
                %s}}), 0);
                """, kernels, hash(source), table);
    }

    /** FNV-1a of 64 bits, as the C++ side computes it. */
    private static String hash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * 0x100000001b3L;
        }
        return String.format("%016x", hash);
    }

    private static boolean hasCompiler() {
        try {
            return new ProcessBuilder("g++", "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + "\n" + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while compiling", e);
        }
    }
}

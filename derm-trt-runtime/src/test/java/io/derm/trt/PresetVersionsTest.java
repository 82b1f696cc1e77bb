package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The module compiles with the presets of each TensorRT that boards and servers ship, its tests among it, as a build for a board compiles
 * them; Maven puts the presets' jars into target/bindings.
 */
class PresetVersionsTest {
    @ParameterizedTest
    @ValueSource(strings = {"10.6", "10.12", "10.15", "11.2"})
    void sources_withThePresetsOf_compile(String version, @TempDir Path classes) throws Exception {
        Path bindings = Path.of("target", "bindings", version);
        assertThat(bindings)
                .as("Maven's phase process-test-resources copies them")
                .isDirectory();
        String classPath = Stream.concat(
                        files(bindings, ".jar").stream().map(Path::toString),
                        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                                .filter(entry -> !entry.contains("org" + File.separator + "bytedeco")
                                        && !entry.contains("derm-trt-runtime")))
                .collect(Collectors.joining(File.pathSeparator));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            boolean done = compiler.getTask(
                            null,
                            manager,
                            diagnostics,
                            List.of(
                                    "--release",
                                    "17",
                                    "-proc:none",
                                    "-nowarn",
                                    "-cp",
                                    classPath,
                                    "-d",
                                    classes.toString()),
                            null,
                            manager.getJavaFileObjectsFromPaths(files(Path.of("src"), ".java")))
                    .call();
            assertThat(done).as(diagnostics.getDiagnostics().toString()).isTrue();
        }
        assertThat(classes.resolve("io/derm/trt/TrtProbe.class")).isRegularFile();
    }

    private static List<Path> files(Path folder, String ending) throws Exception {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(f -> f.toString().endsWith(ending)).toList();
        }
    }
}

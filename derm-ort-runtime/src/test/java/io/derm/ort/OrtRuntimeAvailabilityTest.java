package io.derm.ort;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Availability;
import io.derm.api.Model;
import io.derm.api.RuntimeUnavailableException;
import io.derm.api.SessionOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class OrtRuntimeAvailabilityTest {
    /** Asks in a process of its own, as a native library that has loaded once stays loaded. */
    static final class Ask {
        public static void main(String[] args) {
            OrtRuntime runtime = new OrtRuntime();
            Availability first = runtime.availability();
            System.out.println(first.available() + " same=" + (first == new OrtRuntime().availability()));
            System.out.println(first.detail() + " | " + first.remedy());
            try {
                runtime.open(Model.of("text", new byte[] {1}), SessionOptions.defaults());
            } catch (RuntimeUnavailableException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @Test
    void availability_libraryThatIsNoLibrary_saysWhyAndWhatToDo(@TempDir Path folder) throws Exception {
        String library = System.mapLibraryName("onnxruntime");
        Files.writeString(folder.resolve(library), "not a library");
        String output = ask("-Donnxruntime.native.path=" + folder);
        assertThat(output)
                .contains("false same=true")
                .contains("ONNX Runtime's native library does not load: UnsatisfiedLinkError: ")
                .contains("-Donnxruntime.native.path=DIR")
                .contains("[DERM-320] ONNX Runtime's native library does not load: ");
    }

    @Test
    void availability_temporaryFolderThatIsNotThere_saysWhyAndWhatToDo(@TempDir Path folder) throws Exception {
        String output = ask("-Djava.io.tmpdir=" + folder.resolve("missing"));
        assertThat(output)
                .contains("false same=true")
                .contains("ONNX Runtime's native library does not load: ")
                .contains("make java.io.tmpdir writable")
                .contains("[DERM-320]");
    }

    private static String ask(String option) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        option,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Ask.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}

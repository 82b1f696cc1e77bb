package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

/** JavaCPP's limit on the memory of the process, which CUDA would exceed by itself. */
class NativeMemoryLimitTest {
    private static final String PROPERTY = "org.bytedeco.javacpp.maxPhysicalBytes";

    /** Prints the limit that JavaCPP goes by, in a process of its own since it is read once. */
    static final class Asked {
        private Asked() {}

        public static void main(String[] args) {
            if (args.length > 0) {
                Derm.prepareNatives();
            }
            System.out.println(Pointer.maxPhysicalBytes());
        }
    }

    private static long limit(List<String> options, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-Xmx64m"));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Asked.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return Long.parseLong(text.strip());
    }

    @Test
    void limit_withDerm_isNone() throws Exception {
        assertThat(limit(List.of(), "derm")).isZero();
        // What it is without: the reason for all this.
        assertThat(limit(List.of())).isBetween(1L, 512L << 20);
    }

    @Test
    void limit_thatTheUserGave_stays() throws Exception {
        assertThat(limit(List.of("-D" + PROPERTY + "=3g"), "derm")).isEqualTo(3L << 30);
    }

    @Test
    void launcher_setsTheLimitBeforeJavaStarts() throws Exception {
        assertThat(Files.readString(Path.of("../derm")))
                .contains("-D" + PROPERTY + "=0")
                .contains("build|verify-gpu");
    }
}

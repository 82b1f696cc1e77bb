package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Test
    void close_notATerminal_leavesAPlainLine() {
        try (Progress progress = progress(4, false)) {
            progress.step("");
            progress.step("");
        }
        assertThat(text()).contains("exam  50 %  2/4").doesNotContain("\r").doesNotContain("\u001b");
    }

    @Test
    void close_terminal_drawsABarAndEndsTheLine() {
        try (Progress progress = progress(2, true)) {
            progress.step("");
            progress.step("");
        }
        assertThat(text())
                .contains("\r")
                .contains("[############################]")
                .endsWith(System.lineSeparator());
    }

    @Test
    void close_totalNotKnown_countsOnly() {
        try (Progress progress = progress(-1, false)) {
            progress.step("");
        }
        assertThat(text()).startsWith("exam 1 ").doesNotContain("%");
    }

    private Progress progress(long total, boolean terminal) {
        return new Progress(new PrintStream(bytes, true, StandardCharsets.UTF_8), "exam", total, terminal);
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}

package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourcesCommandTest {
    @TempDir
    Path dir;

    private final PrintStream realOut = System.out;
    private final PrintStream realErr = System.err;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(realOut);
        System.setErr(realErr);
    }

    @Test
    void sources_here_listsEveryKind() {
        assertThat(Derm.execute("sources")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("files, folders")
                .contains("rtsp://")
                .contains("webcam:N")
                .contains("lavfi:GRAPH")
                .contains("yes phantoms")
                .contains(Derm.RESEARCH_USE);
    }

    @Test
    void exam_phantomUri_examinesItsFrames() throws Exception {
        assertThat(Derm.execute("exam", "phantom:seed=7&frames=6&size=640x360", "--out", dir.toString()))
                .isZero();
        assertThat(dir.resolve("exam.mp4")).isNotEmptyFile();
        assertThat(Files.readString(dir.resolve("report.html"))).contains("phantom:seed=7");
    }

    @ParameterizedTest
    @CsvSource({
        "webcam:63, DERM-21",
        "webcam:0?zoom=1, DERM-219",
        "phantom:sed=7, DERM-226",
        "rtsp://nurse:secret@127.0.0.1:9/1, DERM-213"
    })
    void exam_sourceThatCannotBeOpened_saysSoInOneLine(String source, String id) {
        assertThat(Derm.execute("exam", source, "--out", dir.toString())).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8).strip())
                .hasLineCount(1)
                .startsWith("derm: [" + id)
                .contains("Remedy: ")
                .doesNotContain("secret");
    }
}

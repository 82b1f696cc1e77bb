package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourcesCommandTest {
    @TempDir
    Path dir;

    @Test
    void sources_here_listsEveryKind() {
        Cli run = Cli.run("sources");
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("files, folders")
                .contains("rtsp://")
                .contains("webcam:N")
                .contains("lavfi:GRAPH")
                .contains("yes phantoms")
                .contains(Derm.RESEARCH_USE);
    }

    @Test
    void exam_phantomUri_examinesItsFrames() throws Exception {
        assertThat(Cli.run("exam", "phantom:seed=7&frames=6&size=640x360", "--out", dir.toString())
                        .code())
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
        Cli run = Cli.run("exam", source, "--out", dir.toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err().strip())
                .hasLineCount(1)
                .startsWith("derm: [" + id)
                .contains("Remedy: ")
                .doesNotContain("secret");
    }
}

package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.onnx.OnnxModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnnotateCommandTest {
    @TempDir
    Path dir;

    @Test
    void annotate_aModel_writesACopyThatSaysIt() {
        Path copy = dir.resolve("copy.onnx");
        Cli run = Cli.run(
                "annotate",
                "demo:detector",
                "--set",
                "derm.score_threshold=0.9",
                "--set=derm.labels=spot",
                "-o",
                copy.toString());
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(OnnxModel.read(copy).metadata())
                .containsEntry("derm.score_threshold", "0.9")
                .containsEntry("derm.labels", "spot")
                .containsEntry("derm.decoder", "darknet");
        // It is what a detector goes by.
        Path phantom = dir.resolve("phantom");
        assertThat(Cli.run("phantom", "--images", "1", "--seed", "1000000", "--out", phantom.toString())
                        .code())
                .isZero();
        String image = phantom.resolve("images/1000000.png").toString();
        String before = Cli.run("detect", image).out();
        String after = Cli.run("detect", image, "--model", copy.toString()).out();
        assertThat(before).contains("\"lesion\"").containsPattern("\"score\" ?: ?0\\.[3-8]");
        assertThat(after)
                .contains("\"spot\"")
                .doesNotContain("\"lesion\"")
                .doesNotContainPattern("\"score\" ?: ?0\\.[0-8]");
    }

    @Test
    void annotate_noSuchKey_namesTheNearestAndWritesNothing() {
        Path copy = dir.resolve("copy.onnx");
        Cli run = Cli.run("annotate", "demo:detector", "--set", "derm.decodr=zoo", "-o", copy.toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err().strip()).isEqualTo("derm: --set derm.decodr is no key of derm, expected derm.decoder");
        assertThat(copy).doesNotExist();
        assertThat(Cli.run("annotate", "demo:detector", "--set", "name=x", "-o", copy.toString())
                        .err())
                .contains("expected one of derm.activation, derm.anchors, ");
    }

    @Test
    void annotate_aFolder_isRefused() {
        Cli run = Cli.run("annotate", "demo:detector", "--set", "derm.version=2", "-o", dir.toString());
        assertThat(run.code()).isOne();
        assertThat(run.err()).contains("[DERM-096] File " + dir + " cannot be written: it is a folder");
        assertThat(dir).isEmptyDirectory();
    }

    /** The keys come from three classes; the page that lists them was written apart from these. */
    @Test
    void keys_areThoseOfThePage() throws Exception {
        String page = Files.readString(Path.of("../docs/models.md"));
        assertThat(Pattern.compile("`(derm\\.[a-z_.]*[a-z])`")
                        .matcher(page)
                        .results()
                        .map(m -> m.group(1)))
                .allSatisfy(key -> assertThat(AnnotateCommand.keys()).contains(key));
        assertThat(AnnotateCommand.keys()).allSatisfy(key -> assertThat(page).contains("`" + key));
    }
}

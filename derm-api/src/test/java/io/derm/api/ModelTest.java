package io.derm.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {
    @TempDir
    Path dir;

    @Test
    void sha256_ofKnownText_isThePublishedDigest() throws Exception {
        // FIPS 180-2, appendix B.1: the digest of "abc".
        String expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        Path file = Files.writeString(dir.resolve("abc.onnx"), "abc");
        assertThat(Model.of(file).sha256()).isEqualTo(expected);
        assertThat(Model.of("abc", "abc".getBytes(StandardCharsets.US_ASCII)).sha256())
                .isEqualTo(expected);
    }

    @Test
    void of_missingEmptyFolderOrPointer_isOneClearLine() throws Exception {
        Path empty = Files.createFile(dir.resolve("empty.onnx"));
        Path pointer = Files.writeString(
                dir.resolve("p.onnx"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n");
        assertThatThrownBy(() -> Model.of(dir.resolve("none.onnx")))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("does not exist, expected an ONNX file")
                .message()
                .startsWith("[DERM-001]");
        assertThatThrownBy(() -> Model.of(dir)).hasMessageContaining("is a folder");
        assertThatThrownBy(() -> Model.of(empty)).hasMessageStartingWith("[DERM-003]");
        assertThatThrownBy(() -> Model.of(pointer)).hasMessageContaining("Git LFS pointer");
    }

    @Test
    void with_override_leavesTheOriginalAlone() {
        Model model = Model.of("m", new byte[] {1});
        assertThat(model.with("a", "b").overrides()).containsEntry("a", "b");
        assertThat(model.overrides()).isEmpty();
    }

    @Test
    void labelMap_textWithClasses_isReadInOrder() {
        LabelMap map = LabelMap.parse("nevus=BENIGN, BCC = unknown ,melanoma=MELANOMA");
        assertThat(map.labels()).containsExactly("nevus", "BCC", "melanoma");
        assertThat(map.classes()).isEqualTo(List.of(LesionClass.BENIGN, LesionClass.UNKNOWN, LesionClass.MELANOMA));
        assertThatThrownBy(() -> LabelMap.parse("nevus=HARMLESS")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void choose_unknownRuntime_listsThoseFound() {
        assertThatThrownBy(() -> Runtimes.choose("cuda", List.of()))
                .isInstanceOf(RuntimeUnavailableException.class)
                .hasMessage(
                        "[DERM-303] No runtime named 'cuda' is on the class path, found none. Remedy: Choose auto or one"
                                + " of those found, or add the jar of 'cuda'.");
    }
}

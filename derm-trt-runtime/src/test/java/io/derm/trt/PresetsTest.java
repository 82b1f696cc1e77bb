package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PresetsTest {
    private static final Set<String> JAVACPP = Set.of("1.5.13");
    private static final Set<String> CUDA = Set.of("13.1-9.19-1.5.13");
    private static final Set<String> TENSORRT = Set.of("10.15-1.5.13");

    @Test
    void presets_ofThisBuild_goTogether() throws Exception {
        Presets presets = Presets.of(PresetsTest.class.getClassLoader());
        assertThat(presets.consistent()).as(presets.toString()).isTrue();
        assertThat(presets.cuda()).hasSize(1);
        assertThat(presets.tensorrt()).hasSize(1);
    }

    @Test
    void presets_ofOneRelease_goTogether() {
        assertThat(new Presets(JAVACPP, CUDA, TENSORRT).consistent()).isTrue();
        assertThat(Presets.NONE.consistent()).isTrue();
    }

    @Test
    void presets_ofSeveralReleases_doNot() {
        assertThat(new Presets(Set.of("1.5.11"), CUDA, TENSORRT).consistent()).isFalse();
        assertThat(new Presets(JAVACPP, CUDA, Set.of("10.6-1.5.11")).consistent())
                .isFalse();
        assertThat(new Presets(JAVACPP, Set.of("12.6-9.5-1.5.11"), TENSORRT).consistent())
                .isFalse();
    }

    @Test
    void presets_jarsOfTwoVersions_areBothSeen(@TempDir Path bindings, @TempDir Path natives) throws Exception {
        write(bindings, "13.1-9.19-1.5.13");
        write(natives, "12.9-9.10-1.5.12");
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {bindings.toUri().toURL(), natives.toUri().toURL()}, null)) {
            Presets presets = Presets.of(loader);
            assertThat(presets.consistent()).isFalse();
            assertThat(presets).hasToString("cuda 12.9-9.10-1.5.12 and 13.1-9.19-1.5.13");
        }
    }

    private static void write(Path folder, String version) throws Exception {
        Path file = folder.resolve("META-INF/maven/org.bytedeco/cuda/pom.properties");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "groupId=org.bytedeco\nartifactId=cuda\nversion=" + version + "\n");
    }
}

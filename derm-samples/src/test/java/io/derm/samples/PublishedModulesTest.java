package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The POMs, as those read them who depend on derm. */
class PublishedModulesTest {
    @Test
    void bom_lists_everyModuleOfTheBuild() throws Exception {
        List<String> modules = found("<module>([^/<]+)</module>", "../pom.xml");
        assertThat(modules).contains("derm-api", "derm-bom").doesNotContain("derm-parent");
        assertThat(found("<artifactId>(derm-[^<]+)</artifactId>", "../derm-bom/pom.xml"))
                .containsExactlyInAnyOrderElementsOf(modules);
    }

    @Test
    void pom_ofEachModule_hasANameAndADescription() throws Exception {
        for (String module : found("<module>([^/<]+)</module>", "../pom.xml")) {
            String pom = Files.readString(Path.of("..", module, "pom.xml"));
            assertThat(pom).as(module).containsPattern("<name>derm [^<]+</name>\\s+<description>[^<]+</description>");
        }
        assertThat(Files.readString(Path.of("../derm-bom/pom.xml"))).contains("<licenses>", "<developers>");
    }

    @Test
    void versions_keptTwice_areTheSame() throws Exception {
        for (String version : List.of("onnxruntime.version")) {
            String pattern = "<" + Pattern.quote(version) + ">([^<]+)</";
            assertThat(found(pattern, "../derm-bom/pom.xml")).isEqualTo(found(pattern, "../pom.xml"));
        }
        assertThat(found("org\\.bytedeco--ffmpeg--([^=]+)=", "src/dist/licences/licences.properties"))
                .isEqualTo(found("<ffmpeg\\.version>([^<]+)</ffmpeg\\.version>", "../pom.xml"));
    }

    private static List<String> found(String pattern, String file) throws Exception {
        return Pattern.compile(pattern)
                .matcher(Files.readString(Path.of(file)))
                .results()
                .map(m -> m.group(1))
                .toList();
    }
}

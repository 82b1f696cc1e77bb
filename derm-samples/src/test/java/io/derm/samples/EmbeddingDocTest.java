package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages show code of derm-samples/embed, which the build compiles and runs. */
class EmbeddingDocTest {
    private static final Pattern SNIPPET = Pattern.compile("(?s)```java\\n(.*?)```");

    @ParameterizedTest
    @ValueSource(strings = {"embedding.md", "configuration.md"})
    void snippets_ofAPage_standInTheProject(String page) throws Exception {
        StringBuilder project = new StringBuilder();
        try (Stream<Path> files = Files.walk(Path.of("embed/src"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                project.append(squash(Files.readString(file)));
            }
        }
        List<String> snippets = SNIPPET.matcher(Files.readString(Path.of("../docs", page)))
                .results()
                .map(m -> squash(m.group(1)))
                .toList();
        assertThat(snippets).isNotEmpty().allSatisfy(s -> assertThat(project).contains(s));
    }

    private static String squash(String text) {
        return text.replaceAll("\\s+", "");
    }
}

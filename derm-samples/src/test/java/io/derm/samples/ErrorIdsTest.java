package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/errors.md lists every id that the code throws and no other, and an id belongs to one module. */
class ErrorIdsTest {
    // Thrown where it stands, or handed to what throws it with the words for it.
    private static final Pattern THROWN =
            Pattern.compile("(?:new \\w*Exception\\(\\s*|text\\(\\w+, \\w+, )(\\d{1,3}),");
    private static final Pattern LISTED = Pattern.compile("(?m)^\\| DERM-(\\d{3}) \\|");

    @Test
    void errors_listed_areThoseThrown() throws Exception {
        assertThat(numbers(LISTED, Files.readString(Path.of("../docs/errors.md"))))
                .isEqualTo(new TreeSet<>(thrown().keySet()));
    }

    @Test
    void errors_eachIdFrom20On_belongsToOneModule() throws Exception {
        thrown().forEach((id, modules) -> {
            if (id >= 20) {
                assertThat(modules).as("DERM-%03d", id).hasSize(1);
            }
        });
    }

    private static Map<Integer, Set<String>> thrown() throws IOException {
        Map<Integer, Set<String>> thrown = new TreeMap<>();
        try (Stream<Path> files = Files.walk(Path.of(".."), 12)) {
            for (Path file : files.filter(f -> f.toString().matches("\\.\\./derm-[^/]+/src/main/java/.*\\.java"))
                    .toList()) {
                for (int id : numbers(THROWN, Files.readString(file))) {
                    thrown.computeIfAbsent(id, i -> new TreeSet<>())
                            .add(file.getName(1).toString());
                }
            }
        }
        return thrown;
    }

    private static Set<Integer> numbers(Pattern pattern, String text) {
        Set<Integer> found = new TreeSet<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            found.add(Integer.parseInt(matcher.group(1)));
        }
        return found;
    }
}

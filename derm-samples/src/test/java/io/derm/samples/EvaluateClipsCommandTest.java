package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class EvaluateClipsCommandTest {
    private static String run(int expected, String... args) {
        PrintStream out = System.out;
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        System.setOut(new PrintStream(text, true, StandardCharsets.UTF_8));
        try {
            assertThat(Derm.execute(args)).isEqualTo(expected);
        } finally {
            System.setOut(out);
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    @Test
    void evaluateClips_demoModels_findsLesionsAndClassifiesFewSightings() {
        String text = run(0, "evaluate-clips", "--clips", "1", "--seconds", "2", "--seed", "600");
        Matcher all = Pattern.compile(
                        "all +60 frames  IDF1 ([0-9.]+) \\(IDP [0-9.]+, IDR [0-9.]+\\)  \\d+ switches  found (\\d+) of (\\d+) lesions.*classified (\\d+) of (\\d+)")
                .matcher(text);
        assertThat(all.find()).as(text).isTrue();
        assertThat(Double.parseDouble(all.group(1))).isBetween(0.6, 1.0);
        assertThat(Integer.parseInt(all.group(3))).isPositive();
        assertThat(all.group(2)).isEqualTo(all.group(3));
        assertThat(Integer.parseInt(all.group(4))).isLessThan(Integer.parseInt(all.group(5)) / 2);
        assertThat(text).contains(Derm.RESEARCH_USE);
    }

    @Test
    void evaluateClips_noClips_isRefused() {
        assertThat(run(2, "evaluate-clips", "--clips", "0")).isEmpty();
    }
}

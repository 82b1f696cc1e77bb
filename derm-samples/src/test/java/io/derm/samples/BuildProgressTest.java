package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BuildProgressTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private String shown() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static void tell(BuildProgress progress, int seconds, Optional<Duration> lastTime) {
        progress.building(Duration.ofSeconds(seconds), lastTime);
    }

    @Test
    void progress_inALog_isALineEveryTenSecondsAgainstTheLastTime() {
        try (BuildProgress progress = new BuildProgress(out, "m.onnx", false)) {
            for (int s = 0; s <= 21; s++) {
                tell(progress, s, Optional.of(Duration.ofMillis(40_600)));
            }
        }
        assertThat(shown().lines())
                .containsExactly(
                        "build m.onnx  1 s, last time 40 s",
                        "build m.onnx  11 s, last time 40 s",
                        "build m.onnx  21 s, last time 40 s");
    }

    @Test
    void progress_ofAFirstBuild_promisesNothing() {
        try (BuildProgress progress = new BuildProgress(out, "m.onnx", false)) {
            tell(progress, 2, Optional.empty());
        }
        assertThat(shown().strip()).isEqualTo("build m.onnx  2 s");
    }

    @Test
    void progress_onATerminal_isOneLineThatIsLeftStanding() {
        try (BuildProgress progress = new BuildProgress(out, "m.onnx", true)) {
            tell(progress, 1, Optional.empty());
            tell(progress, 2, Optional.empty());
        }
        assertThat(shown()).endsWith("build m.onnx  2 s" + System.lineSeparator());
        assertThat(shown().lines()).hasSize(3);
        assertThat(shown().split("\r", -1)).hasSize(3);
    }

    @Test
    void progress_ofABuildThatIsOver_orTakesNoSecond_isSilent() {
        BuildProgress progress = new BuildProgress(out, "m.onnx", true);
        progress.building(Duration.ofMillis(3), Optional.empty());
        progress.close();
        tell(progress, 5, Optional.empty());
        assertThat(shown()).isEmpty();
    }
}

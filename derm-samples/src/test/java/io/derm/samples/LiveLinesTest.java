package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.capture.LiveState;
import io.derm.capture.LiveStatus;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class LiveLinesTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
    private Instant now = Instant.parse("2026-01-02T10:00:00.9Z");

    private LiveLines lines(boolean terminal) {
        return new LiveLines(print, terminal, () -> now, ZoneOffset.UTC);
    }

    private static LiveStatus status(LiveState state, String reason, int tries, long connections, long outageMillis) {
        return new LiveStatus(state, reason, tries, connections, 100, 0, outageMillis, 0);
    }

    private String text() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void accept_anOutage_isALineForEachChange() {
        LiveLines lines = lines(false);
        lines.accept(status(LiveState.CONNECTING, "first try", 0, 0, 0));
        lines.accept(status(LiveState.LIVE, "frames come", 0, 1, 0));
        now = now.plusSeconds(70);
        lines.accept(status(LiveState.STALLED, "cam yields no frame for 3000 ms", 0, 1, 3_000));
        lines.accept(status(LiveState.RETRYING, "cam yields no frame for 3000 ms", 1, 1, 3_000));
        lines.accept(status(LiveState.CONNECTING, "try 2", 1, 1, 3_100));
        lines.accept(status(LiveState.LIVE, "frames come again", 1, 2, 5_250));
        lines.accept(status(LiveState.RETRYING, "cam ended", 1, 2, 5_250));
        lines.accept(status(LiveState.LIVE, "frames come again", 1, 3, 6_250));
        lines.accept(status(LiveState.ENDED, "closed", 1, 3, 6_250));
        assertThat(text().lines())
                .containsExactly(
                        "10:00:00 source connecting",
                        "10:00:00 source live",
                        "10:01:10 source stalled: cam yields no frame for 3000 ms",
                        "10:01:10 source retrying: cam yields no frame for 3000 ms",
                        "10:01:10 source connecting, try 2",
                        "10:01:10 source live again after 5.3 s without a picture",
                        "10:01:10 source retrying: cam ended",
                        "10:01:10 source live again after 1.0 s without a picture",
                        "10:01:10 source ended: closed");
    }

    @Test
    void accept_manyTriesThatEndAlike_areToldEveryHalfMinute() {
        LiveLines lines = lines(false);
        for (int i = 1; i <= 120; i++) {
            lines.accept(status(LiveState.RETRYING, i == 50 ? "refused" : "away", i, 1, 0));
            lines.accept(status(LiveState.CONNECTING, "try " + (i + 1), i, 1, 0));
            now = now.plus(Duration.ofMillis(500));
        }
        // At 0 and 30 s; and the one that is other, with the one after it.
        assertThat(text().lines().filter(l -> l.contains("retrying"))).hasSize(4);
        assertThat(text().lines().filter(l -> l.contains("connecting"))).hasSize(2);
    }

    @Test
    void accept_aSourceThatComesAndGoes_isToldEveryHalfMinute() {
        LiveLines lines = lines(false);
        lines.accept(status(LiveState.LIVE, "frames come", 0, 1, 0));
        for (int i = 1; i <= 120; i++) {
            now = now.plusSeconds(1);
            lines.accept(status(LiveState.RETRYING, "cam ended", 1, i, 500L * i - 400));
            lines.accept(status(LiveState.CONNECTING, "try 2", 1, i, 500L * i - 300));
            lines.accept(status(LiveState.LIVE, "frames come again", 1, i + 1, 500L * i));
        }
        assertThat(text().lines().filter(l -> l.contains("retrying") || l.contains("connecting")))
                .hasSize(6);
        assertThat(text().lines().filter(l -> l.contains("again")))
                .containsExactly(
                        "10:00:01 source live again after 0.5 s without a picture",
                        "10:00:02 source live again after 0.5 s without a picture",
                        "10:00:03 source live again after 0.5 s without a picture",
                        "10:00:33 source live again, 33 times within a minute, after 15.0 s without a picture",
                        "10:01:03 source live again, 61 times within a minute, after 15.0 s without a picture",
                        "10:01:33 source live again, 61 times within a minute, after 15.0 s without a picture");
        // Once it stays away that is told, within a minute.
        for (int i = 1; i <= 60; i++) {
            now = now.plusSeconds(1);
            lines.accept(status(LiveState.RETRYING, "cam ended", i, 121, 60_000 + 1_000L * i));
        }
        assertThat(text()).endsWith("10:02:59 source retrying: cam ended" + System.lineSeparator());
    }

    @Test
    void accept_onATerminal_wipesTheBarFirst() {
        lines(true).accept(status(LiveState.LIVE, "frames come", 0, 1, 0));
        assertThat(text()).isEqualTo("\r\u001b[2K10:00:00 source live" + System.lineSeparator());
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "500ms, 500", "90s, 90000", "2m, 120000", "1h, 3600000", "168H, 604800000"})
    void duration_asWritten_isRead(String text, long millis) {
        assertThat(new DurationConverter().convert(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "-1s", "1.5m", "2 m", "169h", "forever"})
    void duration_otherText_isRefused(String text) {
        assertThatThrownBy(() -> new DurationConverter().convert(text))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageStartingWith("'" + text + "' is no duration");
    }
}

package io.derm.samples;

import java.time.Duration;
import picocli.CommandLine.Option;

/** The option of commands that read live sources. */
final class LiveOption {
    @Option(
            names = "--reconnect-for",
            paramLabel = "DURATION",
            defaultValue = "2m",
            converter = DurationConverter.class,
            description = "How long a camera or stream that was lost is waited for, e.g. 30s, 2m, 8h; "
                    + "0: not at all (default: ${DEFAULT-VALUE}).")
    private Duration reconnectFor = Duration.ofMinutes(2);

    ExamSource open(String source) {
        return ExamSource.open(source, reconnectFor);
    }
}

package io.derm.samples;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations as the command line has them, a week at most: {@code 500ms}, {@code 90s}, {@code 2m}, {@code 1h}, {@code 0}. */
final class DurationConverter implements ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(ms|s|m|h)|0");
    private static final Duration MOST = Duration.ofDays(7);

    @Override
    public Duration convert(String value) {
        Matcher matcher = FORM.matcher(value.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw refused(value);
        }
        if (matcher.group(1) == null) {
            return Duration.ZERO;
        }
        long n = Long.parseLong(matcher.group(1));
        Duration duration =
                switch (matcher.group(2)) {
                    case "ms" -> Duration.ofMillis(n);
                    case "s" -> Duration.ofSeconds(n);
                    case "m" -> Duration.ofMinutes(n);
                    default -> Duration.ofHours(n);
                };
        if (duration.compareTo(MOST) > 0) {
            throw refused(value);
        }
        return duration;
    }

    private static TypeConversionException refused(String value) {
        return new TypeConversionException(
                "'" + value + "' is no duration, expected a whole number with ms, s, m or h, at most 168h");
    }
}

package io.derm.samples;

import java.util.Locale;

/** How a report writes its figures. Stateless. */
final class Figures {
    private Figures() {}

    /** A value as its style in the sheet, and as the word for it. */
    static String style(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    static String number(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    static String millis(double value) {
        return number(value, value < 10 ? 2 : 1);
    }

    /** E.g. {@code 1 frame}, {@code 2 frames}. */
    static String counted(long n, String what) {
        return n + " " + what + (n == 1 ? "" : "s");
    }
}

package io.derm.bench.gate;

import java.util.Locale;

/** Numbers and markup as reports show them. */
final class Words {
    static final String RESEARCH_USE = "Research use only, not a medical device.";

    private Words() {}

    static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        double size = Math.abs(value);
        return String.format(Locale.ROOT, size >= 100 ? "%.1f" : size >= 0.01 ? "%.4f" : "%.2g", value);
    }

    /** Text for XML and HTML, without characters that XML has no place for. */
    static String escape(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default ->
                    out.appendCodePoint((c < ' ' && c != '\n' && c != '\t') || c == 0xFFFE || c == 0xFFFF ? '?' : c);
            }
        });
        return out.toString();
    }
}

package io.derm.capture;

import io.derm.api.CaptureException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@code name=value} pairs at the end of a source's URI. */
final class UriOptions {
    private UriOptions() {}

    /**
     * Takes pairs apart.
     *
     * @param name what messages call the source
     * @param text pairs joined by {@code &}; may be empty
     * @param known the names that there are
     * @param remedy what to do about others
     * @throws CaptureException if there is another name, or a part that is no pair; the part is not shown, as it may belong to a password
     */
    static Map<String, String> parse(String name, String text, List<String> known, String remedy) {
        Map<String, String> options = new LinkedHashMap<>();
        if (text.isEmpty()) {
            return options;
        }
        for (String pair : text.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals < 0 || !known.contains(pair.substring(0, equals)) || equals == pair.length() - 1) {
                throw refused(name + " has an option that is none of " + String.join("=, ", known) + "=", remedy);
            }
            options.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
        return options;
    }

    static CaptureException refused(String found, String remedy) {
        return new CaptureException(219, found, remedy);
    }
}

package io.derm.api;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Something outside the caller's code is wrong: a model, a source, a runtime, a disk. The message is one line: an id that
 * stays the same across versions, what was found and what was expected, and the remedy. Line ends and control characters in it, such as
 * a file may hold, are replaced.
 */
public class DermException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final Pattern BREAK = Pattern.compile("[\\t-\\r\\x85\\u2028\\u2029]+");
    private static final Pattern CONTROL = Pattern.compile("\\p{Cc}");

    private final String id;
    private final String problem;
    private final String remedy;

    /**
     * Makes the message {@code [DERM-nnn] found. Remedy: remedy}.
     *
     * @param number 1 to 999, as listed in docs/errors.md
     * @param found what was found and what was expected, naming the file
     * @param remedy what to do about it
     */
    public DermException(int number, String found, String remedy, @Nullable Throwable cause) {
        super(message(number, found, remedy), cause);
        this.id = id(number);
        this.problem = line(found);
        this.remedy = line(remedy);
    }

    public DermException(int number, String found, String remedy) {
        this(number, found, remedy, null);
    }

    /** The stable id, e.g. {@code DERM-012}. */
    public final String id() {
        return id;
    }

    /** What was found and what was expected: the message without id and remedy. */
    public final String problem() {
        return problem;
    }

    /** What to do about it. */
    public final String remedy() {
        return remedy;
    }

    private static String id(int number) {
        return String.format("DERM-%03d", number);
    }

    private static String message(int number, String found, String remedy) {
        String line = "[" + id(number) + "] " + line(found);
        return (line.endsWith(".") ? line : line + ".") + " Remedy: " + line(remedy);
    }

    /** What files and other libraries say may have line ends, and characters that steer a terminal. */
    private static String line(String text) {
        return CONTROL.matcher(BREAK.matcher(text.strip()).replaceAll(" ")).replaceAll("?");
    }
}

package io.derm.onnx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;

/**
 * The entry for Jazzer, which chooses by coverage what {@link ParserFuzzTest} chooses by a seed: the bytes it turns over are the
 * mutators' decisions. {@code derm.fuzz.kind} is one of {@link FuzzKinds#NAMES}. Needs nothing of Jazzer to compile. See docs/darknet.md.
 */
public final class ParserFuzzTarget {
    private static final String NAME = System.getProperty("derm.fuzz.kind", "onnx");
    /** Time and memory that Jazzer itself takes are counted too. */
    private static final long SLOW = 20_000_000_000L;

    private static final long LARGE = 2L << 30;

    private static FuzzRun.Kind kind = c -> () -> {};

    private ParserFuzzTarget() {}

    /** Called once by Jazzer. */
    public static void fuzzerInitialize() {
        try {
            kind = new FuzzKinds(Files.createTempDirectory("fuzz")).kind(NAME);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Called by Jazzer for each input. */
    public static void fuzzerTestOneInput(byte[] choices) throws Exception {
        FuzzRun.Attempt attempt = kind.input(Choices.of(choices));
        FuzzRun run = new FuzzRun(NAME, kind, 0, SLOW, SLOW, LARGE);
        Map<String, String> problems = run.problemsOf(attempt);
        if (!problems.isEmpty()) {
            throw new AssertionError(String.join("\n", problems.values()));
        }
    }
}

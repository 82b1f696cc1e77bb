package io.derm.samples;

import io.derm.trt.TrtRuntime;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * How long an engine has been in the making, against the last time, on standard error: a line that is drawn over on a terminal, one every ten
 * seconds otherwise. Thread-safe: TensorRT's builds report from a thread of their own.
 */
final class BuildProgress implements TrtRuntime.BuildListener, AutoCloseable {
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

    private final PrintStream out;
    private final String what;
    private final boolean terminal;
    private Duration next = Duration.ofSeconds(1);
    private boolean drawn;
    private boolean closed;

    /** @param what the model's name */
    BuildProgress(String what) {
        this(System.err, what, Progress.onTerminal());
    }

    BuildProgress(PrintStream out, String what, boolean terminal) {
        this.out = out;
        this.what = what;
        this.terminal = terminal;
    }

    @Override
    public synchronized void building(Duration elapsed, Optional<Duration> lastTime) {
        // A word that was on its way when the build ended comes too late.
        if (closed || elapsed.compareTo(next) < 0) {
            return;
        }
        String line = line(elapsed, lastTime);
        if (terminal) {
            out.print("\r\u001b[2K" + line);
            out.flush();
            drawn = true;
        } else {
            out.println(line);
            next = elapsed.plus(BETWEEN_LINES);
        }
    }

    private String line(Duration elapsed, Optional<Duration> lastTime) {
        String so = String.format(Locale.ROOT, "build %s  %d s", what, elapsed.toSeconds());
        // Without a last time there is nothing that could tell how long it will take.
        return lastTime.map(last -> String.format(Locale.ROOT, "%s, last time %d s", so, Math.max(1, last.toSeconds())))
                .orElse(so);
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (drawn) {
            out.println();
        }
    }
}

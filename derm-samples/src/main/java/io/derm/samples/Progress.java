package io.derm.samples;

import java.io.PrintStream;
import java.util.Locale;

/**
 * How far a long job has come, on standard error: a bar that is drawn over on a terminal, a plain line every few seconds
 * otherwise. Confined.
 */
final class Progress implements AutoCloseable {
    private static final int BAR = 28;

    private final PrintStream out;
    private final String what;
    private final long total;
    private final boolean terminal;
    private final long start = System.nanoTime();
    private long shown = start;
    private long done;
    private boolean drawn;

    /**
     * Starts at 0.
     *
     * @param total how many there will be, -1 where that is not known
     */
    Progress(String what, long total) {
        this(System.err, what, total, onTerminal());
    }

    Progress(PrintStream out, String what, long total, boolean terminal) {
        this.out = out;
        this.what = what;
        this.total = total;
        this.terminal = terminal;
    }

    /** The launcher knows: Java 17 cannot tell whether standard error alone is a terminal. */
    static boolean onTerminal() {
        String told = System.getProperty("derm.terminal");
        return told == null ? System.console() != null : Boolean.parseBoolean(told);
    }

    void step(String detail) {
        done++;
        long now = System.nanoTime();
        if (now - shown >= (terminal ? 100_000_000L : 5_000_000_000L)) {
            shown = now;
            show(now, detail);
        }
    }

    private void show(long now, String detail) {
        double rate = done * 1e9 / Math.max(1, now - start);
        StringBuilder line = new StringBuilder(what);
        if (total > 0) {
            double part = Math.min(1, done / (double) total);
            if (terminal) {
                int full = (int) (part * BAR);
                line.append(" [")
                        .append("#".repeat(full))
                        .append(".".repeat(BAR - full))
                        .append(']');
            }
            line.append(String.format(Locale.ROOT, " %3.0f %%  %d/%d", part * 100, done, total));
        } else {
            line.append(' ').append(done);
        }
        line.append(String.format(Locale.ROOT, "  %.1f/s", rate));
        if (total > done && rate > 0) {
            line.append(String.format(Locale.ROOT, "  %.0f s left", (total - done) / rate));
        }
        if (!detail.isEmpty()) {
            line.append("  ").append(detail);
        }
        if (terminal) {
            out.print("\r\u001b[2K" + line);
            out.flush();
            drawn = true;
        } else {
            out.println(line);
        }
    }

    /** Leaves the last state standing. */
    @Override
    public void close() {
        if (done > 0) {
            show(System.nanoTime(), "");
        }
        if (drawn) {
            out.println();
        }
    }
}

package io.derm.samples;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of the verification of a GPU, and what came of it. One that was not run to its end, or of which a check was not run, has not passed.
 * Thread-safe.
 */
final class VerifySection {
    /** What came of a section. */
    enum Status {
        PASSED("passed"),
        FAILED("failed"),
        NOT_RUN("not run");

        private final String words;

        Status(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    private final String id;
    private final String title;
    private final boolean optional;
    private final List<String> failures = new ArrayList<>();
    private final List<String> notRun = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<VerifyTable> tables = new ArrayList<>();
    private boolean ended;
    private double seconds;

    private VerifySection(String id, String title, boolean optional) {
        this.id = id;
        this.title = title;
        this.optional = optional;
    }

    static VerifySection of(String id, String title) {
        return new VerifySection(id, title, false);
    }

    /** A section that may be left out: the whole passes without it. */
    static VerifySection optional(String id, String title) {
        return new VerifySection(id, title, true);
    }

    /** Says what is wrong. */
    synchronized void failed(String what) {
        failures.add(what);
    }

    /** Says what was not run, and why. */
    synchronized void notRun(String what) {
        notRun.add(what);
    }

    synchronized void note(String what) {
        notes.add(what);
    }

    synchronized VerifyTable table(String tableId, String heading, String... columns) {
        VerifyTable table = new VerifyTable(tableId, heading, List.of(columns));
        tables.add(table);
        return table;
    }

    /** Says that it was gone through to its end. */
    synchronized void ended(double took) {
        ended = true;
        seconds = took;
    }

    synchronized Status status() {
        if (!failures.isEmpty()) {
            return Status.FAILED;
        }
        return ended && notRun.isEmpty() ? Status.PASSED : Status.NOT_RUN;
    }

    /** Whether the whole may count as passed as far as this section goes. */
    synchronized boolean satisfied() {
        return status() == Status.PASSED || (optional && ended && status() == Status.NOT_RUN);
    }

    String id() {
        return id;
    }

    String title() {
        return title;
    }

    synchronized List<String> failures() {
        return List.copyOf(failures);
    }

    /** What was not run; for a section that was never come to, that. */
    synchronized List<String> notRun() {
        return notRun.isEmpty() && !ended ? List.of("not reached") : List.copyOf(notRun);
    }

    synchronized List<String> notes() {
        return List.copyOf(notes);
    }

    synchronized List<VerifyTable> tables() {
        return List.copyOf(tables);
    }

    synchronized double seconds() {
        return seconds;
    }
}

package io.derm.bench;

/** A benchmark that this machine cannot run, with the reason: it gives no number, and says so in one line. */
final class NotRunException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotRunException(String reason) {
        // No stack trace: where it was found out says nothing to who reads the report.
        super("not run: " + reason, null, false, false);
    }

    @Override
    public String toString() {
        return getMessage();
    }
}

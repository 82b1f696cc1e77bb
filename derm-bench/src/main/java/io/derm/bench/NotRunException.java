package io.derm.bench;

/** A benchmark that this machine cannot run, with the reason: it gives no number, and says so in one line. */
final class NotRunException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String line;

    NotRunException(String reason) {
        // No stack trace: where it was found out says nothing to who reads the report.
        super(null, null, false, false);
        line = "not run: " + reason;
    }

    @Override
    public String getMessage() {
        return line;
    }

    /** JMH prints this in place of a result. */
    @Override
    @SuppressWarnings("OverrideThrowableToString")
    public String toString() {
        return line;
    }
}

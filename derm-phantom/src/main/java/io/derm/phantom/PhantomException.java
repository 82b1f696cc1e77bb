package io.derm.phantom;

/** A data set that cannot be written. */
public final class PhantomException extends RuntimeException {
    private static final long serialVersionUID = 1;

    PhantomException(String id, String message) {
        super("[" + id + "] " + message);
    }

    PhantomException(String id, String message, Throwable cause) {
        super("[" + id + "] " + message, cause);
    }
}

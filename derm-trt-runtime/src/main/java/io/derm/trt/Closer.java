package io.derm.trt;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Closes things in the reverse order of their making; what fails does not keep the rest from being closed. Confined. */
final class Closer implements AutoCloseable {
    /** Something to do that may throw what is unchecked. */
    interface Closing extends AutoCloseable {
        @Override
        void close();
    }

    private final Deque<AutoCloseable> owned = new ArrayDeque<>();

    /** Takes something to be closed before all that it already has. */
    <C extends Closing> C add(C closing) {
        owned.push(closing);
        return closing;
    }

    <C extends AutoCloseable> C own(C closeable) {
        owned.push(closeable);
        return closeable;
    }

    /** Closes all after a failure, which stays the one that is reported. */
    void closeAfter(Throwable failure) {
        try {
            close();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    // What it closes throws unchecked exceptions alone.
    @Override
    @SuppressWarnings("CatchingUnchecked")
    public void close() {
        RuntimeException first = null;
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (RuntimeException e) {
                first = join(first, e);
            } catch (Exception e) {
                first = join(first, new IllegalStateException(e));
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private static RuntimeException join(@Nullable RuntimeException first, RuntimeException next) {
        if (first == null) {
            return next;
        }
        first.addSuppressed(next);
        return first;
    }
}

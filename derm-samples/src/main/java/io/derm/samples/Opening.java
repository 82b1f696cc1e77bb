package io.derm.samples;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** Something that opens on a thread of its own while others do. Owns what was opened, and closes it once. Thread-safe. */
final class Opening<T extends AutoCloseable> implements AutoCloseable {
    private final FutureTask<T> task;
    private boolean closed;

    private Opening(Callable<T> open) {
        task = new FutureTask<>(open);
    }

    static <T extends AutoCloseable> Opening<T> start(String thread, Callable<T> open) {
        Opening<T> opening = new Opening<>(open);
        Thread opener = new Thread(opening.task, thread);
        opener.setDaemon(true);
        opener.start();
        return opening;
    }

    /** What was opened, once it is; or fails as opening did. */
    T get() {
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("Interrupted while it opens");
        }
    }

    @Override
    public void close() throws Exception {
        T opened = finished();
        if (opened != null) {
            opened.close();
        }
    }

    /** What is to be closed. That opening failed is told by {@link #get}. */
    private synchronized @Nullable T finished() throws InterruptedException {
        if (closed) {
            return null;
        }
        closed = true;
        try {
            return task.get();
        } catch (ExecutionException e) {
            return null;
        }
    }
}

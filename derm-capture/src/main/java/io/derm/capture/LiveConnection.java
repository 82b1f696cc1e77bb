package io.derm.capture;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a {@link LiveSource}: opens the source, reads it and closes it, all on a thread of its own, so that a call that
 * never returns blocks nobody else and what was opened is freed whenever the call does return.
 *
 * <p>Thread-safe.
 */
final class LiveConnection {
    /** Where the frames go and who is told of progress. Called on the connection's thread. */
    interface Sink {
        void opened(LiveConnection connection, SourceInfo info);

        /** Takes over the frame. */
        void frame(LiveConnection connection, Frame frame) throws InterruptedException;

        /** The source ended, or failed if there is a failure; it is closed. */
        void finished(LiveConnection connection, @Nullable CaptureException failure);
    }

    private static final AtomicLong NUMBERS = new AtomicLong();

    private final String name;
    private final Supplier<FrameSource> opener;
    private final Sink sink;
    private final Thread reader;
    private final Object lock = new Object();
    private @Nullable FrameSource source;
    private boolean abandoned;
    private int threads = 1;
    private volatile long busySince = System.nanoTime();
    private volatile boolean opening = true;
    private volatile boolean blocked = true;

    LiveConnection(String name, Supplier<FrameSource> opener, Sink sink) {
        this.name = name;
        this.opener = opener;
        this.sink = sink;
        this.reader = daemon(this::run, "derm-live-" + NUMBERS.incrementAndGet());
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    void start() {
        busySince = System.nanoTime();
        reader.start();
    }

    /** Nanoseconds until the call under way has lasted too long; not positive once it has. */
    long remainingNanos(long openNanos, long stallNanos) {
        long limit = opening ? openNanos : stallNanos;
        return blocked ? limit - (System.nanoTime() - busySince) : limit;
    }

    /** Whether the source is still being opened. */
    boolean opening() {
        return opening;
    }

    private void run() {
        CaptureException failure = null;
        try {
            read();
        } catch (InterruptedException e) {
            // Only giving up interrupts this thread, and the one who gave up knows why.
        } catch (CaptureException e) {
            failure = e;
        } catch (RuntimeException | Error e) {
            failure = unexpected(name, e);
        }
        sink.finished(this, failure);
        ended();
    }

    /** For what nobody foresaw: a bug, or a process that has run out of memory or threads. */
    static CaptureException unexpected(String name, Throwable e) {
        return new CaptureException(
                233, name + " fails unexpectedly: " + e, "report it with the stack trace of the cause", e);
    }

    private void read() throws InterruptedException {
        try (FrameSource opened = opener.get()) {
            synchronized (lock) {
                if (abandoned) {
                    return;
                }
                source = opened;
            }
            blocked = false;
            opening = false;
            sink.opened(this, opened.info());
            while (true) {
                busySince = System.nanoTime();
                blocked = true;
                Optional<Frame> frame = opened.next();
                if (frame.isEmpty()) {
                    return; // still blocked, since closing may be
                }
                blocked = false;
                sink.frame(this, frame.get());
            }
        }
    }

    /**
     * Makes the source give up and waits for nothing. Closing may itself wait for a call that is stuck, so it has a thread too.
     */
    void abandon() {
        FrameSource open;
        synchronized (lock) {
            if (abandoned) {
                return;
            }
            abandoned = true;
            open = source;
            if (open != null && threads > 0) {
                threads++;
            } else {
                open = null;
            }
        }
        reader.interrupt();
        if (open != null) {
            FrameSource closing = open;
            daemon(
                            () -> {
                                try {
                                    closing.close();
                                } finally {
                                    ended();
                                }
                            },
                            reader.getName() + "-close")
                    .start();
        }
    }

    private void ended() {
        synchronized (lock) {
            threads--;
            lock.notifyAll();
        }
    }

    /** Whether no thread of this connection is left. */
    boolean gone() {
        synchronized (lock) {
            return threads == 0;
        }
    }

    /** Waits until no thread is left, at most until a point in time of {@link System#nanoTime()}. */
    boolean awaitGone(long untilNanos) throws InterruptedException {
        synchronized (lock) {
            while (threads > 0) {
                long millis = (untilNanos - System.nanoTime()) / 1_000_000;
                if (millis <= 0) {
                    return false;
                }
                lock.wait(millis);
            }
            return true;
        }
    }
}

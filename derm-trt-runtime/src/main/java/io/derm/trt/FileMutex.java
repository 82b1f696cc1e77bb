package io.derm.trt;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A lock that one thread of one process holds at a time, held until it is closed by the thread that took it; the operating system
 * frees it when the process dies. A file lock belongs to a whole JVM, so a lock between threads stands before it.
 *
 * <p>The lock file stays, for were it deleted, a process that waits for it and one that comes later would hold different files.
 */
final class FileMutex implements AutoCloseable {
    private static final ConcurrentMap<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();
    private static final long POLL_MILLIS = 50;

    private final ReentrantLock threads;
    private @Nullable FileChannel channel;
    private @Nullable IOException problem;

    private FileMutex(ReentrantLock threads) {
        this.threads = threads;
    }

    /**
     * Waits for the lock. Where the file cannot be made or locked, the lock holds between threads alone, and {@link #problem} says why.
     *
     * @param waiting called once if there is something to wait for
     */
    static FileMutex acquire(Path file, Runnable waiting) throws InterruptedException {
        ReentrantLock threads = THREADS.computeIfAbsent(file.toAbsolutePath().normalize(), path -> new ReentrantLock());
        if (threads.isHeldByCurrentThread()) {
            throw new IllegalStateException("This thread holds " + file + " already");
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        boolean told = !threads.tryLock();
        if (told) {
            waiting.run();
            threads.lockInterruptibly();
        }
        FileMutex mutex = new FileMutex(threads);
        boolean held = false;
        try {
            mutex.lock(file, told ? () -> {} : waiting);
            held = true;
            return mutex;
        } finally {
            if (!held) {
                mutex.close();
            }
        }
    }

    private void lock(Path file, Runnable waiting) throws InterruptedException {
        try {
            FileChannel opened = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                    Ownership.ownerOnlyFile());
            channel = opened;
            boolean told = false;
            while (!locked(opened)) {
                if (!told) {
                    told = true;
                    waiting.run();
                }
                Thread.sleep(POLL_MILLIS);
            }
        } catch (ClosedByInterruptException e) {
            // The thread's flag is set and stays so for whoever hears of the exception.
            throw (InterruptedException) new InterruptedException().initCause(e);
        } catch (IOException e) {
            problem = e;
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // Held through another path to the file, or by another copy of this class.
            return false;
        }
    }

    /** Why other processes are not kept out; empty if they are. */
    Optional<IOException> problem() {
        return Optional.ofNullable(problem);
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // Nothing was written through it, and the lock is gone with the descriptor whatever close() says.
        } finally {
            threads.unlock();
        }
    }
}

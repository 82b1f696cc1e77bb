package io.derm.api;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A bounded set of off-heap buffers that frames are leased from, so that a running exam allocates no pixels.
 *
 * <p>At most {@code capacity} frames are out at once; a producer that asks for one more waits until one is closed. That
 * bound is the back-pressure of a recorded source. Buffers grow to the largest frame asked for and are kept.
 *
 * <p>Thread-safe. Closing the pool fails waiting producers; frames still out stay readable until they are closed.
 */
public final class FramePool implements AutoCloseable {
    private final Semaphore free;
    private final ArrayDeque<Frame.Storage> idle = new ArrayDeque<>();
    private final int capacity;
    private final @Nullable Set<Frame> open;
    private volatile boolean closed;

    /**
     * Makes a pool of at most {@code capacity} frames.
     *
     * @throws IllegalArgumentException if {@code capacity} is less than 1
     */
    public FramePool(int capacity) {
        this(capacity, false);
    }

    /**
     * Makes a pool that can also remember who holds its frames.
     *
     * @param trackLeases whether {@link #leaks()} knows the stack of each open lease; for tests, it costs a stack trace a
     *     frame
     */
    public FramePool(int capacity, boolean trackLeases) {
        if (capacity < 1) {
            throw new IllegalArgumentException("Pool capacity is " + capacity + ", expected at least 1");
        }
        this.capacity = capacity;
        this.free = new Semaphore(capacity);
        this.open = trackLeases ? ConcurrentHashMap.newKeySet() : null;
    }

    /**
     * Leases a frame with tightly packed rows, waiting for one to come back when all are out. Its pixels are those of
     * an earlier frame: the caller overwrites them all.
     *
     * @param sequence number of the frame in its source
     * @param timestampMicros presentation time since the start of the source
     * @param capturedNanos capture time on the clock of {@link System#nanoTime()}
     * @throws InterruptedException if interrupted while it waits
     * @throws IllegalStateException if the pool is closed
     */
    public Frame lease(
            int width, int height, PixelFormat format, long sequence, long timestampMicros, long capturedNanos)
            throws InterruptedException {
        while (!free.tryAcquire(100, TimeUnit.MILLISECONDS)) {
            failIfClosed();
        }
        try {
            failIfClosed();
            int stride = format.minStride(width);
            format.check(width, height, stride);
            Frame.Storage storage = storage(format.bytes(stride, height));
            return Frame.lease(storage, width, height, stride, format, sequence, timestampMicros, capturedNanos);
        } catch (RuntimeException | Error e) {
            free.release();
            throw e;
        }
    }

    private Frame.Storage storage(int bytes) {
        Frame.Storage storage;
        synchronized (idle) {
            storage = idle.pollFirst();
        }
        if (storage == null || storage.buffer.capacity() < bytes) {
            return new Frame.Storage(ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder()), this);
        }
        storage.reopen();
        return storage;
    }

    private void failIfClosed() {
        if (closed) {
            throw new IllegalStateException("FramePool is closed");
        }
    }

    void giveBack(Frame.Storage storage) {
        synchronized (idle) {
            if (!closed) {
                idle.addFirst(storage);
            }
        }
        free.release();
    }

    @Nullable
    Throwable opened(Frame frame) {
        if (open == null) {
            return null;
        }
        open.add(frame);
        return new Throwable("Lease of frame " + frame.sequence() + " taken here and not closed");
    }

    void closed(Frame frame) {
        if (open != null) {
            open.remove(frame);
        }
    }

    /** The most frames that can be out at once. */
    public int capacity() {
        return capacity;
    }

    /** How many frames are out now. */
    public int leased() {
        return capacity - free.availablePermits();
    }

    /** The stack of each lease that is open now; always empty unless the pool tracks leases. */
    public List<Throwable> leaks() {
        return open == null
                ? List.of()
                : open.stream()
                        .map(f -> f.opener() == null ? new Throwable("opener unknown") : f.opener())
                        .toList();
    }

    /** Drops the idle buffers and refuses further leases. Closing twice has no effect. */
    @Override
    public void close() {
        synchronized (idle) {
            closed = true;
            idle.clear();
        }
    }
}

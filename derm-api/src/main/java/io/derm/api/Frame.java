package io.derm.api;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One picture of a source: pixels outside the Java heap, and when and where in the stream it was taken.
 *
 * <p>A frame is a lease. Whoever takes it from a {@link FramePool} or a {@link FrameSource} closes it; whoever is handed
 * one for a call borrows it until the call returns and calls {@link #retain()} to keep it longer. When the last lease is
 * closed the memory goes back to its pool and is overwritten by a later frame.
 *
 * <p>Thread-safe, but for the pixels: those are written by the producer before it hands the frame on and only read after.
 */
public final class Frame implements AutoCloseable {
    private static final AtomicLong CONTENTS = new AtomicLong();

    private final Storage storage;
    private final long contentId;
    private final ByteBuffer pixels;
    private final int width;
    private final int height;
    private final int stride;
    private final PixelFormat format;
    private final long sequence;
    private final long timestampMicros;
    private final long capturedNanos;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final @Nullable Throwable opener;

    private Frame(
            Storage storage,
            long contentId,
            int width,
            int height,
            int stride,
            PixelFormat format,
            long sequence,
            long timestampMicros,
            long capturedNanos) {
        this.storage = storage;
        this.contentId = contentId;
        this.pixels = storage.buffer;
        this.width = width;
        this.height = height;
        this.stride = stride;
        this.format = format;
        this.sequence = sequence;
        this.timestampMicros = timestampMicros;
        this.capturedNanos = capturedNanos;
        this.opener = storage.opened(this);
    }

    /**
     * Wraps pixels that the caller owns, with no pool behind them.
     *
     * @param pixels a direct buffer of at least {@code format.bytes(stride, height)} bytes, read from index 0
     * @param stride bytes from one row to the next
     * @throws IllegalArgumentException if the buffer is not direct, is too small, or the geometry is not possible
     */
    public static Frame wrap(ByteBuffer pixels, int width, int height, int stride, PixelFormat format) {
        return lease(new Storage(pixels, null), width, height, stride, format, 0, 0, System.nanoTime());
    }

    static Frame lease(
            Storage storage,
            int width,
            int height,
            int stride,
            PixelFormat format,
            long sequence,
            long timestampMicros,
            long capturedNanos) {
        format.check(width, height, stride);
        if (!storage.buffer.isDirect()) {
            throw new IllegalArgumentException("Frame pixels are on the heap, expected a direct buffer");
        }
        if (storage.buffer.capacity() < format.bytes(stride, height)) {
            throw new IllegalArgumentException("Frame buffer has " + storage.buffer.capacity() + " bytes, expected "
                    + format.bytes(stride, height) + " for " + width + "x" + height + " " + format);
        }
        long contentId = CONTENTS.incrementAndGet();
        return new Frame(storage, contentId, width, height, stride, format, sequence, timestampMicros, capturedNanos);
    }

    /**
     * The pixels: a direct buffer from index 0, top row first. Use absolute access; do not write to it once the frame has
     * been handed on.
     *
     * @throws IllegalStateException if this lease is closed
     */
    public ByteBuffer pixels() {
        if (closed.get()) {
            throw new IllegalStateException("Frame " + sequence + " is closed");
        }
        return pixels;
    }

    /** Width in pixels. */
    public int width() {
        return width;
    }

    /** Height in pixels. */
    public int height() {
        return height;
    }

    /** Bytes from the start of one row to the start of the next. */
    public int stride() {
        return stride;
    }

    /** Layout of {@link #pixels()}. */
    public PixelFormat format() {
        return format;
    }

    /** Number of this frame in its source, from 0, without gaps at the source; a gap between two frames counts those that were lost. */
    public long sequence() {
        return sequence;
    }

    /** Presentation time in microseconds since the start of the source. */
    public long timestampMicros() {
        return timestampMicros;
    }

    /**
     * When the picture was captured, as far as that is known, on the clock of {@link System#nanoTime()}: for a recorded source when its
     * pixels were complete; for a live one the instant that the source's own clock gives, set by the quickest of its latest pictures, so
     * that the frame's age counts what the network and the decoder held it up by. A delay that all pictures share (exposure, encoder,
     * the shortest way) is not known and not counted.
     */
    public long capturedNanos() {
        return capturedNanos;
    }

    /**
     * A number that these pixels share with no others in this process: the same for all leases of one picture, another for the
     * next picture in the same memory. A runtime knows by it a frame that it has uploaded before, so pixels that are written again
     * after the frame was handed on must be wrapped anew.
     */
    public long contentId() {
        return contentId;
    }

    /**
     * Whether the memory is a {@link FramePool}'s, allocated by it and used again by later frames, so that preparing it once for
     * uploads pays. A pool lets go of a buffer when it is closed and when a larger frame is asked for.
     */
    public boolean pooled() {
        return storage.pool != null;
    }

    /** The whole frame as a box. */
    public Box bounds() {
        return new Box(0, 0, width, height);
    }

    /**
     * Takes one more lease on the same pixels, to be closed on its own.
     *
     * @throws IllegalStateException if this lease is closed
     */
    public Frame retain() {
        return retain(sequence, timestampMicros);
    }

    /**
     * Takes one more lease on the same pixels, numbered and timed as a frame of another source: for a source that is made of others.
     *
     * @throws IllegalStateException if this lease is closed
     */
    public Frame retain(long sequence, long timestampMicros) {
        storage.retain(this.sequence);
        if (closed.get()) {
            storage.release();
            throw new IllegalStateException("Frame " + this.sequence + " is closed");
        }
        return new Frame(storage, contentId, width, height, stride, format, sequence, timestampMicros, capturedNanos);
    }

    /** Ends this lease. Closing twice has no effect. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            storage.closed(this);
            storage.release();
        }
    }

    @Nullable
    Throwable opener() {
        return opener;
    }

    @Override
    public String toString() {
        return "Frame[" + sequence + ", " + width + "x" + height + " " + format + ", " + timestampMicros + " us]";
    }

    /** Pixels with the number of leases on them. */
    static final class Storage {
        final ByteBuffer buffer;
        private final @Nullable FramePool pool;
        private final AtomicInteger leases = new AtomicInteger(1);

        Storage(ByteBuffer buffer, @Nullable FramePool pool) {
            this.buffer = buffer;
            this.pool = pool;
        }

        void reopen() {
            leases.set(1);
        }

        private void retain(long sequence) {
            if (leases.getAndUpdate(n -> n == 0 ? 0 : n + 1) == 0) {
                throw new IllegalStateException("Frame " + sequence + " is closed");
            }
        }

        private void release() {
            if (leases.decrementAndGet() == 0 && pool != null) {
                pool.giveBack(this);
            }
        }

        private @Nullable Throwable opened(Frame frame) {
            return pool == null ? null : pool.opened(frame);
        }

        private void closed(Frame frame) {
            if (pool != null) {
                pool.closed(frame);
            }
        }
    }
}

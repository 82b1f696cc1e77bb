package io.derm.capture;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.PixelFormat;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Decodes images one after the other into frames of one pool. Confined but for {@link #close()}. */
final class StillReader implements AutoCloseable {
    private static final long MICROS_BETWEEN = 1_000_000;

    private final String name;
    private final FramePool pool;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile boolean closing;
    private @Nullable PictureConverter converter;
    private ImageDecoder.@Nullable Still waiting;
    private long sequence;

    StillReader(String name, CaptureOptions options) {
        this.name = name;
        this.pool = new FramePool(options.frames(), options.trackLeases());
    }

    /** Decodes a file for the next {@link #read}. */
    ImageDecoder.Still decode(Path file) {
        ImageDecoder.Still still = ImageDecoder.decode(file);
        waiting = still;
        return still;
    }

    /** The next frame; empty if this is closed while it waits for a free one. */
    Optional<Frame> read(Path file) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            requireOpen();
            // Decoded already if an interrupt came while it waited for a free frame.
            ImageDecoder.Still still = waiting != null ? waiting : decodeInterruptibly(file);
            Frame frame;
            try {
                frame = pool.lease(
                        still.width(),
                        still.height(),
                        PixelFormat.BGR24,
                        sequence,
                        sequence * MICROS_BETWEEN,
                        System.nanoTime());
            } catch (IllegalStateException e) {
                if (closing) {
                    return Optional.empty();
                }
                throw e;
            }
            try {
                if (converter == null) {
                    converter = PictureConverter.exact(name);
                }
                converter.convert(still.picture(), still.orientation(), frame);
            } catch (RuntimeException | Error e) {
                frame.close();
                throw e;
            } finally {
                waiting = null;
                still.close();
            }
            sequence++;
            return Optional.of(frame);
        } finally {
            lock.unlock();
        }
    }

    private ImageDecoder.Still decodeInterruptibly(Path file) throws InterruptedException {
        try {
            return decode(file);
        } catch (CaptureException e) {
            MediaType.requireNotInterrupted(e);
            throw e;
        }
    }

    void requireOpen() {
        if (closing) {
            throw new IllegalStateException("Source " + name + " is closed");
        }
    }

    FramePool pool() {
        return pool;
    }

    @Override
    public void close() {
        closing = true;
        pool.close();
        lock.lock();
        try {
            if (waiting != null) {
                waiting.close();
                waiting = null;
            }
            if (converter != null) {
                converter.close();
                converter = null;
            }
        } finally {
            lock.unlock();
        }
    }
}

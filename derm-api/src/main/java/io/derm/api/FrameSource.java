package io.derm.api;

import java.util.Optional;

/**
 * A camera, a stream, a file, a folder or a generator: anything that yields frames in order.
 *
 * <p>Confined: one thread at a time calls {@link #next()}; {@link #close()} may be called from any thread, is idempotent
 * and makes a waiting {@link #next()} return or throw {@link CaptureException}.
 */
public interface FrameSource extends AutoCloseable {
    /** What is known of the source once it is open. */
    SourceInfo info();

    /**
     * Waits for the next frame.
     *
     * @return a lease that the caller closes; empty at the end of the source, and on every later call
     * @throws CaptureException if the source breaks off or cannot be decoded
     * @throws InterruptedException if interrupted while it waits
     * @throws IllegalStateException if the source was closed before the call
     */
    Optional<Frame> next() throws InterruptedException;

    @Override
    void close();
}

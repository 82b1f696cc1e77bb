package io.derm.capture;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.PixelFormat;
import io.derm.api.SourceInfo;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A video file, a stream or a webcam, decoded by FFmpeg to BGR24 or NV12 frames in display orientation.
 *
 * <p>{@link Frame#timestampMicros()} is the presentation time since the start of the video stream and rises strictly. A
 * damaged stretch is left out with one warning when the picture comes back after it; a file that ends in one yields every
 * frame before it and then fails once, saying how far it got. A change of resolution shows as frames of another size.
 *
 * <p>Confined but for {@link #close()}, which any thread may call and which ends a blocked read.
 */
public final class VideoSource implements FrameSource {
    private final FramePool pool;
    private volatile boolean ownsPool;
    private final PixelFormat pixelFormat;
    private final PictureConverter converter;
    private final VideoReader reader;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private volatile boolean closing;
    private boolean closed;
    private boolean pictureWaits;
    private boolean ended;
    private long sequence;

    private VideoSource(VideoReader reader, CaptureOptions options, @Nullable FramePool shared) {
        this.reader = reader;
        this.pixelFormat = options.pixelFormat();
        this.converter = PictureConverter.fast(reader.info().name());
        this.pool = shared != null ? shared : new FramePool(options.frames(), options.trackLeases());
        this.ownsPool = shared == null;
    }

    /**
     * Opens a video file.
     *
     * @throws CaptureException if it is missing, empty, cut off before its first frame, or not a video that can be decoded
     */
    public static VideoSource open(Path file, CaptureOptions options) {
        Sources.requireFile(file);
        return new VideoSource(VideoOpener.file(file, options), options, null);
    }

    /**
     * Opens a webcam.
     *
     * @param shared where frames are leased from, which this source then does not close: an interrupt, not {@link #close()}, ends
     *     a wait for a free frame; null for a pool of its own
     */
    static VideoSource webcam(String uri, CaptureOptions options, @Nullable FramePool shared) {
        return new VideoSource(VideoOpener.webcam(uri, options), options, shared);
    }

    static VideoSource url(String url, CaptureOptions options, @Nullable FramePool shared) {
        return new VideoSource(VideoOpener.url(url, options), options, shared);
    }

    static VideoSource virtual(String graph, CaptureOptions options) {
        return new VideoSource(VideoOpener.virtual(graph, options), options, null);
    }

    /** The pool, for sources that come after this one; from now on this one does not close it. */
    FramePool lendPool() {
        ownsPool = false;
        return pool;
    }

    @Override
    public SourceInfo info() {
        return reader.info();
    }

    @Override
    public Optional<Frame> next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            if (closed || closing) {
                throw new IllegalStateException("Source " + info().name() + " is closed");
            }
            if (ended) {
                return Optional.empty();
            }
            // A picture that met an interrupt while it waited for a free frame is still there.
            if (!pictureWaits && !readPicture()) {
                return Optional.empty();
            }
            pictureWaits = true;
            Frame frame = lease();
            if (frame == null) {
                return Optional.empty();
            }
            pictureWaits = false;
            try {
                converter.convert(reader.picture(), reader.orientation(), frame);
            } catch (RuntimeException | Error e) {
                frame.close();
                throw e;
            }
            return Optional.of(frame);
        } finally {
            lock.unlock();
        }
    }

    private boolean readPicture() throws InterruptedException {
        boolean more;
        try {
            more = reader.read();
        } catch (CaptureException e) {
            MediaType.requireNotInterrupted(e);
            ended = true;
            if (closing) {
                return false;
            }
            throw e;
        }
        ended = !more;
        return more;
    }

    private @Nullable Frame lease() throws InterruptedException {
        int w = reader.picture().width();
        int h = reader.picture().height();
        Orientation orientation = reader.orientation();
        try {
            Frame frame = pool.lease(
                    orientation.width(w, h),
                    orientation.height(w, h),
                    PictureConverter.format(pixelFormat, reader.picture(), orientation),
                    sequence,
                    reader.pictureMicros(),
                    reader.capturedNanos());
            sequence++;
            return frame;
        } catch (IllegalStateException e) {
            if (closing) {
                return null;
            }
            throw e;
        }
    }

    /** The leases of this source; for tests. */
    FramePool pool() {
        return pool;
    }

    @Override
    public void close() {
        closing = true;
        if (cancelled.compareAndSet(false, true)) {
            reader.cancel();
        }
        if (ownsPool) {
            pool.close();
        }
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                converter.close();
                reader.close();
            }
        } finally {
            lock.unlock();
        }
    }
}

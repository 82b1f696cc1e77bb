package io.derm.bench;

import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.PixelFormat;
import io.derm.api.SourceInfo;
import java.util.List;
import java.util.Optional;

/**
 * A camera that shows pictures again and again at a fixed rate, with a mailbox of one frame: who asks gets the newest frame that is due, or waits
 * for the next one; older ones that nobody took are dropped and counted.
 *
 * <p>Frame k is due at {@code start + k / rate}, whether or not anyone is ready for it, and {@link Frame#capturedNanos()} is that time. So a
 * latency counted from it includes the wait of a frame that nobody came for in time (Tene's coordinated omission). Pixels are copied into a
 * pooled buffer when a frame is taken, as a driver's are.
 *
 * <p>The mailbox is worked out from the clock at each call rather than filled by a thread, so the camera takes no core from what is measured.
 * Confined, but for {@link #close()}; the counts may be read once its user is done.
 */
final class PacedCamera implements FrameSource {
    private static final long POLL_NANOS = 100_000;

    private final List<Frame> pictures;
    private final double rate;
    private final long startNanos;
    private final long frames;
    private final PacedWindow window;
    private final PacedClock clock;
    private final FramePool pool;
    private long last = -1;
    private long busy;
    private long noBuffer;
    private long shown;
    private volatile boolean closed;

    /**
     * A camera.
     *
     * @param pictures of one size, shown in turn; borrowed until the camera is closed
     * @param rate frames a second
     * @param startNanos when the first frame is due
     * @param frames how many there are
     * @param buffers how many may be out at once
     * @param window only drops of frames due in it are counted
     */
    PacedCamera(
            List<Frame> pictures,
            double rate,
            long startNanos,
            long frames,
            int buffers,
            PacedWindow window,
            PacedClock clock) {
        this.pictures = List.copyOf(pictures);
        this.rate = rate;
        this.startNanos = startNanos;
        this.frames = frames;
        this.window = window;
        this.clock = clock;
        this.pool = new FramePool(buffers);
    }

    /** When a frame is due. */
    long dueNanos(long frame) {
        return startNanos + Math.round(frame * 1e9 / rate);
    }

    /** The newest frame that is due, -1 before the first. */
    private long newest() {
        long now = clock.nanos();
        long frame = Math.max(-1, (long) Math.floor((now - startNanos) * rate / 1e9));
        // The division and the rounding of the due time may disagree by one.
        while (dueNanos(frame + 1) <= now) {
            frame++;
        }
        while (frame >= 0 && dueNanos(frame) > now) {
            frame--;
        }
        return Math.min(frame, frames - 1);
    }

    @Override
    public SourceInfo info() {
        Frame picture = pictures.get(0);
        return new SourceInfo("paced camera", picture.width(), picture.height(), rate, frames, true);
    }

    @Override
    public Optional<Frame> next() throws InterruptedException {
        if (closed) {
            throw new IllegalStateException("Camera is closed");
        }
        if (last + 1 >= frames) {
            return Optional.empty();
        }
        long whenAsked = newest();
        while (pool.leased() == pool.capacity()) {
            clock.sleepUntil(clock.nanos() + POLL_NANOS);
        }
        long frame = newest();
        while (frame <= last) {
            clock.sleepUntil(dueNanos(last + 1));
            frame = newest();
        }
        for (long k = last + 1; k < frame; k++) {
            if (window.holds(dueNanos(k))) {
                // Overtaken before anyone asked, or while there was no buffer to put it into.
                if (k < whenAsked) {
                    busy++;
                } else {
                    noBuffer++;
                }
            }
        }
        last = frame;
        shown++;
        return Optional.of(shown(frame));
    }

    private Frame shown(long number) throws InterruptedException {
        Frame picture = pictures.get((int) (number % pictures.size()));
        long due = dueNanos(number);
        Frame frame =
                pool.lease(picture.width(), picture.height(), picture.format(), number, (due - startNanos) / 1000, due);
        boolean nv12 = picture.format() == PixelFormat.NV12;
        int rows = nv12 ? picture.height() * 3 / 2 : picture.height();
        for (int y = 0; y < rows; y++) {
            frame.pixels().put(y * frame.stride(), picture.pixels(), y * picture.stride(), frame.stride());
        }
        return frame;
    }

    /** Frames that were handed out, in the window or not. */
    long handedOut() {
        return shown;
    }

    /** Frames due in the window that were overtaken while nobody asked for one. */
    long droppedBusy() {
        return busy;
    }

    /** Frames due in the window that were overtaken while all buffers were out. */
    long droppedForWantOfBuffers() {
        return noBuffer;
    }

    @Override
    public void close() {
        closed = true;
        pool.close();
    }
}

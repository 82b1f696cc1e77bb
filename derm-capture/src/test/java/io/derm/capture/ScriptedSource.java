package io.derm.capture;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.PixelFormat;
import io.derm.api.SourceInfo;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A source of some small frames and a chosen end. */
final class ScriptedSource implements FrameSource {
    enum End {
        /** The stream ends. */
        END,
        /** The stream breaks off. */
        FAIL,
        /** Nothing comes until the source is closed. */
        BLOCK,
        /** Nothing comes, and closing waits too, until {@link Studio#release}: a driver that hangs. */
        STUCK
    }

    /** What all sources of a test share. */
    static final class Studio {
        final FramePool pool;
        final AtomicInteger opened = new AtomicInteger();
        final AtomicInteger closed = new AtomicInteger();
        final CountDownLatch release = new CountDownLatch(1);

        Studio(boolean trackLeases) {
            pool = new FramePool(8, trackLeases);
        }

        ScriptedSource live(int frames, End end) {
            return new ScriptedSource(this, true, frames, end);
        }
    }

    private final Studio studio;
    private final boolean live;
    private final int frames;
    private final End end;
    private final CountDownLatch closing = new CountDownLatch(1);
    private boolean closed;
    private int n;

    ScriptedSource(Studio studio, boolean live, int frames, End end) {
        this.studio = studio;
        this.live = live;
        this.frames = frames;
        this.end = end;
        studio.opened.incrementAndGet();
    }

    @Override
    public SourceInfo info() {
        return new SourceInfo("scripted", 8, 4, 100, live ? -1 : frames, live);
    }

    @Override
    public Optional<Frame> next() throws InterruptedException {
        if (n < frames) {
            Frame frame = studio.pool.lease(8, 4, PixelFormat.BGR24, n, n * 10_000L, System.nanoTime());
            n++;
            return Optional.of(frame);
        }
        switch (end) {
            case FAIL -> throw new CaptureException(216, "scripted breaks off", "none");
            case BLOCK -> closing.await();
            case STUCK -> awaitRelease();
            case END -> {}
        }
        return Optional.empty();
    }

    private void awaitRelease() {
        boolean interrupted = false;
        while (true) {
            try {
                studio.release.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closing.countDown();
        if (end == End.STUCK) {
            awaitRelease();
        }
        synchronized (this) {
            if (!closed) {
                closed = true;
                studio.closed.incrementAndGet();
            }
        }
    }
}

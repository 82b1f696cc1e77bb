package io.derm.samples.live;

import io.derm.api.Frame;
import io.derm.capture.JpegEncoder;
import io.derm.pipeline.FrameFindings;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns the newest frame into a picture for all viewers at once, on a thread of its own, where any of them wants one. The exam hands a
 * frame over and goes on: it holds at most two, the newest and the one being encoded. Thread-safe.
 */
public final class Pictures implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pictures.class);
    /** Of what a page shows; larger frames are scaled down. */
    private static final int MAX_SIDE = 1920;

    private static final int QUANTISER = 3;

    private final Viewers viewers;
    private final Thread thread = new Thread(this::encode, "derm-live-pictures");
    // All guarded by this.
    private @Nullable Look newest;
    private @Nullable Look encodedLook;
    private @Nullable Picture encoded;
    private boolean closed;

    /** A frame that was examined. Owns its lease. */
    private record Look(Frame frame, FrameFindings findings, Examiners by) {}

    Pictures(Viewers viewers) {
        this.viewers = viewers;
        thread.setDaemon(true);
        thread.start();
    }

    /** Shows a frame, borrowed for the call, to whoever looks on. */
    public void offer(FrameFindings findings, Examiners by) {
        synchronized (this) {
            if (closed) {
                return;
            }
            release();
            newest = new Look(findings.frame().retain(), findings, by);
            notifyAll();
        }
    }

    /**
     * Hands the newest frame, examined, and by whom, to someone for the call, with a lease of its own in place of the exam's.
     *
     * @return false if there is none
     */
    public boolean latest(BiConsumer<FrameFindings, Examiners> taker) {
        Look look;
        Frame frame;
        synchronized (this) {
            look = newest;
            if (look == null) {
                return false;
            }
            frame = look.frame().retain();
        }
        try (frame) {
            FrameFindings f = look.findings();
            taker.accept(
                    new FrameFindings(
                            frame,
                            f.sightings(),
                            f.bestLooks(),
                            f.captureNanos(),
                            f.detectNanos(),
                            f.classifyNanos(),
                            f.latencyNanos(),
                            f.detectedBy(),
                            f.classifiedBy()),
                    look.by());
        }
        return true;
    }

    private void release() {
        if (newest != null) {
            newest.frame().close();
            newest = null;
        }
    }

    /** Looks again whether anybody wants a picture. */
    synchronized void wake() {
        notifyAll();
    }

    /** Shows the last picture to one who has just come. */
    void welcome(Viewer viewer) {
        Picture last;
        synchronized (this) {
            last = encoded;
            // Newer than the last picture is what the thread is about to encode.
            notifyAll();
        }
        if (last != null) {
            viewer.offer(last);
        }
    }

    private void encode() {
        try (JpegEncoder encoder = new JpegEncoder(MAX_SIDE, QUANTISER)) {
            while (true) {
                Look look;
                Frame frame;
                synchronized (this) {
                    look = newest;
                    while (!closed && (look == null || look == encodedLook || !viewers.want())) {
                        wait();
                        look = newest;
                    }
                    if (closed || look == null) {
                        return;
                    }
                    frame = look.frame().retain();
                }
                Picture picture;
                try (frame) {
                    picture = new Picture(FrameJson.of(look.findings()), frame.capturedNanos(), encoder.encode(frame));
                }
                synchronized (this) {
                    encodedLook = look;
                    encoded = picture;
                }
                viewers.offer(picture);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.warn("The page shows no pictures any more: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            release();
            notifyAll();
        }
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

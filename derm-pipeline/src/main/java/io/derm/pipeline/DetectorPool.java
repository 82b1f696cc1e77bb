package io.derm.pipeline;

import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.Model;
import io.derm.api.RuntimeUse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Detectors of one model that work on several frames at once. While classification has nothing to do, an {@link Exam} of a recorded
 * source has a frame in each, so that all cores are at work though the two take differently long; the findings are the same and in the
 * same order. Of a live source it has one frame in detection, as two at once would be older.
 *
 * <p>As many threads may be in {@link #detect} as there are detectors; more wait for one. Owns the detectors.
 */
public final class DetectorPool implements Detector {
    private final List<Detector> all;
    private final BlockingQueue<Detector> idle;
    private volatile RuntimeUse runtime;

    /**
     * Takes over detectors.
     *
     * @param detectors of the same model with the same options, each with a session of its own
     * @throws IllegalArgumentException if there are none, or not all have the same model
     */
    public DetectorPool(List<? extends Detector> detectors) {
        if (detectors.isEmpty()) {
            throw new IllegalArgumentException("A pool has no detectors, expected one or more");
        }
        all = List.copyOf(detectors);
        for (Detector detector : all) {
            if (!detector.model().sha256().equals(model().sha256())) {
                throw new IllegalArgumentException("A pool has detectors of " + model() + " and " + detector.model()
                        + ", expected the same model in all");
            }
        }
        idle = new ArrayBlockingQueue<>(all.size(), false, all);
        runtime = all.get(0).runtime();
    }

    /**
     * Opens detectors for a pool; where one cannot be opened, those opened before are closed.
     *
     * @param count how many, 1 or more
     * @param opener opens one, with a session of its own
     */
    public static DetectorPool open(int count, Supplier<? extends Detector> opener) {
        List<Detector> opened = new ArrayList<>(count);
        try {
            for (int i = 0; i < count; i++) {
                opened.add(opener.get());
            }
            return new DetectorPool(opened);
        } catch (RuntimeException | Error e) {
            RuntimeException closing = closeAll(opened);
            if (closing != null) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    /**
     * Detects with one that is idle.
     *
     * @throws IllegalStateException also if interrupted while it waits for one
     */
    @Override
    public List<Detection> detect(Frame frame) {
        Detector detector;
        try {
            detector = idle.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while all " + all.size() + " detectors were at work", e);
        }
        try {
            return detector.detect(frame);
        } finally {
            runtime = detector.runtime();
            idle.add(detector);
        }
    }

    @Override
    public int concurrency() {
        return all.size();
    }

    @Override
    public Model model() {
        return all.get(0).model();
    }

    @Override
    public RuntimeUse runtime() {
        return runtime;
    }

    @Override
    public double confirmScore() {
        return all.get(0).confirmScore();
    }

    /** Closes all detectors. */
    @Override
    public void close() {
        RuntimeException failure = closeAll(all);
        if (failure != null) {
            throw failure;
        }
    }

    /** What the first that failed to close said, with what the others did. */
    private static @Nullable RuntimeException closeAll(List<Detector> detectors) {
        RuntimeException failure = null;
        for (Detector detector : detectors) {
            try {
                detector.close();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        return failure;
    }
}

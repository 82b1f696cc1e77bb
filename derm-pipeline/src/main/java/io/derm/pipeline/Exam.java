package io.derm.pipeline;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Runs a source through a detector and a classifier. Capture, detection and classification have a thread each and overlap, one
 * frame waiting between two stages; the caller's thread takes the findings in the order of the frames. Every frame of the
 * source is examined: a slow stage holds the source back.
 *
 * <p>An exam runs once. It borrows the source, the detector and the classifier: whoever opened them closes them after
 * {@link #run} has returned. {@link #stop()} may come from any thread; everything else is confined to the thread that runs it.
 */
public final class Exam {
    private final FrameSource source;
    private final Detector detector;
    private final Classifier classifier;
    private final ExamOptions options;
    private final LongSupplier nanoClock;
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile boolean stopping;
    private final Delivery delivery;
    private volatile @Nullable Thread captureThread;

    public Exam(FrameSource source, Detector detector, Classifier classifier, ExamOptions options) {
        this(source, detector, classifier, options, System::nanoTime);
    }

    /**
     * Makes an exam.
     *
     * @param nanoClock the clock of {@link Frame#capturedNanos()}
     */
    public Exam(
            FrameSource source, Detector detector, Classifier classifier, ExamOptions options, LongSupplier nanoClock) {
        this.source = source;
        this.detector = detector;
        this.classifier = classifier;
        this.options = options;
        this.nanoClock = nanoClock;
        this.delivery = new Delivery();
    }

    /** Ends the exam after the frames already captured; {@link #run} then returns as at the end of the source. */
    public void stop() {
        stopping = true;
        Thread thread = captureThread;
        if (thread != null) {
            thread.interrupt();
        }
    }

    /**
     * Runs to the end of the source, or until {@link #stop()}.
     *
     * @return what it came to
     * @throws io.derm.api.DermException if the source, a model or a runtime fails; every frame before the failure has been
     *     delivered
     * @throws InterruptedException if this thread is interrupted; the exam has then stopped
     * @throws Exception what the listener throws
     * @throws IllegalStateException if the exam has run before
     */
    public ExamSummary run(ExamListener listener) throws Exception {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("This exam has run");
        }
        BlockingQueue<Work> captured = new ArrayBlockingQueue<>(1);
        BlockingQueue<Work> detected = new ArrayBlockingQueue<>(1);
        BlockingQueue<Work> classified = new ArrayBlockingQueue<>(1);
        long start = nanoClock.getAsLong();
        List<Thread> threads = List.of(
                new Thread(() -> capture(captured), "derm-capture"),
                new Thread(() -> stage(captured, detected, this::detect), "derm-detect"),
                new Thread(() -> stage(detected, classified, this::classify), "derm-classify"));
        captureThread = threads.get(0);
        threads.forEach(t -> t.setDaemon(true));
        threads.forEach(Thread::start);

        Throwable failure = null;
        boolean interrupted = false;
        while (true) {
            Work work;
            try {
                work = classified.take();
            } catch (InterruptedException e) {
                interrupted = true;
                stop();
                continue;
            }
            Frame frame = work.frame;
            if (frame == null) {
                failure = failure == null ? work.failure : failure;
                break;
            }
            try (frame) {
                if (failure == null && !interrupted) {
                    delivery.deliver(work, frame, listener);
                }
            } catch (Throwable t) {
                failure = t;
                stop();
            }
        }
        for (Thread thread : threads) {
            interrupted |= joinUninterruptibly(thread);
        }
        delivery.elapsedNanos = nanoClock.getAsLong() - start;
        if (interrupted) {
            throw new InterruptedException("Exam interrupted");
        }
        if (failure instanceof Error e) {
            throw e;
        }
        if (failure instanceof Exception e) {
            throw e;
        }
        return delivery.summary();
    }

    /** What the exam came to, also when {@link #run} threw: the frames that were delivered count. */
    public ExamSummary summary() {
        return delivery.summary();
    }

    private void capture(BlockingQueue<Work> out) {
        Throwable failure = null;
        try {
            while (!stopping) {
                long start = nanoClock.getAsLong();
                Optional<Frame> frame = source.next();
                if (frame.isEmpty()) {
                    break;
                }
                Work work = new Work(frame.get(), null);
                work.captureNanos = nanoClock.getAsLong() - start;
                put(out, work);
            }
        } catch (InterruptedException e) {
            failure = stopping ? null : e;
        } catch (Throwable t) {
            failure = t;
        }
        put(out, new Work(null, failure));
    }

    private void detect(Work work, Frame frame) {
        long start = nanoClock.getAsLong();
        work.detections = detector.detect(frame);
        work.detectNanos = nanoClock.getAsLong() - start;
    }

    private void classify(Work work, Frame frame) {
        if (work.detections.isEmpty()) {
            return;
        }
        long start = nanoClock.getAsLong();
        List<Box> regions = new ArrayList<>(work.detections.size());
        for (Detection d : work.detections) {
            regions.add(d.box());
        }
        work.assessments = classifier.classify(frame, regions);
        work.classifyNanos = nanoClock.getAsLong() - start;
    }

    private interface Body {
        void run(Work work, Frame frame);
    }

    /** Passes work on until the end marker; after a failure it only returns frames, and the marker carries the failure. */
    private void stage(BlockingQueue<Work> in, BlockingQueue<Work> out, Body body) {
        Throwable failure = null;
        while (true) {
            Work work = takeUninterruptibly(in);
            Frame frame = work.frame;
            if (frame == null) {
                put(out, failure == null ? work : new Work(null, failure));
                return;
            }
            if (failure == null) {
                try {
                    body.run(work, frame);
                } catch (Throwable t) {
                    failure = t;
                    stop();
                }
            }
            if (failure == null) {
                put(out, work);
            } else {
                frame.close();
            }
        }
    }

    /** A stage's queue is always drained to its end marker, so a put or take ends without an interrupt. */
    private static void put(BlockingQueue<Work> queue, Work work) {
        boolean interrupted = false;
        while (true) {
            try {
                queue.put(work);
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static Work takeUninterruptibly(BlockingQueue<Work> queue) {
        while (true) {
            try {
                return queue.take();
            } catch (InterruptedException e) {
                // The end marker is on its way: only it ends a stage.
            }
        }
    }

    private static boolean joinUninterruptibly(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    /** A frame on its way through the stages, or the end marker when it has no frame. */
    private static final class Work {
        final @Nullable Frame frame;
        final @Nullable Throwable failure;
        List<Detection> detections = List.of();
        List<Assessment> assessments = List.of();
        long captureNanos;
        long detectNanos;
        long classifyNanos;

        Work(@Nullable Frame frame, @Nullable Throwable failure) {
            this.frame = frame;
            this.failure = failure;
        }
    }

    private final class Delivery {
        private final Tracker tracker = new Tracker(options.forgetFrames());
        private final LesionBook book = new LesionBook();
        private final Map<Stage, Histogram> times = new EnumMap<>(Stage.class);
        private long frames;
        private long elapsedNanos;

        Delivery() {
            for (Stage stage : Stage.values()) {
                times.put(stage, new Histogram(3_600_000_000_000L, 3));
            }
        }

        void deliver(Work work, Frame frame, ExamListener listener) throws Exception {
            long start = nanoClock.getAsLong();
            int n = work.detections.size();
            int[] ids = tracker.update(work.detections);
            List<Sighting> sightings = new ArrayList<>(n);
            List<Sighting> bestLooks = new ArrayList<>(0);
            for (int i = 0; i < n; i++) {
                Sighting sighting = new Sighting(ids[i], work.detections.get(i), work.assessments.get(i));
                sightings.add(sighting);
                if (book.add(frame, sighting)) {
                    bestLooks.add(sighting);
                }
            }
            long latency = nanoClock.getAsLong() - frame.capturedNanos();
            listener.frame(new FrameFindings(
                    frame, sightings, bestLooks, work.captureNanos, work.detectNanos, work.classifyNanos, latency));
            frames++;
            record(Stage.CAPTURE, work.captureNanos);
            record(Stage.DETECT, work.detectNanos);
            if (n > 0) {
                record(Stage.CLASSIFY, work.classifyNanos);
            }
            record(Stage.DELIVER, nanoClock.getAsLong() - start);
            record(Stage.LATENCY, latency);
        }

        private void record(Stage stage, long nanos) {
            Histogram h = Objects.requireNonNull(times.get(stage));
            h.recordValue(Math.max(0, Math.min(nanos, h.getHighestTrackableValue())));
        }

        ExamSummary summary() {
            List<Lesion> lesions = book.confirmed(options.confirmSightings());
            Map<Stage, LatencySummary> summaries = new EnumMap<>(Stage.class);
            times.forEach((stage, h) -> summaries.put(stage, LatencySummary.of(h)));
            return new ExamSummary(frames, elapsedNanos, lesions, book.size() - lesions.size(), summaries);
        }
    }
}

package io.derm.pipeline;

import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a source through a detector and a classifier. Capture, detection and classification have a thread each and overlap, and a
 * detector that works on several frames at once has as many ({@link DetectorPool}); the caller's thread takes the findings in the order
 * of the frames. Of a live source the newest frame is examined whenever the stages can take it, and what was dropped is counted; of any
 * other every frame is, and a slow stage holds the source back ({@link FramePolicy}).
 *
 * <p>An exam runs once. It borrows the source, the detector and the classifier: whoever opened them closes them after
 * {@link #run} has returned. Several sources share a detector and a classifier by {@link Exams}. {@link #run} is confined to the thread
 * that calls it; everything else may come from any thread, the listener's included.
 */
public final class Exam {
    private final Exams exams;
    private final FrameSource source;
    private final Lane lane;
    private final ReentrantLock lock;
    private final LongSupplier nanoClock;
    private boolean started;
    private long startNanos;
    private long elapsedNanos = -1;

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
        this(new Exams(detector, classifier, nanoClock), source, options, nanoClock);
    }

    Exam(Exams exams, FrameSource source, ExamOptions options, LongSupplier nanoClock) {
        this.exams = exams;
        this.source = source;
        this.nanoClock = nanoClock;
        this.lane = exams.lane(options);
        this.lock = exams.lock();
    }

    /**
     * Holds the exam: frames already in a stage are delivered, the others wait. A live source goes on, and its frames are dropped
     * until {@link #resume()}. Once the exam drains, stops or fails it has no effect.
     */
    public void pause() {
        change(lane::pause);
    }

    /** Goes on after {@link #pause()}. */
    public void resume() {
        change(lane::resume);
    }

    /**
     * Ends the exam after the frames already captured; {@link #run} then returns as at the end of the source. Ends a pause. A source
     * that is waiting for its next frame is interrupted.
     */
    public void drain() {
        change(lane::drain);
    }

    /** As {@link #drain()}, but frames that the listener does not have yet are dropped. */
    public void stop() {
        change(lane::stop);
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            exams.changed(lane);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Runs to the end of the source, or until {@link #drain()} or {@link #stop()}.
     *
     * @return what it came to
     * @throws io.derm.api.DermException if the source, a model or a runtime fails; every frame before the failure has been
     *     delivered, or dropped for another cause
     * @throws InterruptedException if this thread is interrupted; the exam has then stopped
     * @throws Exception what the listener throws
     * @throws IllegalStateException if the exam has run before
     */
    public ExamSummary run(ExamListener listener) throws Exception {
        Thread capture = new Thread(this::capture, "derm-capture");
        capture.setDaemon(true);
        begin(capture);
        boolean interrupted = false;
        while (true) {
            Work work;
            try {
                work = next();
            } catch (InterruptedException e) {
                interrupted = true;
                stop();
                continue;
            }
            if (work == null) {
                break;
            }
            deliver(work, listener);
        }
        interrupted |= Exams.joinUninterruptibly(capture);
        interrupted |= exams.leave(lane);
        Throwable failure = end();
        if (interrupted) {
            throw new InterruptedException("Exam interrupted");
        }
        if (failure instanceof Error e) {
            throw e;
        }
        if (failure instanceof Exception e) {
            throw e;
        }
        return summary();
    }

    private void begin(Thread capture) {
        lock.lock();
        try {
            if (started) {
                throw new IllegalStateException("This exam has run");
            }
            started = true;
            startNanos = nanoClock.getAsLong();
            lane.start(capture);
            exams.join(lane);
            capture.start();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Throwable end() {
        lock.lock();
        try {
            elapsedNanos = nanoClock.getAsLong() - startNanos;
            lane.end();
            return lane.failure();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Work next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                long now = nanoClock.getAsLong();
                if (lane.delay(Lane.DELIVER, now, 0, false) == 0) {
                    Work work = lane.begin(Lane.DELIVER, now);
                    exams.changed();
                    return work;
                }
                if (lane.dry()) {
                    return null;
                }
                lane.changed().await();
            }
        } finally {
            lock.unlock();
        }
    }

    private void deliver(Work work, ExamListener listener) {
        Frame frame = work.frame;
        long start = nanoClock.getAsLong();
        Throwable failure = null;
        try {
            listener.frame(new FrameFindings(
                    frame,
                    work.seen.sightings(),
                    work.seen.bestLooks(),
                    work.captureNanos,
                    work.detectNanos,
                    work.classifyNanos,
                    // As the tally has it: another look at the clock would be another latency.
                    work.begunNanos - frame.capturedNanos(),
                    work.detectedBy,
                    work.classifiedBy));
        } catch (Throwable t) {
            failure = t;
        }
        lock.lock();
        try {
            long now = nanoClock.getAsLong();
            if (failure == null) {
                lane.tally.took(Stage.DELIVER, now - start);
            }
            lane.end(Lane.DELIVER, work, now, failure);
            exams.changed(lane);
        } finally {
            lock.unlock();
        }
    }

    private void capture() {
        Throwable failure = null;
        CameraPath path = new CameraPath();
        boolean first = true;
        try {
            while (capturing()) {
                long start = nanoClock.getAsLong();
                Optional<Frame> frame = source.next();
                if (frame.isEmpty()) {
                    break;
                }
                long captureNanos = nanoClock.getAsLong() - start;
                captured(work(frame.get(), captureNanos, path, first));
                first = false;
            }
        } catch (Throwable t) {
            failure = t;
        }
        lock.lock();
        try {
            // Told to end while it waited for a frame, a source may say so in words of its own.
            boolean told = !lane.capturing() && failure instanceof Exception;
            lane.captureOver(told ? null : failure);
            exams.changed(lane);
        } finally {
            lock.unlock();
        }
    }

    private Work work(Frame frame, long captureNanos, CameraPath path, boolean first) {
        try {
            if (first) {
                // A source that connects by itself knows no sooner what it is.
                settle(source.info());
            }
            return new Work(frame, captureNanos, path.next(frame));
        } catch (RuntimeException | Error e) {
            frame.close();
            throw e;
        }
    }

    private void settle(SourceInfo info) {
        lock.lock();
        try {
            lane.settle(info);
        } finally {
            lock.unlock();
        }
    }

    private boolean capturing() {
        lock.lock();
        try {
            return lane.capturing();
        } finally {
            lock.unlock();
        }
    }

    private void captured(Work work) {
        lock.lock();
        try {
            while (lane.full()) {
                lane.changed().awaitUninterruptibly();
            }
            lane.captured(work);
            exams.changed();
        } finally {
            lock.unlock();
        }
    }

    /** Where the exam stands now. */
    public ExamStatus status() {
        lock.lock();
        try {
            Tally tally = lane.tally;
            return new ExamStatus(
                    lane.state(),
                    tally.captured(),
                    tally.delivered(),
                    tally.dropped(),
                    lane.underway(),
                    tally.lastAgeNanos(),
                    lane.detector,
                    lane.classifier);
        } finally {
            lock.unlock();
        }
    }

    /** Times of a stage so far. */
    public LatencySummary times(Stage stage) {
        lock.lock();
        try {
            return LatencySummary.of(lane.tally.histogram(stage));
        } finally {
            lock.unlock();
        }
    }

    /** Every lesion so far, in order of appearance, those not confirmed included until they are forgotten. */
    public List<Lesion> lesions() {
        synchronized (lane.evidence) {
            return lane.evidence.all();
        }
    }

    /** What the exam came to so far, also when {@link #run} threw: frames that were examined count. */
    public ExamSummary summary() {
        List<Lesion> lesions;
        int unconfirmed;
        synchronized (lane.evidence) {
            lesions = lane.evidence.confirmed();
            unconfirmed = lane.evidence.unconfirmed();
        }
        lock.lock();
        try {
            long running = started ? nanoClock.getAsLong() - startNanos : 0;
            return new ExamSummary(
                    lane.tally.delivered(),
                    elapsedNanos < 0 ? running : elapsedNanos,
                    lesions,
                    unconfirmed,
                    lane.tally.summaries(),
                    lane.tally.dropped(),
                    lane.detector,
                    lane.classifier);
        } finally {
            lock.unlock();
        }
    }
}

package io.derm.pipeline;

import io.derm.api.Assessment;
import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.FrameSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A detector and a classifier that several exams share. While any of the exams runs, detection has as many threads as
 * {@link Detector#concurrency()} says and classification has one; both serve the sources in turn, so none waits for more than one frame
 * of each other one. Regions of different sources are not joined into one run of the classifier.
 *
 * <pre>{@code
 * Exams exams = new Exams(detector, classifier);
 * Exam left = exams.exam(leftCamera, ExamOptions.defaults());
 * Exam right = exams.exam(rightCamera, ExamOptions.defaults());
 * // Each runs on a thread of its own, with its own listener: left.run(…), right.run(…).
 * }</pre>
 *
 * <p>Borrows both: whoever opened them closes them when no exam runs any more. A failure of either ends the exam whose frame met it.
 * Thread-safe.
 */
public final class Exams {
    private final Detector detector;
    private final Classifier classifier;
    private final LongSupplier nanoClock;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Condition> steps = List.of(lock.newCondition(), lock.newCondition());
    private final List<Lane> lanes = new ArrayList<>();
    /** The lane that each step served last. */
    private final @Nullable Lane[] served = new Lane[2];
    /** The lane whose frame is being classified. */
    private @Nullable Lane classifying;

    private @Nullable Crew crew;

    public Exams(Detector detector, Classifier classifier) {
        this(detector, classifier, System::nanoTime);
    }

    /**
     * As {@link #Exams(Detector, Classifier)} with another clock.
     *
     * @param nanoClock the clock of {@link io.derm.api.Frame#capturedNanos()}
     */
    public Exams(Detector detector, Classifier classifier, LongSupplier nanoClock) {
        this.detector = detector;
        this.classifier = classifier;
        this.nanoClock = nanoClock;
    }

    /** An exam of one more source, with tracking, counts and a state of its own. It takes part once it runs. */
    public Exam exam(FrameSource source, ExamOptions options) {
        return new Exam(this, source, options, nanoClock);
    }

    Lane lane(ExamOptions options) {
        Condition changed = lock.newCondition();
        return new Lane(
                options,
                new Evidence(options),
                detector.concurrency(),
                changed,
                () -> {
                    changed.signalAll();
                    changed();
                },
                detector.runtime(),
                classifier.runtime());
    }

    ReentrantLock lock() {
        return lock;
    }

    /** Has a lane's source and listener, and the steps, look again at what they may begin. */
    void changed(Lane lane) {
        lane.changed().signalAll();
        changed();
    }

    /** Has the steps look again at what they may begin. */
    void changed() {
        steps.get(Lane.DETECT).signalAll();
        steps.get(Lane.CLASSIFY).signal();
    }

    void join(Lane lane) {
        lanes.add(lane);
        if (crew == null) {
            crew = new Crew();
            crew.start();
        }
    }

    /** Ends the steps' threads with the last lane; called without the lock. */
    boolean leave(Lane lane) {
        Crew leaving = null;
        lock.lock();
        try {
            lanes.remove(lane);
            for (int step = 0; step < served.length; step++) {
                served[step] = served[step] == lane ? null : served[step];
            }
            if (lanes.isEmpty() && crew != null) {
                leaving = crew;
                leaving.over = true;
                crew = null;
            }
            changed();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        if (leaving != null) {
            for (Thread thread : leaving.threads) {
                interrupted |= joinUninterruptibly(thread);
            }
        }
        return interrupted;
    }

    static boolean joinUninterruptibly(Thread thread) {
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

    /** The threads of both steps. One crew follows another when exams run again after all had ended. */
    private final class Crew {
        private final List<Thread> threads = new ArrayList<>();
        private boolean over;

        void start() {
            for (int i = 0; i < detector.concurrency(); i++) {
                threads.add(new Thread(() -> work(Lane.DETECT), "derm-detect"));
            }
            threads.add(new Thread(() -> work(Lane.CLASSIFY), "derm-classify"));
            for (Thread thread : threads) {
                thread.setDaemon(true);
                thread.start();
            }
        }

        private void work(int step) {
            lock.lock();
            try {
                while (!over) {
                    step(step);
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** Takes one lane's frame through a step, or waits until that may be possible. */
    private void step(int step) {
        long now = nanoClock.getAsLong();
        long soonest = Lane.NEVER;
        int n = lanes.size();
        int first = lanes.indexOf(served[step]) + 1;
        for (int i = 0; i < n; i++) {
            Lane lane = lanes.get((first + i) % n);
            long delay = lane.delay(
                    step,
                    now,
                    classifiedOthers(lane, now),
                    classifying != null && classifying.overdue(Lane.CLASSIFY, now));
            if (delay == 0) {
                served[step] = lane;
                step(step, lane, lane.begin(step, now));
                return;
            }
            soonest = Math.min(soonest, delay);
        }
        await(steps.get(step), soonest);
    }

    /**
     * Until classification is through with the frame it has and one of each other lane that has one waiting; {@link Lane#IDLE} if it has
     * none.
     */
    private long classifiedOthers(Lane lane, long now) {
        if (classifying == null) {
            return Lane.IDLE;
        }
        long nanos = classifying.left(Lane.CLASSIFY, now);
        for (int i = 0; i < lanes.size(); i++) {
            Lane other = lanes.get(i);
            if (other != lane && other.waits(Lane.CLASSIFY)) {
                nanos += other.usual(Lane.CLASSIFY);
            }
        }
        return nanos;
    }

    private void step(int step, Lane lane, Work work) {
        if (step == Lane.CLASSIFY) {
            classifying = lane;
        }
        // Room in the queue that the frame left: the step before, or the source, may go on.
        changed(lane);
        lock.unlock();
        Throwable failure = null;
        try {
            if (step == Lane.DETECT) {
                detect(work);
            } else {
                classify(work, lane.evidence);
            }
        } catch (Throwable t) {
            failure = t;
        } finally {
            lock.lock();
        }
        if (step == Lane.CLASSIFY) {
            classifying = null;
        }
        took(step, lane, work, failure);
        lane.end(step, work, nanoClock.getAsLong(), failure);
        changed(lane);
    }

    private static void took(int step, Lane lane, Work work, @Nullable Throwable failure) {
        if (step == Lane.DETECT) {
            lane.detector = work.detectedBy;
        } else {
            lane.classifier = work.classifiedBy;
        }
        if (failure == null && step == Lane.DETECT) {
            lane.tally.took(Stage.DETECT, work.detectNanos);
        } else if (failure == null && work.classifyNanos > 0) {
            lane.tally.took(Stage.CLASSIFY, work.classifyNanos);
        }
    }

    private void detect(Work work) {
        long start = nanoClock.getAsLong();
        try {
            work.detections = detector.detect(work.frame);
        } finally {
            work.detectedBy = detector.runtime();
        }
        work.confirmScore = detector.confirmScore();
        work.detectNanos = nanoClock.getAsLong() - start;
    }

    private void classify(Work work, Evidence evidence) {
        // A summary may be asked for meanwhile; it does not wait for the classifier.
        Evidence.Looks looks;
        synchronized (evidence) {
            looks = evidence.look(work.frame, work.place, work.detections, work.confirmScore);
        }
        try {
            if (looks.regions().isEmpty()) {
                synchronized (evidence) {
                    work.seen = evidence.add(work.frame, looks, List.of());
                }
                return;
            }
            long start = nanoClock.getAsLong();
            List<Assessment> assessments = classifier.classify(work.frame, looks.regions());
            work.classifyNanos = nanoClock.getAsLong() - start;
            Evidence.oneEach(classifier, looks.regions(), assessments);
            synchronized (evidence) {
                work.seen = evidence.add(work.frame, looks, assessments);
            }
        } finally {
            work.classifiedBy = classifier.runtime();
        }
    }

    private static void await(Condition condition, long nanos) {
        if (nanos == Lane.NEVER) {
            condition.awaitUninterruptibly();
            return;
        }
        try {
            condition.awaitNanos(nanos);
        } catch (InterruptedException e) {
            // The steps' threads end with the last exam, by nothing else.
        }
    }
}

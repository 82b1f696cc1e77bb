package io.derm.pipeline;

import io.derm.api.RuntimeUse;
import io.derm.api.SourceInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * The way of one source's frames: what waits before each step, what is in it, and when the next may begin. Guarded by the lock of
 * its {@link Exams}.
 *
 * <p>With {@link FramePolicy#EVERY} up to four frames wait after a step, and a step begins only where there is room for what it will
 * give. With {@link FramePolicy#LATEST} one frame waits at most, a newer one replaces it, and detection begins no sooner than it has
 * to for its frame to meet the next steps idle: so frames grow old in the camera's mailbox, where newer ones take their place, and
 * not between steps.
 */
final class Lane {
    static final int DETECT = 0;
    static final int CLASSIFY = 1;
    static final int DELIVER = 2;
    private static final int STEPS = 3;

    /** There is nothing to begin before something changes. */
    static final long NEVER = Long.MAX_VALUE;

    static final long IDLE = -1;

    /** As many as it takes to keep two steps of uneven length busy, and no more: each is a buffer of the source. */
    private static final int ROOM = 4;

    private static final long LONGEST_FRAME_TIME = TimeUnit.SECONDS.toNanos(1);

    final Evidence evidence;
    final Tally tally = new Tally();
    private final FramePolicy policy;
    private final long deadlineNanos;
    private final List<ArrayDeque<Work>> waiting = new ArrayList<>();
    /** Frames in detection, in their order: one that is through waits for those before it. */
    private final ArrayDeque<Work> detecting = new ArrayDeque<>();
    /** How many that may be. */
    private int detections;
    /** What is in each of the other steps. */
    private final @Nullable Work[] inStep = new Work[STEPS];
    /** Whether the newest frame alone is wanted. */
    private boolean latest;

    private final Pace[] paces = new Pace[STEPS];
    /** Time between two frames as the source states it, 0 where it does not, and as it was lately. */
    private long statedFrameTime;

    private long frameTime;
    private long lastCapturedNanos;
    /** Whether the frame that the idle listener was to get last was stale, and dropped. */
    private boolean missed;
    /** Whether detection of a frame failed: those after it are dropped. */
    private boolean undetected;
    /** Steps under this one take no frame any more. */
    private int open;

    private DropCause shut = DropCause.STOPPED;
    private ExamState phase = ExamState.READY;
    private boolean paused;
    private boolean capturing = true;
    private boolean captureOver;
    private @Nullable Thread captureThread;
    private @Nullable Throwable failure;
    RuntimeUse detector;
    RuntimeUse classifier;

    private final Condition changed;
    private final Runnable dropped;

    /**
     * An empty lane.
     *
     * @param detections frames of this lane that may be in detection at once where it examines every one
     * @param changed signalled when something changes for the source or the listener
     * @param dropped told when a frame has made room
     */
    Lane(
            ExamOptions options,
            Evidence evidence,
            int detections,
            Condition changed,
            Runnable dropped,
            RuntimeUse detector,
            RuntimeUse classifier) {
        this.changed = changed;
        this.dropped = dropped;
        policy = options.policy();
        this.evidence = evidence;
        this.detections = detections;
        deadlineNanos = TimeUnit.MILLISECONDS.toNanos(options.deadlineMillis());
        for (int step = 0; step < STEPS; step++) {
            waiting.add(new ArrayDeque<>(ROOM));
            paces[step] = new Pace();
        }
        this.detector = detector;
        this.classifier = classifier;
    }

    /** Takes what the source is: before its first frame, and not sooner than that is there. */
    void settle(SourceInfo source) {
        latest = policy == FramePolicy.LATEST || (policy == FramePolicy.BY_SOURCE && source.live());
        if (latest) {
            // Two at once would be twice as old each.
            detections = 1;
        }
        statedFrameTime = source.framesPerSecond() > 0 ? Math.round(1e9 / source.framesPerSecond()) : 0;
        tally.interval(source.live() ? statedFrameTime : 0);
    }

    Condition changed() {
        return changed;
    }

    // Control

    ExamState state() {
        return paused && (phase == ExamState.RUNNING || phase == ExamState.DRAINING) ? ExamState.PAUSED : phase;
    }

    /** Begins to capture, unless it was stopped before. */
    void start(Thread thread) {
        captureThread = thread;
        if (phase == ExamState.READY) {
            phase = ExamState.RUNNING;
        }
    }

    /** Has no effect on an exam that is about to end. */
    void pause() {
        if (phase != ExamState.READY && phase != ExamState.RUNNING) {
            return;
        }
        paused = true;
        tally.interrupted();
        if (latest) {
            dropWaiting(DETECT, DropCause.PAUSED);
        }
    }

    void resume() {
        paused = false;
        tally.interrupted();
    }

    void drain() {
        if (phase == ExamState.READY || phase == ExamState.RUNNING) {
            phase = ExamState.DRAINING;
        }
        resume();
        endCapture();
    }

    void stop() {
        if (phase == ExamState.READY || phase == ExamState.RUNNING || phase == ExamState.DRAINING) {
            phase = ExamState.STOPPING;
        }
        shut(STEPS, DropCause.STOPPED);
        endCapture();
    }

    /** Frames ahead of the step go on; the one in it and those behind it are dropped. */
    private void fail(int step, Throwable cause) {
        if (failure == null) {
            failure = cause;
            phase = ExamState.FAILING;
        }
        resume();
        shut(step + 1, DropCause.FAILURE);
        endCapture();
    }

    void end() {
        phase = failure == null ? ExamState.ENDED : ExamState.FAILED;
    }

    @Nullable
    Throwable failure() {
        return failure;
    }

    private void shut(int step, DropCause cause) {
        if (step > open) {
            open = step;
            shut = cause;
        }
        for (int s = 0; s < open; s++) {
            dropWaiting(s, shut);
        }
    }

    private void endCapture() {
        capturing = false;
        if (captureThread != null && !captureOver) {
            captureThread.interrupt();
        }
    }

    // Capture

    boolean capturing() {
        return capturing;
    }

    /** Whether a frame that was captured has to wait. */
    boolean full() {
        return !latest && open == 0 && !waiting.get(DETECT).isEmpty();
    }

    void captured(Work work) {
        if (tally.captured() > 0) {
            // A mean, as frames of a network come in bursts; a gap is no pace.
            long gap = Math.min(work.frame.capturedNanos() - lastCapturedNanos, LONGEST_FRAME_TIME);
            frameTime += tally.captured() == 1 ? gap : (gap - frameTime) / 16;
        }
        lastCapturedNanos = work.frame.capturedNanos();
        tally.captured(work.captureNanos);
        if (latest && open == 0 && paused) {
            drop(work, DropCause.PAUSED);
        } else if (latest && open == 0 && !capturing) {
            drop(work, DropCause.DRAINING);
        } else {
            arrive(DETECT, work);
        }
    }

    /**
     * No more frames will come.
     *
     * @param cause why, if the source failed; frames captured before are delivered
     */
    void captureOver(@Nullable Throwable cause) {
        if (cause != null && failure == null) {
            failure = cause;
            phase = ExamState.FAILING;
            resume();
        } else if (phase == ExamState.RUNNING) {
            phase = ExamState.DRAINING;
        }
        capturing = false;
        captureOver = true;
    }

    // Steps

    /** Whether no frame will come to the listener any more. */
    boolean dry() {
        return captureOver
                && detecting.isEmpty()
                && inStep[CLASSIFY] == null
                && waiting.stream().allMatch(ArrayDeque::isEmpty);
    }

    int underway() {
        int n = detecting.size();
        for (int step = 0; step < STEPS; step++) {
            n += waiting.get(step).size() + (inStep[step] == null ? 0 : 1);
        }
        return n;
    }

    boolean waits(int step) {
        return !waiting.get(step).isEmpty();
    }

    /**
     * How long until a step may begin with this lane's next frame: 0 for at once.
     *
     * @param classifyNanos until classification will have served the others, judging by lately; {@link #IDLE} if it has no frame
     * @param classifyOverdue whether that takes longer than it lately did
     */
    long delay(int step, long now, long classifyNanos, boolean classifyOverdue) {
        dropExpired(step, now);
        if (!waits(step) || (step == DETECT ? paused || !detects() : inStep[step] != null)) {
            return NEVER;
        }
        if (latest && step == DELIVER) {
            dropStale(now);
            return waits(DELIVER) ? 0 : NEVER;
        }
        if (latest) {
            return step == DETECT ? detectDelay(now, classifyNanos, classifyOverdue) : 0;
        }
        return step == DELIVER || waiting.get(step + 1).size() < ROOM ? 0 : NEVER;
    }

    /** Whether detection takes one more frame: beside another only while classification leaves its cores idle. */
    private boolean detects() {
        return detecting.isEmpty() || (detecting.size() < detections && inStep[CLASSIFY] == null && !waits(CLASSIFY));
    }

    /**
     * The later of two moments: when a frame detected from then on meets classification idle, and when one detected and classified
     * from then on meets the listener idle. What is overdue is not waited for: the frame that waits for it is replaced by newer ones
     * until it is taken.
     */
    private long detectDelay(long now, long classifyNanos, boolean classifyOverdue) {
        long detect = paces[DETECT].high();
        long classify = paces[CLASSIFY].low();
        long free = Math.max(0, classifyNanos) + (waits(CLASSIFY) ? classify : 0);
        long delay = classifyOverdue ? 0 : Math.max(0, free - detect);
        long inference = detect + paces[CLASSIFY].high();
        boolean overdue = overdue(DELIVER, now);
        dropStale(now);
        if ((waits(CLASSIFY) && classifyNanos == IDLE) || (waits(DELIVER) && inStep[DELIVER] == null)) {
            // About to be taken: its thread wakes up.
            return NEVER;
        }
        long deliver = paces[DELIVER].low();
        long idle = left(DELIVER, now);
        Work ready = waiting.get(DELIVER).peek();
        if (ready != null && !(overdue && stale(ready, now + inference))) {
            idle += deliver;
        }
        if (overdue) {
            return Math.max(delay, idle - inference);
        }
        if (inStep[CLASSIFY] != null) {
            idle = Math.max(idle, left(CLASSIFY, now)) + deliver;
        }
        if (waits(CLASSIFY)) {
            idle = Math.max(idle, free) + deliver;
        }
        return Math.max(delay, idle - inference);
    }

    /**
     * Whether a frame will be older at a time than two frame times and its own inference: the listener has use for a newer one.
     */
    private boolean stale(Work work, long time) {
        long frame = Math.max(statedFrameTime, frameTime);
        return frame > 0 && time - work.frame.capturedNanos() > 2 * frame + work.detectNanos + work.classifyNanos;
    }

    /**
     * Drops the frame that waits for the listener if it will be stale by then. An idle listener never misses two in a row: on a
     * machine that is short of time it gets old frames rather than none.
     */
    private void dropStale(long now) {
        Work ready = waiting.get(DELIVER).peek();
        boolean idle = inStep[DELIVER] == null;
        if (ready != null && stale(ready, now + left(DELIVER, now)) && !(idle && missed)) {
            missed = idle;
            dropWaiting(DELIVER, DropCause.BUSY);
        }
    }

    /** How long what is in a step after detection will take yet, judging by lately; 0 for nothing. */
    long left(int step, long now) {
        Work work = inStep[step];
        return work == null ? 0 : Math.max(0, paces[step].low() - (now - work.begunNanos));
    }

    /** Whether what is in a step after detection takes longer than it lately did. */
    boolean overdue(int step, long now) {
        Work work = inStep[step];
        Pace pace = paces[step];
        return work != null && now - work.begunNanos > Math.min(pace.longest(), 2 * pace.high());
    }

    /** How long a step takes this lane's frames, at the least. */
    long usual(int step) {
        return paces[step].low();
    }

    Work begin(int step, long now) {
        Work work = waiting.get(step).remove();
        if (step == DELIVER) {
            missed = false;
        }
        if (step == DETECT) {
            detecting.add(work);
        } else {
            inStep[step] = work;
        }
        work.begunNanos = now;
        return work;
    }

    /**
     * Passes a frame on, or ends its way where it was delivered or the step failed.
     *
     * @param cause why it failed, if it did
     */
    void end(int step, Work work, long now, @Nullable Throwable cause) {
        paces[step].record(now - work.begunNanos);
        if (step == DETECT) {
            work.detected = true;
            work.failure = cause;
            endDetected();
            return;
        }
        inStep[step] = null;
        if (cause != null) {
            drop(work, DropCause.FAILURE);
            fail(step, cause);
        } else if (step == DELIVER) {
            tally.delivered(work.frame.capturedNanos(), work.begunNanos - work.frame.capturedNanos());
            work.frame.close();
        } else {
            arrive(step + 1, work);
        }
    }

    /** Passes on the frames that detection is through with, up to the first that it is not. */
    private void endDetected() {
        while (!detecting.isEmpty() && detecting.element().detected) {
            Work work = detecting.remove();
            if (work.failure != null) {
                undetected = true;
                fail(DETECT, work.failure);
            }
            if (undetected) {
                drop(work, DropCause.FAILURE);
            } else {
                arrive(CLASSIFY, work);
            }
        }
    }

    private void arrive(int step, Work work) {
        if (step < open) {
            drop(work, shut);
            return;
        }
        if (latest) {
            dropWaiting(step, DropCause.BUSY);
        }
        waiting.get(step).add(work);
    }

    private void dropExpired(int step, long now) {
        ArrayDeque<Work> queue = waiting.get(step);
        while (deadlineNanos > 0
                && !queue.isEmpty()
                && now - Objects.requireNonNull(queue.peek()).frame.capturedNanos() > deadlineNanos) {
            drop(queue.remove(), DropCause.DEADLINE);
        }
    }

    private void dropWaiting(int step, DropCause cause) {
        ArrayDeque<Work> queue = waiting.get(step);
        while (!queue.isEmpty()) {
            drop(queue.remove(), cause);
        }
    }

    private void drop(Work work, DropCause cause) {
        tally.dropped(cause);
        work.frame.close();
        dropped.run();
    }
}

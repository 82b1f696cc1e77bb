package io.derm.pipeline;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.RuntimeUse;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A candidate beside the live one. It has one frame waiting and two threads, so the exam waits for neither. One opens the candidate, has
 * it answer frames and closes it or, where it passed, what it replaced. The other watches the time and completes the future: so a
 * candidate that never comes back holds up its own thread alone, which closes it should it come back after all.
 *
 * @param <M> what is replaced
 */
final class Trial<M extends AutoCloseable> {
    private static final Logger LOG = LoggerFactory.getLogger(Trial.class);

    private final Swap<M> swap;
    private final Swap.Version<M> proposed;
    private final SwapOptions options;
    private final boolean back;
    private final CompletableFuture<SwapStatus> result = new CompletableFuture<>();
    private final CountDownLatch gone = new CountDownLatch(1);
    /** For one frame that waits and one that is compared. */
    private final FramePool copies = new FramePool(2);
    // Of the candidate's thread.
    private final Agreement agreement = new Agreement();
    private final long[] liveTimes;
    private final long[] candidateTimes;
    private int compared;
    // Guarded by this.
    private SwapStatus told;
    private @Nullable SwapStatus outcome;
    private @Nullable Sample<M, ?> waiting;
    private @Nullable Thread thread;
    /** Whether the candidate is being opened or asked: what is closed is not to be interrupted. */
    private boolean interruptible;
    /** Whether it is known what comes of it, though what it replaced may have to be closed yet. */
    private boolean decided;
    /** When it is given up. */
    private long limitNanos;

    Trial(Swap<M> swap, Swap.Version<M> proposed, SwapOptions options, boolean back) {
        this.swap = swap;
        this.proposed = proposed;
        this.options = options;
        this.back = back;
        liveTimes = new long[options.frames()];
        candidateTimes = new long[options.frames()];
        told = new SwapStatus(
                SwapState.OPENING, proposed.name(), 0, options.frames(), OptionalDouble.empty(), 0, 0, "");
        limitNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(swap.limits.openMillis());
    }

    // For everybody else

    CompletableFuture<SwapStatus> result() {
        return result;
    }

    synchronized SwapStatus told() {
        return told;
    }

    synchronized void start() {
        thread = named("derm-swap-" + swap.task, this::tryOut);
        named("derm-swap-" + swap.task + "-watch", this::watch).start();
    }

    private Thread named(String name, Runnable does) {
        Thread made = Objects.requireNonNull(swap.threads.newThread(does));
        made.setName(name);
        made.setDaemon(true);
        return made;
    }

    /**
     * Takes the newest frame; one that still waits makes room. Called by one thread at a time.
     *
     * @param frame borrowed
     * @param regions the caller's, as is {@code answer}
     */
    <A> void offer(
            Frame frame,
            List<Box> regions,
            Swap.Question<M, A> question,
            Swap.Comparison<A> comparison,
            List<A> answer,
            long liveNanos) {
        if (!takes(frame)) {
            return;
        }
        try {
            put(Sample.of(frame, copies, regions, question, comparison, answer, liveNanos));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | OutOfMemoryError e) {
            // The exam has its answer all the same.
            refuse("a frame cannot be kept for it: " + e);
        }
    }

    /** A frame to be copied is not wanted while one waits: copies that nobody looks at would cost the exam more than they tell. */
    private synchronized boolean takes(Frame frame) {
        return !decided && (waiting == null || frame.pooled());
    }

    private synchronized void put(Sample<M, ?> sample) {
        if (decided) {
            sample.close();
            return;
        }
        dropWaiting();
        waiting = sample;
        notifyAll();
    }

    private void dropWaiting() {
        if (waiting != null) {
            waiting.close();
            waiting = null;
        }
    }

    /** Ends it, whatever the candidate is at. Has no effect where it is decided already. */
    synchronized void refuse(String reason) {
        if (!decide()) {
            return;
        }
        if (interruptible && thread != null) {
            thread.interrupt();
        }
        end(SwapState.REFUSED, reason);
    }

    /** Answers whether it was not decided before, which who decides it must know. */
    synchronized boolean decide() {
        if (decided) {
            return false;
        }
        decided = true;
        dropWaiting();
        swap.decided();
        return true;
    }

    private synchronized void end(SwapState state, String reason) {
        told = told.ended(state, reason);
        outcome = told;
        swap.tell(told);
        notifyAll();
    }

    /**
     * Waits until the candidate, or what it replaced, is closed.
     *
     * @return whether this thread was interrupted meanwhile
     */
    boolean awaitGone(long untilNanos) {
        boolean interrupted = false;
        while (true) {
            try {
                // Past the time it is looked at all the same.
                boolean went = gone.await(untilNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (!went) {
                    LOG.warn("The new {} {} does not come back and is left behind", swap.task, proposed.name());
                }
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    // The thread that watches

    private void watch() {
        try {
            startCandidate();
        } catch (RuntimeException | Error e) {
            left();
            refuse("it has no thread: " + e.getMessage());
        }
        result.complete(outcome());
    }

    private synchronized void startCandidate() {
        Objects.requireNonNull(thread).start();
    }

    private synchronized SwapStatus outcome() {
        while (outcome == null) {
            long left = limitNanos - System.nanoTime();
            try {
                if (decided) {
                    // Only what it replaced has to be closed.
                    wait();
                } else if (left > 0) {
                    TimeUnit.NANOSECONDS.timedWait(this, left);
                } else {
                    refuse(overdue());
                }
            } catch (InterruptedException e) {
                LOG.debug("Interrupted, which nobody has a reason for", e);
            }
        }
        return outcome;
    }

    private String overdue() {
        return told.state() == SwapState.OPENING
                ? "it is not open after " + swap.limits.openMillis() / 1000 + " s"
                : "it does not come back from a frame, " + swap.limits.answerMillis() / 1000
                        + " s after the end of its time";
    }

    // The candidate's thread

    private void tryOut() {
        try {
            if (begin()) {
                M candidate = null;
                String refusal;
                try {
                    candidate = proposed.opener().get();
                    refusal = tried(candidate);
                } catch (InterruptedException e) {
                    refusal = "it was interrupted";
                } catch (RuntimeException | Error e) {
                    LOG.debug("The new {} failed", swap.task, e);
                    refusal = e.getMessage() == null ? e.toString() : e.getMessage();
                }
                finish(candidate, refusal);
            }
        } finally {
            left();
        }
    }

    private void left() {
        swap.gone(this);
        gone.countDown();
    }

    private synchronized boolean begin() {
        interruptible = !decided;
        return interruptible;
    }

    private String tried(M candidate) throws InterruptedException {
        long until = opened();
        int warmUps = 0;
        long rest = 0;
        while (warmUps < options.warmUps() || compared < options.frames()) {
            // The exam needs the cores more.
            TimeUnit.NANOSECONDS.sleep(Math.min(rest, until - System.nanoTime()));
            try (Sample<M, ?> sample = next(until)) {
                if (sample == null) {
                    break;
                }
                long start = System.nanoTime();
                double weight = agreement.weight();
                boolean warm = warmUps >= options.warmUps();
                sample.compare(candidate, warm ? agreement : new Agreement());
                rest = System.nanoTime() - start;
                if (!warm) {
                    warmUps++;
                } else if (agreement.weight() > weight) {
                    liveTimes[compared] = sample.liveNanos();
                    candidateTimes[compared++] = rest;
                    progress();
                }
            }
        }
        return refusal(candidate);
    }

    /** The time of the trial begins; gives its end. */
    private synchronized long opened() {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.timeoutMillis());
        limitNanos = until + TimeUnit.MILLISECONDS.toNanos(swap.limits.answerMillis());
        progress();
        notifyAll();
        return until;
    }

    /** Waits for a frame; null if none came in time, the time is up, or it is decided. */
    private synchronized @Nullable Sample<M, ?> next(long untilNanos) throws InterruptedException {
        long left = untilNanos - System.nanoTime();
        while (waiting == null && !decided && left > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
            left = untilNanos - System.nanoTime();
        }
        if (left <= 0) {
            // However many frames come: one that finds nothing in them has nothing to compare.
            return null;
        }
        Sample<M, ?> sample = waiting;
        waiting = null;
        return sample;
    }

    private synchronized void progress() {
        if (decided) {
            return;
        }
        told = new SwapStatus(
                SwapState.ON_TRIAL,
                proposed.name(),
                compared,
                options.frames(),
                agreement.weight() == 0 ? OptionalDouble.empty() : OptionalDouble.of(agreement.share()),
                median(liveTimes),
                median(candidateTimes),
                "");
        swap.tell(told);
    }

    private long median(long[] times) {
        long[] sorted = Arrays.copyOf(times, compared);
        Arrays.sort(sorted);
        return compared == 0 ? 0 : sorted[compared / 2];
    }

    private String refusal(M candidate) {
        RuntimeUse use = swap.about.apply(candidate).runtime();
        if (use.fellBack()) {
            return "its runtime failed: it is run by " + use;
        }
        if (compared < options.frames()) {
            return "only " + compared + " of " + options.frames() + " frames with anything to compare came within "
                    + options.timeoutMillis() / 1000 + " s";
        }
        if (compared > 0 && agreement.share() < options.minAgreement()) {
            return String.format(
                    Locale.ROOT,
                    "%.1f %% of its answers are those of the live one, expected at least %.1f %%",
                    100 * agreement.share(),
                    100 * options.minAgreement());
        }
        double slowdown = (double) median(candidateTimes) / Math.max(1, median(liveTimes));
        if (compared > 0 && slowdown > options.maxSlowdown()) {
            return String.format(
                    Locale.ROOT,
                    "it takes %.1f ms a frame, the live one %.1f ms, expected at most %.2f times as much",
                    median(candidateTimes) / 1e6,
                    median(liveTimes) / 1e6,
                    options.maxSlowdown());
        }
        return "";
    }

    /** Switches to the candidate or not, closes the one that is not live, and tells. */
    private void finish(@Nullable M candidate, String refusal) {
        uninterruptible();
        M replaced = candidate != null && refusal.isEmpty() ? swap.replace(this, candidate, proposed, back) : null;
        M unused = replaced != null ? replaced : candidate;
        try {
            if (unused != null) {
                swap.close(unused);
            }
        } catch (RuntimeException | Error e) {
            LOG.warn("A {} that is no longer used could not be closed: {}", swap.task, e.toString());
        }
        if (replaced != null) {
            end(SwapState.SWITCHED, "");
        } else {
            refuse(refusal);
        }
    }

    private synchronized void uninterruptible() {
        interruptible = false;
        // What came late is not for what is closed now.
        Thread.interrupted();
    }
}

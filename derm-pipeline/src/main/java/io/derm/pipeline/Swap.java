package io.derm.pipeline;

import io.derm.api.Frame;
import io.derm.api.RuntimeUse;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A detector or classifier that another takes the place of between two frames. The lock {@code running} is held while the live one
 * answers, and by who replaces it; the trial has a thread of its own and one frame waiting, so the exam waits for neither.
 *
 * @param <M> what is replaced
 */
final class Swap<M extends AutoCloseable> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Swap.class);
    /** How many replaced ones can be gone back to, one by one. */
    private static final int REMEMBERED = 8;

    /** Asks for an answer. */
    interface Question<M, A> {
        A ask(M model, Frame frame);
    }

    /** Compares two answers. */
    interface Comparison<A> {
        void add(Agreement agreement, A live, A candidate);
    }

    /** How one was opened, to open it again. */
    private record Version<M>(String name, Supplier<? extends M> opener) {}

    private final String task;
    private final Function<M, RuntimeUse> runtime;
    private final ReentrantLock running = new ReentrantLock();
    private final Deque<Version<M>> before = new ArrayDeque<>();
    private volatile M live;
    private volatile Version<M> version;
    private volatile SwapStatus status = SwapStatus.NONE;
    private volatile @Nullable Trial trial;
    private @Nullable Thread thread;
    private boolean closed;

    Swap(String task, String name, Supplier<? extends M> opener, Function<M, RuntimeUse> runtime) {
        this.task = task;
        this.runtime = runtime;
        version = new Version<>(name, opener);
        live = opener.get();
    }

    M live() {
        return live;
    }

    String name() {
        return version.name();
    }

    SwapStatus status() {
        return status;
    }

    <A> A run(Frame frame, Question<M, A> question, Comparison<A> comparison) {
        running.lock();
        try {
            long start = System.nanoTime();
            A answer = question.ask(live, frame);
            Trial on = trial;
            if (on != null) {
                on.offer(new Sample<>(frame, question, comparison, answer, System.nanoTime() - start));
            }
            return answer;
        } finally {
            running.unlock();
        }
    }

    synchronized CompletableFuture<SwapStatus> propose(
            String name, Supplier<? extends M> opener, SwapOptions options, boolean back) {
        if (closed || status.underway()) {
            throw new IllegalStateException("The " + task + (closed ? " is closed" : " has a swap under way"));
        }
        CompletableFuture<SwapStatus> result = new CompletableFuture<>();
        Trial started = new Trial(new Version<>(name, opener), options, back, result);
        started.tell(SwapState.OPENING, "");
        Thread runs = new Thread(started, "derm-swap-" + task);
        runs.setDaemon(true);
        thread = runs;
        runs.start();
        return result;
    }

    synchronized CompletableFuture<SwapStatus> rollback() {
        Version<M> last = before.peek();
        if (last == null) {
            throw new IllegalStateException("The " + task + " has not been replaced, there is nothing to go back to");
        }
        return propose(last.name(), last.opener(), SwapOptions.unchecked(), true);
    }

    boolean canRollBack() {
        synchronized (this) {
            return !before.isEmpty();
        }
    }

    void cancel() {
        Trial on = trial;
        if (on != null) {
            on.cancel();
        }
    }

    @Override
    public void close() {
        Thread last;
        synchronized (this) {
            closed = true;
            last = thread;
        }
        cancel();
        boolean interrupted = last != null && Exams.joinUninterruptibly(last);
        running.lock();
        try {
            close(live);
        } finally {
            running.unlock();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void close(M model) {
        try {
            model.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("Closing the " + task, e);
        }
    }

    /** A frame with what the live one said of it. Owns its lease. */
    private final class Sample<A> implements AutoCloseable {
        private final Frame frame;
        private final Question<M, A> question;
        private final Comparison<A> comparison;
        private final A answer;
        private final long liveNanos;

        Sample(Frame frame, Question<M, A> question, Comparison<A> comparison, A answer, long liveNanos) {
            this.frame = frame.retain();
            this.question = question;
            this.comparison = comparison;
            this.answer = answer;
            this.liveNanos = liveNanos;
        }

        void compare(M candidate, Agreement agreement) {
            comparison.add(agreement, answer, question.ask(candidate, frame));
        }

        @Override
        public void close() {
            frame.close();
        }
    }

    private final class Trial implements Runnable {
        private final Version<M> proposed;
        private final SwapOptions options;
        private final boolean back;
        private final CompletableFuture<SwapStatus> result;
        private final Agreement agreement = new Agreement();
        private final long[] liveTimes;
        private final long[] candidateTimes;
        private int compared;
        // Guarded by this.
        private @Nullable Sample<?> waiting;
        private boolean cancelled;
        private boolean over;

        Trial(Version<M> proposed, SwapOptions options, boolean back, CompletableFuture<SwapStatus> result) {
            this.proposed = proposed;
            this.options = options;
            this.back = back;
            this.result = result;
            liveTimes = new long[options.frames()];
            candidateTimes = new long[options.frames()];
            trial = this;
        }

        void tell(SwapState state, String reason) {
            status = new SwapStatus(
                    state,
                    proposed.name(),
                    compared,
                    options.frames(),
                    agreement.weight() == 0 ? OptionalDouble.empty() : OptionalDouble.of(agreement.share()),
                    median(liveTimes),
                    median(candidateTimes),
                    reason);
        }

        private long median(long[] times) {
            long[] sorted = Arrays.copyOf(times, compared);
            Arrays.sort(sorted);
            return compared == 0 ? 0 : sorted[compared / 2];
        }

        /** Takes the newest frame; one that still waits makes room. */
        synchronized void offer(Sample<?> sample) {
            if (over || cancelled) {
                sample.close();
                return;
            }
            if (waiting != null) {
                waiting.close();
            }
            waiting = sample;
            notifyAll();
        }

        synchronized void cancel() {
            cancelled = true;
            notifyAll();
        }

        private synchronized boolean cancelled() {
            return cancelled;
        }

        /** Waits for a frame; null if none came in time, or it was cancelled. */
        private synchronized @Nullable Sample<?> next(long untilNanos) throws InterruptedException {
            long left = untilNanos - System.nanoTime();
            while (waiting == null && !cancelled && left > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
                left = untilNanos - System.nanoTime();
            }
            Sample<?> sample = waiting;
            waiting = null;
            return sample;
        }

        private synchronized void end() {
            over = true;
            if (waiting != null) {
                waiting.close();
                waiting = null;
            }
        }

        @Override
        public void run() {
            String refusal;
            M candidate = null;
            try {
                candidate = proposed.opener().get();
                tell(SwapState.ON_TRIAL, "");
                refusal = tried(candidate);
            } catch (InterruptedException e) {
                refusal = "it was interrupted";
            } catch (RuntimeException | Error e) {
                LOG.debug("The new {} failed", task, e);
                refusal = e.getMessage() == null ? e.toString() : e.getMessage();
            }
            trial = null;
            end();
            try {
                finish(candidate, refusal);
            } finally {
                result.complete(status);
            }
        }

        private String tried(M candidate) throws InterruptedException {
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.timeoutMillis());
            int warmUps = 0;
            while (warmUps < options.warmUps() || compared < options.frames()) {
                try (Sample<?> sample = next(until)) {
                    if (sample == null) {
                        break;
                    }
                    long start = System.nanoTime();
                    double weight = agreement.weight();
                    boolean warm = warmUps >= options.warmUps();
                    sample.compare(candidate, warm ? agreement : new Agreement());
                    long took = System.nanoTime() - start;
                    if (!warm) {
                        warmUps++;
                    } else if (agreement.weight() > weight) {
                        liveTimes[compared] = sample.liveNanos;
                        candidateTimes[compared++] = took;
                        tell(SwapState.ON_TRIAL, "");
                    }
                    // The exam needs the cores more.
                    TimeUnit.NANOSECONDS.sleep(took);
                }
            }
            return refusal(candidate);
        }

        private String refusal(M candidate) {
            if (cancelled()) {
                return "it was cancelled";
            }
            RuntimeUse use = runtime.apply(candidate);
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

        private void finish(@Nullable M candidate, String refusal) {
            M done = candidate;
            if (candidate != null && refusal.isEmpty()) {
                done = switchTo(candidate);
            }
            try {
                if (done != null) {
                    close(done);
                }
            } catch (RuntimeException e) {
                LOG.warn("A {} that is no longer used could not be closed: {}", task, e.getMessage());
            }
            tell(refusal.isEmpty() ? SwapState.SWITCHED : SwapState.REFUSED, refusal);
        }

        /** Between two frames; gives the one replaced. */
        private M switchTo(M candidate) {
            synchronized (Swap.this) {
                if (back) {
                    before.pop();
                } else {
                    before.push(version);
                    if (before.size() > REMEMBERED) {
                        before.removeLast();
                    }
                }
                running.lock();
                try {
                    M replaced = live;
                    live = candidate;
                    version = proposed;
                    return replaced;
                } finally {
                    running.unlock();
                }
            }
        }
    }
}

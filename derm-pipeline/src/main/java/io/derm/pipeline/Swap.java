package io.derm.pipeline;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.RuntimeUse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A detector or classifier that another takes the place of between two frames, by a {@link Trial}. The lock {@code running} is held
 * while the live one answers, and by who replaces it. Locks are taken in this order: {@code running}, this, a trial.
 *
 * @param <M> what is replaced
 */
final class Swap<M extends AutoCloseable> implements AutoCloseable {
    /** How many replaced ones can be gone back to, one by one. */
    private static final int REMEMBERED = 8;

    /** Asks for an answer. */
    interface Question<M, A> {
        /**
         * Asks one.
         *
         * @param regions what a classifier is asked of; a detector has none
         */
        List<A> ask(M model, Frame frame, List<Box> regions);
    }

    /** Compares two answers. */
    interface Comparison<A> {
        void add(Agreement agreement, List<A> live, List<A> candidate);
    }

    /** How one was opened, to open it again. */
    record Version<M>(String name, Supplier<? extends M> opener) {}

    /** What is to be known of the one that gave an answer once it may be closed. */
    record Answerer(RuntimeUse runtime, double confirmScore) {}

    /**
     * How long what may never come back is waited for.
     *
     * @param openMillis for a candidate to be opened, which may take the building of an engine
     * @param answerMillis for it to come back from the frame that it has at the end of its time
     * @param closeMillis for it to be closed, by {@link Swap#close}
     */
    record Limits(long openMillis, long answerMillis, long closeMillis) {
        static final Limits USUAL = new Limits(3_600_000, 10_000, 5_000);
    }

    final String task;
    final Function<M, Answerer> about;
    final Limits limits;
    final ThreadFactory threads;
    /** Fair, as one that answers frame upon frame would else have the lock again before who replaces it wakes up. */
    private final ReentrantLock running = new ReentrantLock(true);

    private final Deque<Version<M>> before = new ArrayDeque<>();
    /** Those whose candidate, or what it replaced, may be open yet. */
    private final List<Trial<M>> trials = new ArrayList<>();

    private volatile M live;
    private volatile @Nullable Answerer answerer;
    private volatile Version<M> version;
    private volatile SwapStatus status = SwapStatus.NONE;
    private volatile @Nullable Trial<M> trial;
    private boolean closed;

    Swap(String task, String name, Supplier<? extends M> opener, Function<M, Answerer> about) {
        this(task, name, opener, about, Limits.USUAL, Thread::new);
    }

    Swap(
            String task,
            String name,
            Supplier<? extends M> opener,
            Function<M, Answerer> about,
            Limits limits,
            ThreadFactory threads) {
        this.task = task;
        this.about = about;
        this.limits = limits;
        this.threads = threads;
        version = new Version<>(name, opener);
        live = opener.get();
    }

    M live() {
        return live;
    }

    /** The one that gave the last answer, also where it was replaced since; before the first the live one. */
    Answerer answerer() {
        Answerer last = answerer;
        return last != null ? last : about.apply(live);
    }

    String name() {
        return version.name();
    }

    SwapStatus status() {
        return status;
    }

    <A> List<A> run(Frame frame, List<Box> regions, Question<M, A> question, Comparison<A> comparison) {
        running.lock();
        try {
            long start = System.nanoTime();
            List<A> answer;
            try {
                answer = question.ask(live, frame, regions);
            } finally {
                answerer = about.apply(live);
            }
            long took = System.nanoTime() - start;
            Trial<M> on = trial;
            if (on != null) {
                on.offer(frame, regions, question, comparison, answer, took);
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
        SwapStatus last = status;
        Trial<M> next = new Trial<>(this, new Version<>(name, opener), options, back);
        trials.add(next);
        trial = next;
        status = next.told();
        try {
            next.start();
        } catch (RuntimeException | Error e) {
            next.refuse("it has no thread");
            trials.remove(next);
            status = last;
            throw e;
        }
        return next.result();
    }

    synchronized CompletableFuture<SwapStatus> rollback() {
        Version<M> last = before.peek();
        if (last == null) {
            throw new IllegalStateException("The " + task + " has not been replaced, there is nothing to go back to");
        }
        return propose(last.name(), last.opener(), SwapOptions.unchecked(), true);
    }

    synchronized boolean canRollBack() {
        return !before.isEmpty();
    }

    void cancel() {
        Trial<M> on = trial;
        if (on != null) {
            on.refuse("it was cancelled");
        }
    }

    /** Where a trial stands; by the one under way, under its lock. */
    void tell(SwapStatus now) {
        status = now;
    }

    /** The trial under way is decided: it takes no frame any more. */
    void decided() {
        trial = null;
    }

    /** Nothing of a trial is open any more but what is live. */
    synchronized void gone(Trial<M> of) {
        trials.remove(of);
    }

    /**
     * Puts a candidate in the place of the live one, between two frames.
     *
     * @return what it replaced; null where its trial was ended meanwhile, and nothing was replaced
     */
    @Nullable
    M replace(Trial<M> by, M candidate, Version<M> proposed, boolean back) {
        running.lock();
        try {
            synchronized (this) {
                if (!by.decide()) {
                    return null;
                }
                if (back) {
                    before.pop();
                } else {
                    before.push(version);
                    if (before.size() > REMEMBERED) {
                        before.removeLast();
                    }
                }
                M replaced = live;
                live = candidate;
                version = proposed;
                return replaced;
            }
        } finally {
            running.unlock();
        }
    }

    @Override
    public void close() {
        List<Trial<M>> open;
        synchronized (this) {
            closed = true;
            open = List.copyOf(trials);
        }
        cancel();
        running.lock();
        try {
            close(live);
        } finally {
            running.unlock();
            awaitGone(open);
        }
    }

    private void awaitGone(List<Trial<M>> open) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limits.closeMillis());
        boolean interrupted = false;
        for (Trial<M> each : open) {
            interrupted |= each.awaitGone(until);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    void close(M model) {
        try {
            model.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("Closing the " + task, e);
        }
    }
}

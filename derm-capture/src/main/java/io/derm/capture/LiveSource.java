package io.derm.capture;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A live source that survives its camera: it reads another source on a thread of its own, gives it up when it makes no progress,
 * and opens it again until it comes back.
 *
 * <p><b>Newest frame.</b> One frame waits to be taken. A newer one replaces it, which closes it and counts it as dropped, so a slow
 * consumer gets fresh frames and never holds the source up. Numbers count every frame that came, also across reconnects: a gap
 * between two frames taken is what was dropped. Times rise strictly; an outage shows as the time it took. The size of frames may
 * change at any frame.
 *
 * <p><b>Giving up.</b> A connection without a frame for {@link LiveOptions#stallMillis()} is closed from another thread, which ends
 * a read that is blocked in FFmpeg. A thread that is stuck all the same, in a driver or in a resolver, is left behind; when it comes
 * back it frees what it opened. At most {@link LiveOptions#maxAbandoned()} such connections exist; the next waits for one of
 * them to come back.
 *
 * <p><b>Trying again.</b> Whatever ends a connection leads to another try, with the waits of {@link LiveOptions}. Errors that trying
 * again does not mend (no such device or stream, refused credentials) end it after {@link LiveOptions#permanentTries()} tries; once
 * frames have come only refused credentials do, since a camera that restarts or is plugged in again may be missing for a while.
 * {@link LiveOptions#giveUpMillis()} bounds how long it goes on without a frame.
 *
 * <p>A source whose {@link SourceInfo#live()} is false, e.g. a file or a film on a server, is read frame by frame with none dropped, and its end or
 * failure is the end.
 *
 * <p>A consumer must leave the source underneath three of its frames ({@link CaptureOptions#frames()}): one that holds them all
 * looks like a stall.
 *
 * <p>Confined but for {@link #close()} and {@link #status()}, which any thread may call.
 */
public final class LiveSource implements FrameSource {
    private static final Logger LOG = LoggerFactory.getLogger(LiveSource.class);
    private static final long CLOSE_NANOS = 500_000_000;
    private static final long ROOM_NANOS = 100_000_000;

    private final String name;
    private final Supplier<FrameSource> opener;
    private final LiveOptions options;
    private final Consumer<LiveStatus> listener;
    private final Backoff backoff;
    /** Of all connections, so that one more allocates no frames; null where the opener is not known to take one. */
    private final @Nullable FramePool pool;

    private final Thread supervisor;
    private final List<LiveConnection> abandoned = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition handedOver = lock.newCondition();
    private final Condition progress = lock.newCondition();
    private final ArrayDeque<LiveStatus> events = new ArrayDeque<>();
    private final LiveConnection.Sink sink = new Intake();

    private SourceInfo info;
    private LiveState state = LiveState.CONNECTING;
    private String reason = "first try";
    /** What the last connection ended in. */
    private String trouble = "no try has ended yet";

    private @Nullable Frame slot;
    private boolean closed;
    private boolean finished;
    private @Nullable CaptureException failure;

    private @Nullable LiveConnection current;
    private boolean live = true;
    private @Nullable CaptureException outcome;
    private int permanentTries;
    private long waitMillis;
    private boolean outage;

    private boolean framesCame;
    private long framesSinceNanos;
    private long lastCameNanos = System.nanoTime();
    private long outageNanos;
    private long connections;
    private long frames;
    private long dropped;
    private long sequenceBase;
    private long microsBase;
    private long lastMicros = -1;
    private long lastCapturedNanos;

    /**
     * Starts to connect to a source as {@link Sources#open(String, CaptureOptions)} names it; returns at once.
     *
     * @param listener told of each change of state, on a thread of this source that must not be held up
     */
    public static LiveSource open(
            String source, CaptureOptions capture, LiveOptions options, Consumer<LiveStatus> listener) {
        FramePool pool = new FramePool(capture.frames(), capture.trackLeases());
        LiveSource live = new LiveSource(
                Sources.redact(source), () -> Sources.open(source, capture, pool), options, listener, pool);
        live.connect();
        live.supervisor.start();
        return live;
    }

    /**
     * Starts to connect to a source of any kind; returns at once.
     *
     * @param name what a person calls it, without credentials
     * @param opener opens the source, each time anew; called on threads of this source, and where it blocks for ever a thread
     *     is lost until it returns
     * @param listener told of each change of state, on a thread of this source that must not be held up
     */
    public static LiveSource open(
            String name, Supplier<FrameSource> opener, LiveOptions options, Consumer<LiveStatus> listener) {
        LiveSource source = new LiveSource(name, opener, options, listener, null);
        source.connect();
        source.supervisor.start();
        return source;
    }

    /**
     * Opens a source as {@link Sources#open(String, CaptureOptions)} does and, where it is live, keeps it alive from then on. What a
     * person has got wrong, or a camera that is not there, so fails at once rather than after many tries.
     *
     * @param listener told of each change of state, on a thread of this source that must not be held up
     * @return a {@code LiveSource}, or the source itself where it is not live or is a pipe, whose writer does not come back
     * @throws CaptureException if the first connection cannot be made
     */
    public static FrameSource connect(
            String source, CaptureOptions capture, LiveOptions options, Consumer<LiveStatus> listener) {
        FrameSource first = Sources.open(source, capture);
        if (!first.info().live() || Sources.isPath(source)) {
            return first;
        }
        FramePool pool = first instanceof VideoSource video
                ? video.lendPool()
                : new FramePool(capture.frames(), capture.trackLeases());
        AtomicReference<@Nullable FrameSource> opened = new AtomicReference<>(first);
        Supplier<FrameSource> opener = () -> {
            FrameSource open = opened.getAndSet(null);
            return open != null ? open : Sources.open(source, capture, pool);
        };
        LiveSource live = new LiveSource(first.info().name(), opener, options, listener, pool);
        live.info = first.info();
        try {
            // From here on it is closed by the connection's thread.
            live.connect();
        } catch (RuntimeException | Error e) {
            first.close();
            throw e;
        }
        live.supervisor.start();
        return live;
    }

    private LiveSource(
            String name,
            Supplier<FrameSource> opener,
            LiveOptions options,
            Consumer<LiveStatus> listener,
            @Nullable FramePool pool) {
        this.pool = pool;
        this.name = name;
        this.opener = opener;
        this.options = options;
        this.listener = listener;
        this.backoff = new Backoff(options.firstDelayMillis(), options.maxDelayMillis(), new SplittableRandom());
        this.info = new SourceInfo(name, 0, 0, 0, -1, true);
        this.supervisor = new Thread(this::supervise, "derm-live");
        supervisor.setDaemon(true);
    }

    /** What the latest connection said of itself; of no size before the first. */
    @Override
    public SourceInfo info() {
        lock.lock();
        try {
            return info;
        } finally {
            lock.unlock();
        }
    }

    /** Where the source stands now. */
    public LiveStatus status() {
        lock.lock();
        try {
            abandoned.removeIf(LiveConnection::gone);
            return new LiveStatus(
                    state,
                    reason,
                    backoff.tries(),
                    connections,
                    frames,
                    dropped,
                    outageNanos() / 1_000_000,
                    abandoned.size());
        } finally {
            lock.unlock();
        }
    }

    /** Time without frames, the outage under way included; under the lock. */
    private long outageNanos() {
        boolean out = frames > 0
                && (state == LiveState.STALLED || state == LiveState.RETRYING || state == LiveState.CONNECTING);
        return outageNanos + (out ? System.nanoTime() - lastCameNanos : 0);
    }

    /**
     * Waits for a frame newer than the last.
     *
     * @return a lease that the caller closes; empty once the source has ended or was closed while this waited
     * @throws CaptureException once, if further tries would not help
     */
    @Override
    public Optional<Frame> next() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            if (closed) {
                throw new IllegalStateException("Source " + name + " is closed");
            }
            while (slot == null && !finished && !closed) {
                handedOver.await();
            }
            Frame frame = slot;
            if (frame != null) {
                slot = null;
                handedOver.signalAll();
                return Optional.of(frame);
            }
            if (failure != null) {
                CaptureException e = failure;
                failure = null;
                throw e;
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends the source. Waits up to half a second for its threads; one that is stuck frees what it opened when it comes back.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                finished = true;
                failure = null;
                if (slot != null) {
                    slot.close();
                    slot = null;
                }
                giveUp();
                handedOver.signalAll();
                progress.signalAll();
            }
        } finally {
            lock.unlock();
        }
        awaitThreads();
    }

    private void awaitThreads() {
        if (Thread.currentThread() == supervisor) {
            return;
        }
        long until = System.nanoTime() + CLOSE_NANOS;
        List<LiveConnection> open;
        lock.lock();
        try {
            open = List.copyOf(abandoned);
        } finally {
            lock.unlock();
        }
        try {
            for (LiveConnection connection : open) {
                connection.awaitGone(until);
            }
            supervisor.join(Math.max(1, (until - System.nanoTime()) / 1_000_000));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Gives the connection up; under the lock. */
    private void giveUp() {
        LiveConnection connection = current;
        if (connection != null) {
            current = null;
            abandoned.add(connection);
            connection.abandon();
        }
    }

    /** Connects, watches and waits until there is nothing more to do. */
    private void supervise() {
        try {
            boolean more = true;
            while (more) {
                do {
                    tell();
                } while (watch());
                more = again() && pause() && connect();
            }
        } catch (InterruptedException e) {
            close(); // Only a listener can have interrupted this thread.
        } catch (RuntimeException | Error e) {
            // A listener's error, or no thread is to be had.
            fail(LiveConnection.unexpected(name, e));
            throw e;
        } finally {
            finish();
        }
        tell();
    }

    private void fail(CaptureException e) {
        lock.lock();
        try {
            failure = closed ? null : e;
            enter(LiveState.FAILED, e.problem());
        } finally {
            lock.unlock();
        }
    }

    private void finish() {
        lock.lock();
        try {
            giveUp();
            finished = true;
            if (state != LiveState.FAILED) {
                enter(LiveState.ENDED, closed ? "closed" : "read to its end");
            }
            if (pool != null) {
                pool.close();
            }
            handedOver.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean connect() {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            framesCame = false;
            live = true;
            outcome = null;
            enter(LiveState.CONNECTING, backoff.tries() == 0 ? "first try" : "try " + (backoff.tries() + 1));
            current = new LiveConnection(name, opener, sink);
            current.start();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for something to happen to the connection. Answers whether it goes on. */
    private boolean watch() throws InterruptedException {
        lock.lock();
        try {
            LiveConnection connection = current;
            if (connection != null && events.isEmpty()) {
                long left = connection.remainingNanos(
                        TimeUnit.MILLISECONDS.toNanos(options.openMillis()),
                        TimeUnit.MILLISECONDS.toNanos(options.stallMillis()));
                // The only try, of a source that is not tried again, has the time that any try has.
                boolean patient = framesCame || options.giveUpMillis() == 0;
                long patience = patient ? Long.MAX_VALUE : patienceNanos();
                if (left <= 0) {
                    stalled(
                            connection.opening()
                                    ? "is not open after " + options.openMillis() + " ms"
                                    : "yields no frame for " + options.stallMillis() + " ms");
                } else if (patience <= 0) {
                    fail(givenUp(trouble, outcome));
                    giveUp();
                } else {
                    progress.awaitNanos(Math.min(left, patience));
                }
            }
            return current != null;
        } finally {
            lock.unlock();
        }
    }

    /** Time that is left to try until no frame has come for too long; under the lock. */
    private long patienceNanos() {
        return options.giveUpMillis() == LiveOptions.NEVER
                ? Long.MAX_VALUE
                : lastCameNanos + TimeUnit.MILLISECONDS.toNanos(options.giveUpMillis()) - System.nanoTime();
    }

    private void stalled(String what) {
        outcome = new CaptureException(216, name + " " + what, "check camera and network");
        enter(LiveState.STALLED, outcome.problem());
        giveUp();
    }

    /** What the end of a connection leads to: another try, or the end. */
    private boolean again() {
        lock.lock();
        try {
            CaptureException e = outcome;
            if (closed || state == LiveState.FAILED || (!live && e == null)) {
                return false;
            }
            boolean permanent =
                    e != null && !StreamErrors.transientFailure(e) && (connections == 0 || StreamErrors.refused(e));
            permanentTries = permanent ? permanentTries + 1 : 0;
            if (e != null && (!live || permanentTries >= options.permanentTries())) {
                fail(e);
                return false;
            }
            if (framesCame && lastCameNanos - framesSinceNanos >= options.stableMillis() * 1_000_000L) {
                backoff.reset();
            }
            String why = e == null ? name + " ended" : e.problem();
            trouble = why;
            long patience = patienceNanos();
            if (patience <= 0) {
                // Where there is no second try the end of a stream is that of the source.
                boolean whole = e == null && framesCame && options.giveUpMillis() == 0;
                if (!whole) {
                    fail(e != null && options.giveUpMillis() == 0 ? e : givenUp(why, e));
                }
                return false;
            }
            waitMillis = Math.min(backoff.nextMillis(), patience / 1_000_000 + 1);
            enter(LiveState.RETRYING, why);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private CaptureException givenUp(String why, @Nullable CaptureException e) {
        String problem = String.format(
                Locale.ROOT,
                "%s gives no picture for %.1f s and is given up: %s",
                name,
                (System.nanoTime() - lastCameNanos) / 1e9,
                why);
        String remedy = "check camera and network, or allow it more time to come back";
        return e == null ? new CaptureException(234, problem, remedy) : new CaptureException(234, problem, remedy, e);
    }

    /** Waits until it is time for the next try and there is room for one. */
    private boolean pause() throws InterruptedException {
        tell();
        lock.lock();
        try {
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMillis);
            while (!closed) {
                abandoned.removeIf(LiveConnection::gone);
                long left = until - System.nanoTime();
                if (left > 0) {
                    progress.awaitNanos(left);
                } else if (patienceNanos() <= 0) {
                    fail(givenUp(trouble, outcome));
                    return false;
                } else if (abandoned.size() >= options.maxAbandoned()) {
                    progress.awaitNanos(ROOM_NANOS);
                } else {
                    return true;
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Changes the state; under the lock. */
    private void enter(LiveState next, String why) {
        if (next == LiveState.LIVE || next == LiveState.ENDED || next == LiveState.FAILED) {
            outageNanos = outageNanos();
        }
        state = next;
        reason = why;
        events.add(status());
    }

    /** Hands the events to the listener; on the supervisor, without the lock. */
    private void tell() {
        while (true) {
            LiveStatus event;
            lock.lock();
            try {
                event = events.poll();
            } finally {
                lock.unlock();
            }
            if (event == null) {
                return;
            }
            log(event);
            try {
                listener.accept(event);
            } catch (RuntimeException e) {
                LOG.warn("The listener of {} failed at {}", name, event, e);
            }
        }
    }

    private void log(LiveStatus event) {
        switch (event.state()) {
            case LIVE -> LOG.info("{} is live", name);
            case FAILED -> LOG.warn("{} is given up: {}", name, event.reason());
            case RETRYING -> {
                // One warning an outage, however many tries it takes.
                if (!outage) {
                    LOG.warn("{} is lost and tried again: {}", name, event.reason());
                }
            }
            default -> {}
        }
        outage = event.state() != LiveState.LIVE && (outage || event.state() == LiveState.RETRYING);
    }

    /** What a connection's thread does to this source. */
    private final class Intake implements LiveConnection.Sink {
        @Override
        public void opened(LiveConnection connection, SourceInfo opened) {
            lock.lock();
            try {
                if (current == connection) {
                    info = opened;
                    live = opened.live();
                    progress.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void frame(LiveConnection connection, Frame frame) throws InterruptedException {
            try (frame) {
                lock.lock();
                try {
                    while (!live && slot != null && current == connection) {
                        handedOver.await();
                    }
                    if (current == connection) {
                        take(frame);
                    }
                } finally {
                    lock.unlock();
                }
            }
        }

        private void take(Frame frame) {
            long micros = frame.timestampMicros();
            if (!framesCame) {
                framesCame = true;
                framesSinceNanos = System.nanoTime();
                connections++;
                if (frames > 0) {
                    sequenceBase = frames - frame.sequence();
                    long outageMicros = (frame.capturedNanos() - lastCapturedNanos) / 1000;
                    microsBase = lastMicros + outageMicros - micros;
                }
                enter(LiveState.LIVE, connections == 1 ? "frames come" : "frames come again");
                progress.signalAll();
            }
            long sequence = Math.max(frames, sequenceBase + frame.sequence());
            lastMicros = Math.max(lastMicros + 1, microsBase + micros);
            lastCapturedNanos = frame.capturedNanos();
            lastCameNanos = System.nanoTime();
            frames = sequence + 1;
            if (slot != null) {
                slot.close();
                dropped++;
            }
            slot = frame.retain(sequence, lastMicros);
            handedOver.signalAll();
        }

        @Override
        public void finished(LiveConnection connection, @Nullable CaptureException failed) {
            lock.lock();
            try {
                if (current == connection) {
                    current = null;
                    outcome = failed;
                    progress.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}

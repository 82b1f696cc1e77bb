package io.derm.samples;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A recording that is played at its own rate, as a camera that shows it would: it says that it is live, so an exam takes the newest frame,
 * and it can be held. A frame is decoded when it is due. Owns the recording. Confined as {@link FrameSource} says; {@link #hold} may
 * come from any thread.
 */
final class PacedSource implements FrameSource {
    /** Pictures without a rate, one after the other. */
    private static final long SECOND = TimeUnit.SECONDS.toMicros(1);
    /** So far behind, what is missing is not made up for. */
    private static final long MOST_BEHIND_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final FrameSource recording;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean held;
    private boolean closed;
    private boolean started;
    private long startNanos;
    private long dueMicros;
    private long lastMicros;
    private long stepMicros;

    PacedSource(FrameSource recording) {
        this.recording = recording;
        double rate = recording.info().framesPerSecond();
        stepMicros = rate > 0 ? Math.round(SECOND / rate) : SECOND;
    }

    @Override
    public SourceInfo info() {
        SourceInfo of = recording.info();
        return new SourceInfo(of.name(), of.width(), of.height(), of.framesPerSecond(), of.frames(), true);
    }

    /** Stops the clock of the recording, or lets it go on from there. */
    void hold(boolean still) {
        lock.lock();
        try {
            held = still;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<Frame> next() throws InterruptedException {
        awaitDue();
        Optional<Frame> frame = recording.next();
        frame.ifPresent(f -> {
            long step = f.timestampMicros() - lastMicros;
            stepMicros = started && step > 0 ? step : stepMicros;
            started = true;
            lastMicros = f.timestampMicros();
            dueMicros = lastMicros + stepMicros;
        });
        return frame;
    }

    private void awaitDue() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            if (!started) {
                startNanos = System.nanoTime();
            }
            while (!closed) {
                long left = startNanos + TimeUnit.MICROSECONDS.toNanos(dueMicros) - System.nanoTime();
                if (held) {
                    changed.await();
                } else if (left > 0) {
                    changed.awaitNanos(left);
                } else {
                    startNanos -= left < -MOST_BEHIND_NANOS ? left : 0;
                    return;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        recording.close();
    }
}

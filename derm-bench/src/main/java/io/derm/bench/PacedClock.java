package io.derm.bench;

import java.util.concurrent.locks.LockSupport;

/** Time as a paced run sees it. Thread-safe. */
interface PacedClock {
    /** Now, on the clock of {@link System#nanoTime()}. */
    long nanos();

    /** Waits until then; returns at once where that is past. */
    void sleepUntil(long nanos) throws InterruptedException;

    /** The clock of this machine. */
    static PacedClock system() {
        return new PacedClock() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public void sleepUntil(long nanos) throws InterruptedException {
                for (long left = nanos - nanos(); left > 0; left = nanos - nanos()) {
                    LockSupport.parkNanos(left);
                    if (Thread.interrupted()) {
                        throw new InterruptedException();
                    }
                }
            }
        };
    }
}

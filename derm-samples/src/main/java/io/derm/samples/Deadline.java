package io.derm.samples;

import java.time.Duration;

/** A point in time after which nothing new is begun. Immutable. */
final class Deadline {
    private final long nanos;

    private Deadline(long nanos) {
        this.nanos = nanos;
    }

    static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    /** Seconds left; below 0 once it is over. */
    double seconds() {
        return (nanos - System.nanoTime()) / 1e9;
    }

    boolean over() {
        return seconds() <= 0;
    }

    /** The deadline that leaves some time after it. */
    Deadline leaving(double seconds) {
        return new Deadline(nanos - (long) (seconds * 1e9));
    }
}

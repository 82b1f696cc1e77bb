package io.derm.bench;

/**
 * The time that is measured, half-open: frames due in it count, whenever their findings come. Immutable.
 *
 * @param fromNanos its begin, on the clock of {@link System#nanoTime()}
 * @param toNanos its end
 */
record PacedWindow(long fromNanos, long toNanos) {
    boolean holds(long dueNanos) {
        return dueNanos - fromNanos >= 0 && dueNanos - toNanos < 0;
    }
}

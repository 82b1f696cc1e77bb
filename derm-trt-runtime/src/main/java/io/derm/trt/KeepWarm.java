package io.derm.trt;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a model now and then while nobody else does: a GPU at rest lowers its clocks and takes milliseconds to raise them again. A daemon thread
 * that ends when it is interrupted.
 */
final class KeepWarm extends Thread {
    private static final Logger LOG = LoggerFactory.getLogger(KeepWarm.class);

    private final long idleNanos;
    private final LongSupplier lastRunNanos;
    private final Runnable run;

    /**
     * Makes the thread.
     *
     * @param lastRunNanos when the model last ran, on the clock of {@link System#nanoTime()}
     * @param run runs it once, or not if it is busy
     */
    KeepWarm(String model, int idleMillis, LongSupplier lastRunNanos, Runnable run) {
        super("derm-keep-warm-" + model);
        this.idleNanos = TimeUnit.MILLISECONDS.toNanos(idleMillis);
        this.lastRunNanos = lastRunNanos;
        this.run = run;
        setDaemon(true);
    }

    @Override
    public void run() {
        try {
            while (true) {
                long idle = System.nanoTime() - lastRunNanos.getAsLong();
                TimeUnit.NANOSECONDS.sleep(idle >= idleNanos ? idleNanos : idleNanos - idle);
                if (System.nanoTime() - lastRunNanos.getAsLong() >= idleNanos) {
                    run.run();
                }
            }
        } catch (InterruptedException e) {
            interrupt();
        } catch (RuntimeException e) {
            // What goes wrong here goes wrong in the next run too, which reports it.
            LOG.debug("{} ends", getName(), e);
        }
    }
}

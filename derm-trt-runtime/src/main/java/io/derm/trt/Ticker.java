package io.derm.trt;

import io.derm.trt.TrtRuntime.BuildListener;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Tells a listener once a second how long a build has been going on, until it is closed. */
final class Ticker implements AutoCloseable {
    private final ScheduledExecutorService thread;

    private Ticker(ScheduledExecutorService thread) {
        this.thread = thread;
    }

    // A listener that throws is not called again; the future says nothing else.
    @SuppressWarnings("FutureReturnValueIgnored")
    static Ticker start(BuildListener listener, Optional<Duration> lastTime) {
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(r -> {
            Thread t = new Thread(r, "derm-build-progress");
            t.setDaemon(true);
            return t;
        });
        long start = System.nanoTime();
        thread.scheduleAtFixedRate(
                () -> listener.building(Duration.ofNanos(System.nanoTime() - start), lastTime), 0, 1, TimeUnit.SECONDS);
        return new Ticker(thread);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}

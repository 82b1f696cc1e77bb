package io.derm.samples;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Turns Ctrl-C into an orderly end: the exam stops, and the process lives until its files are closed. */
final class Interruption implements AutoCloseable {
    private static final int SECONDS = 30;

    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook;
    private volatile boolean happened;

    Interruption(Runnable stop) {
        hook = new Thread(
                () -> {
                    happened = true;
                    stop.run();
                    try {
                        if (!finished.await(SECONDS, TimeUnit.SECONDS)) {
                            System.err.println("derm: the exam did not end within " + SECONDS + " s");
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "derm-interruption");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    boolean happened() {
        return happened;
    }

    @Override
    public void close() {
        finished.countDown();
        if (!happened) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                happened = true;
            }
        }
    }
}

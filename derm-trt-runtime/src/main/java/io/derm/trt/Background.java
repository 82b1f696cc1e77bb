package io.derm.trt;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Work that cannot be broken off, on a thread of its own, so that who waits for it can. */
final class Background {
    private Background() {}

    /**
     * Does work and waits for it.
     *
     * @param name of the thread
     * @param work throws unchecked exceptions alone; they reach the caller
     * @param late takes the result if nobody waits for it any more
     * @throws InterruptedException if interrupted while it waits; the work goes on
     */
    // Whatever ends the work is for the caller to hear.
    @SuppressWarnings("CatchingUnchecked")
    static <T> T call(String name, Supplier<T> work, Consumer<T> late) throws InterruptedException {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        T made = work.get();
                        if (!result.complete(made)) {
                            late.accept(made);
                        }
                    } catch (RuntimeException | Error e) {
                        result.completeExceptionally(e);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        try {
            return result.get();
        } catch (InterruptedException e) {
            if (!result.cancel(false) && !result.isCompletedExceptionally()) {
                // It came in the same moment.
                late.accept(result.getNow(null));
            }
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw (Error) e.getCause();
        }
    }
}

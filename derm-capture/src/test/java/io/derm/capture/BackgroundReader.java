package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Reads a source to its end on a thread of its own, and tells when a call that a test is to end has begun to wait. */
final class BackgroundReader {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final FrameSource source;
    private final Thread thread = new Thread(this::read, "background-reader");
    private final AtomicInteger frames = new AtomicInteger();
    private final CompletableFuture<Integer> end = new CompletableFuture<>();

    private BackgroundReader(FrameSource source) {
        this.source = source;
    }

    static BackgroundReader start(FrameSource source) {
        BackgroundReader reader = new BackgroundReader(source);
        reader.thread.setDaemon(true);
        reader.thread.start();
        return reader;
    }

    private void read() {
        try {
            for (Optional<Frame> frame = source.next(); frame.isPresent(); frame = source.next()) {
                frame.get().close();
                frames.incrementAndGet();
            }
            end.complete(frames.get());
        } catch (InterruptedException | RuntimeException | Error e) {
            end.completeExceptionally(e);
        }
    }

    /** Whether a thread waits, for something else than a lock, which it may take to begin. */
    static boolean waits(Thread thread) {
        Thread.State state = thread.getState();
        return (state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING)
                && Stream.of(thread.getStackTrace())
                        .noneMatch(f -> f.getMethodName().startsWith("lock"));
    }

    /** Returns once the reader waits in Java. */
    void awaitWaiting() throws InterruptedException {
        long until = System.nanoTime() + LIMIT_NANOS;
        while (!waits(thread)) {
            requireReading(until);
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertThat(end).isNotDone();
    }

    /** Returns once frames have come and FFmpeg has then read for a second without another. */
    void awaitSilence() throws InterruptedException {
        long until = System.nanoTime() + LIMIT_NANOS;
        int seen = 0;
        long since = System.nanoTime();
        while (seen == 0 || System.nanoTime() - since < SILENCE_NANOS) {
            requireReading(until);
            TimeUnit.MILLISECONDS.sleep(20);
            boolean inFfmpeg = Stream.of(thread.getStackTrace())
                    .anyMatch(f -> f.getMethodName().equals("av_read_frame"));
            int n = frames.get();
            if (n != seen || !inFfmpeg) {
                seen = n;
                since = System.nanoTime();
            }
        }
    }

    private void requireReading(long until) {
        assertThat(end).isNotDone();
        assertThat(System.nanoTime() - until).as("still waiting after 30 s").isNegative();
    }

    /** How many frames came until the end, which is waited for. */
    int awaitEnd() throws Exception {
        return end.get(20, TimeUnit.SECONDS);
    }
}

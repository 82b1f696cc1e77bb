package io.derm.api.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link FrameSource} must do. Extend it and open a source that ends after a known number of frames and, where the kind
 * can stall, one that does.
 */
@Timeout(60)
public abstract class FrameSourceContract {
    /** Opens a fresh source of at least three frames. */
    protected abstract FrameSource open() throws Exception;

    /** How many frames {@link #open()} yields. */
    protected abstract int expectedFrames();

    /**
     * Opens a source whose next frame never comes, as of a camera that hangs: {@link FrameSource#next()} waits until it is stopped.
     * Empty, as here, for a kind that always yields or ends.
     */
    protected Optional<FrameSource> openStalled() throws Exception {
        return Optional.empty();
    }

    @Test
    void next_untilTheEnd_yieldsEveryFrameThenStaysEmpty() throws Exception {
        try (FrameSource source = open()) {
            int n = 0;
            while (true) {
                Optional<Frame> frame = source.next();
                if (frame.isEmpty()) {
                    break;
                }
                frame.get().close();
                n++;
            }
            assertThat(n).isEqualTo(expectedFrames());
            assertThat(source.next()).isEmpty();
        }
    }

    @Test
    void next_eachFrame_hasPossibleGeometryAndRisingNumbers() throws Exception {
        try (FrameSource source = open()) {
            long lastTime = -1;
            for (int i = 0; i < expectedFrames(); i++) {
                try (Frame frame = source.next().orElseThrow()) {
                    assertThat(frame.sequence()).isEqualTo(i);
                    assertThat(frame.timestampMicros()).isGreaterThan(lastTime);
                    assertThat(frame.capturedNanos() - System.nanoTime()).isLessThanOrEqualTo(0);
                    assertThat(frame.stride())
                            .isGreaterThanOrEqualTo(frame.format().minStride(frame.width()));
                    assertThat(frame.pixels().isDirect()).isTrue();
                    assertThat(frame.pixels().capacity())
                            .isGreaterThanOrEqualTo(frame.format().bytes(frame.stride(), frame.height()));
                    lastTime = frame.timestampMicros();
                }
            }
        }
    }

    @Test
    void info_whereItStatesASize_matchesTheFrames() throws Exception {
        try (FrameSource source = open()) {
            SourceInfo info = source.info();
            assertThat(info.name()).isNotBlank();
            try (Frame frame = source.next().orElseThrow()) {
                if (info.width() > 0) {
                    assertThat(frame.width()).isEqualTo(info.width());
                    assertThat(frame.height()).isEqualTo(info.height());
                }
            }
        }
    }

    @Test
    void frame_heldWhileTheNextIsTaken_keepsItsPixels() throws Exception {
        try (FrameSource source = open();
                Frame first = source.next().orElseThrow()) {
            long before = checksum(first);
            source.next().orElseThrow().close();
            source.next().orElseThrow().close();
            assertThat(checksum(first)).isEqualTo(before);
        }
    }

    @Test
    void frame_retained_outlivesItsFirstLease() throws Exception {
        try (FrameSource source = open()) {
            Frame first = source.next().orElseThrow();
            long before = checksum(first);
            try (Frame kept = first.retain()) {
                first.close();
                source.next().orElseThrow().close();
                assertThat(checksum(kept)).isEqualTo(before);
            }
        }
    }

    @Test
    void close_twice_hasNoEffect() throws Exception {
        FrameSource source = open();
        source.close();
        source.close();
    }

    @Test
    void next_afterClose_isIllegalState() throws Exception {
        FrameSource source = open();
        source.close();
        assertThatThrownBy(source::next).isInstanceOf(IllegalStateException.class);
    }

    // On a thread of its own, given up after the time: a source that fails here may hang in close as well.
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void close_whileNextWaits_wakesIt() throws Exception {
        try (FrameSource source = stalled()) {
            FutureTask<Optional<Frame>> next = new FutureTask<>(source::next);
            startAndAwaitStall(next);
            source.close();
            try {
                next.get().ifPresent(Frame::close);
            } catch (ExecutionException e) {
                assertThat(e).hasCauseInstanceOf(CaptureException.class);
            }
        }
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void interrupt_whileNextWaits_wakesIt() throws Exception {
        try (FrameSource source = stalled()) {
            FutureTask<Optional<Frame>> next = new FutureTask<>(source::next);
            startAndAwaitStall(next).interrupt();
            assertThatThrownBy(next::get).hasCauseInstanceOf(InterruptedException.class);
        }
    }

    private FrameSource stalled() throws Exception {
        Optional<FrameSource> source = openStalled();
        assumeTrue(source.isPresent(), "openStalled() gives no source that stalls");
        return source.get();
    }

    /**
     * Waits until the thread stands still in a native method, which waits and reads alike end in, so that what {@code next} does
     * before it waits, such as to ask whether the source is closed, lies behind it.
     */
    private static Thread startAndAwaitStall(FutureTask<Optional<Frame>> next) throws Exception {
        Thread reader = new Thread(next, "reader of a stalled source");
        reader.setDaemon(true);
        reader.start();
        StackTraceElement[] before = {};
        for (int still = 0; still < 10; ) {
            TimeUnit.MILLISECONDS.sleep(20);
            StackTraceElement[] now = reader.getStackTrace();
            boolean waits = now.length > 0
                    && now[0].isNativeMethod()
                    && Arrays.stream(now).anyMatch(f -> f.getMethodName().equals("next"));
            still = waits && Arrays.equals(now, before) ? still + 1 : 0;
            before = now;
            if (next.isDone()) {
                next.get().ifPresent(Frame::close);
                fail("next() of the source of openStalled() returned, expected it to wait");
            }
        }
        return reader;
    }

    private static long checksum(Frame frame) {
        long sum = 1;
        int n = frame.format().bytes(frame.stride(), frame.height());
        for (int i = 0; i < n; i++) {
            sum = 31 * sum + frame.pixels().get(i);
        }
        return sum;
    }
}

package io.derm.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FrameTest {
    @Test
    void retain_underAnotherNumber_sharesThePixelsAndKeepsTheFirstAsItIs() throws Exception {
        try (FramePool pool = new FramePool(1);
                Frame first = pool.lease(2, 2, PixelFormat.BGR24, 5, 1_000, 77)) {
            Frame renumbered = first.retain(9, 4_000);
            assertThat(renumbered.sequence()).isEqualTo(9);
            assertThat(renumbered.timestampMicros()).isEqualTo(4_000);
            assertThat(renumbered.capturedNanos()).isEqualTo(77);
            assertThat(renumbered.contentId()).isEqualTo(first.contentId());
            assertThat(renumbered.pixels()).isSameAs(first.pixels());
            assertThat(first.sequence()).isEqualTo(5);
            first.close();
            assertThat(pool.leased()).isEqualTo(1);
            assertThatThrownBy(() -> first.retain(10, 5_000)).isInstanceOf(IllegalStateException.class);
            renumbered.close();
            assertThat(pool.leased()).isZero();
        }
    }

    @Test
    void close_lastLease_givesTheMemoryBackToThePool() throws Exception {
        try (FramePool pool = new FramePool(1)) {
            Frame first = pool.lease(4, 2, PixelFormat.BGR24, 7, 40_000, 1);
            ByteBuffer memory = first.pixels();
            Frame second = first.retain();
            first.close();
            first.close();
            assertThat(pool.leased()).isEqualTo(1);
            assertThat(second.sequence()).isEqualTo(7);
            second.close();
            assertThat(pool.leased()).isZero();
            try (Frame next = pool.lease(4, 2, PixelFormat.BGR24, 8, 80_000, 2)) {
                assertThat(next.pixels()).isSameAs(memory);
            }
        }
    }

    @Test
    void pixels_afterClose_isIllegalState() throws Exception {
        try (FramePool pool = new FramePool(2)) {
            Frame frame = pool.lease(4, 2, PixelFormat.BGR24, 0, 0, 0);
            frame.close();
            assertThatThrownBy(frame::pixels).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(frame::retain).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void lease_allFramesOut_waitsUntilOneIsClosed() throws Exception {
        try (FramePool pool = new FramePool(1)) {
            Frame held = pool.lease(2, 2, PixelFormat.BGR24, 0, 0, 0);
            CompletableFuture<Frame> waiting = CompletableFuture.supplyAsync(() -> {
                try {
                    return pool.lease(2, 2, PixelFormat.BGR24, 1, 1, 1);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            assertThatThrownBy(() -> waiting.get(50, TimeUnit.MILLISECONDS))
                    .isInstanceOf(java.util.concurrent.TimeoutException.class);
            held.close();
            waiting.get(5, TimeUnit.SECONDS).close();
        }
    }

    @Test
    void lease_poolClosedWhileWaiting_isIllegalState() throws Exception {
        FramePool pool = new FramePool(1);
        try (Frame held = pool.lease(2, 2, PixelFormat.BGR24, 0, 0, 0)) {
            CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
                assertThatThrownBy(() -> pool.lease(2, 2, PixelFormat.BGR24, 1, 1, 1))
                        .isInstanceOf(IllegalStateException.class);
            });
            pool.close();
            waiting.get(5, TimeUnit.SECONDS);
            assertThat(held.pixels().capacity()).isEqualTo(12);
        }
    }

    @Test
    void leaks_leaseNotClosed_namesItsOpener() throws Exception {
        try (FramePool pool = new FramePool(2, true)) {
            Frame frame = pool.lease(2, 2, PixelFormat.BGR24, 3, 0, 0);
            assertThat(pool.leaks()).hasSize(1);
            assertThat(pool.leaks().get(0).getStackTrace())
                    .anyMatch(e -> e.getMethodName().equals("leaks_leaseNotClosed_namesItsOpener"));
            frame.close();
            assertThat(pool.leaks()).isEmpty();
        }
    }

    @Test
    void wrap_bufferTooSmallOrOnTheHeap_isRefused() {
        assertThatThrownBy(() -> Frame.wrap(ByteBuffer.allocateDirect(11), 2, 2, 6, PixelFormat.BGR24))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("11 bytes, expected 12");
        assertThatThrownBy(() -> Frame.wrap(ByteBuffer.allocate(12), 2, 2, 6, PixelFormat.BGR24))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Frame.wrap(ByteBuffer.allocateDirect(99), 3, 2, 4, PixelFormat.NV12))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void contentId_ofLeasesOfOnePicture_isTheSame_andOfTheNextInTheSameMemoryAnother() throws Exception {
        try (FramePool pool = new FramePool(1)) {
            Frame first = pool.lease(4, 2, PixelFormat.BGR24, 0, 0, 0);
            ByteBuffer memory = first.pixels();
            try (Frame second = first.retain();
                    Frame third = second.retain()) {
                first.close();
                assertThat(second.contentId()).isEqualTo(first.contentId());
                assertThat(third.contentId()).isEqualTo(first.contentId());
            }
            try (Frame next = pool.lease(4, 2, PixelFormat.BGR24, 0, 0, 0)) {
                assertThat(next.pixels()).isSameAs(memory);
                assertThat(next.contentId()).isNotEqualTo(first.contentId());
            }
        }
    }

    @Test
    void contentId_ofTheSameMemoryWrappedTwice_differs() {
        ByteBuffer pixels = ByteBuffer.allocateDirect(12);
        try (Frame one = Frame.wrap(pixels, 2, 2, 6, PixelFormat.BGR24);
                Frame other = Frame.wrap(pixels, 2, 2, 6, PixelFormat.BGR24)) {
            assertThat(other.contentId()).isNotEqualTo(one.contentId());
        }
    }

    @Test
    void contentId_ofFramesLeasedOnManyThreads_isUnique() {
        int frames = 4000;
        long distinct = IntStream.range(0, frames)
                .parallel()
                .mapToLong(i -> {
                    try (Frame frame = Frame.wrap(ByteBuffer.allocateDirect(12), 2, 2, 6, PixelFormat.BGR24)) {
                        return frame.contentId();
                    }
                })
                .distinct()
                .count();
        assertThat(distinct).isEqualTo(frames);
    }

    @Test
    void pooled_tellsLeasesFromWrappedMemory() throws Exception {
        try (FramePool pool = new FramePool(1);
                Frame leased = pool.lease(2, 2, PixelFormat.BGR24, 0, 0, 0);
                Frame retained = leased.retain();
                Frame wrapped = Frame.wrap(leased.pixels(), 2, 2, 6, PixelFormat.BGR24)) {
            assertThat(leased.pooled()).isTrue();
            assertThat(retained.pooled()).isTrue();
            assertThat(wrapped.pooled()).isFalse();
        }
    }
}

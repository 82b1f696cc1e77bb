package io.derm.api.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.SourceInfo;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link FrameSource} must do. Extend it and open a source that ends after a known number of frames. */
@Timeout(60)
public abstract class FrameSourceContract {
    /** Opens a fresh source of at least three frames. */
    protected abstract FrameSource open() throws Exception;

    /** How many frames {@link #open()} yields. */
    protected abstract int expectedFrames();

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

    private static long checksum(Frame frame) {
        long sum = 1;
        int n = frame.format().bytes(frame.stride(), frame.height());
        for (int i = 0; i < n; i++) {
            sum = 31 * sum + frame.pixels().get(i);
        }
        return sum;
    }
}

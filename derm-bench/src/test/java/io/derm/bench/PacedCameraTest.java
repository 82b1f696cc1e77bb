package io.derm.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** On a clock that only the test moves. */
class PacedCameraTest {
    private static final long MS = 1_000_000;
    private static final long START = 1000 * MS;

    /** Time passes when someone sleeps or the test says so. */
    private static final class HandClock implements PacedClock {
        long now = START;
        Runnable onSleep = () -> {};

        @Override
        public long nanos() {
            return now;
        }

        @Override
        public void sleepUntil(long nanos) {
            now = Math.max(now, nanos);
            onSleep.run();
        }
    }

    private final HandClock clock = new HandClock();

    /** 2 x 2 pixels, all bytes the number of the picture, rows with bytes between them. */
    private static Frame picture(int number) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(2 * 9);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (byte) number);
        }
        return Frame.wrap(pixels, 2, 2, 9, PixelFormat.BGR24);
    }

    /** 100 frames/s, so a frame each 10 ms. */
    private PacedCamera camera(long frames, int buffers, PacedWindow window) {
        return new PacedCamera(List.of(picture(0), picture(1), picture(2)), 100, START, frames, buffers, window, clock);
    }

    private static PacedWindow always() {
        return new PacedWindow(START, START + 10_000 * MS);
    }

    @Test
    void frames_askedForInTime_comeWhenTheyAreDueAndNoneIsDropped() throws Exception {
        PacedCamera camera = camera(5, 2, always());
        List<Long> taken = new ArrayList<>();
        for (long k = 0; k < 5; k++) {
            try (Frame frame = camera.next().orElseThrow()) {
                taken.add(frame.sequence());
                assertThat(clock.now).isEqualTo(START + k * 10 * MS);
                assertThat(frame.capturedNanos()).isEqualTo(clock.now);
                assertThat(frame.timestampMicros()).isEqualTo(10_000 * k);
                assertThat(frame.pixels().get(0)).isEqualTo((byte) (k % 3));
                assertThat(frame.pixels().get(11)).isEqualTo((byte) (k % 3));
            }
        }
        assertThat(taken).containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(camera.next()).isEmpty();
        assertThat(camera.droppedBusy()).isZero();
        assertThat(camera.droppedForWantOfBuffers()).isZero();
    }

    @Test
    void frame_takenLate_keepsItsIntendedStart() throws Exception {
        PacedCamera camera = camera(10, 2, always());
        camera.next().orElseThrow().close();
        clock.now = START + 17 * MS;
        try (Frame frame = camera.next().orElseThrow()) {
            assertThat(frame.sequence()).isEqualTo(1);
            assertThat(frame.capturedNanos()).isEqualTo(START + 10 * MS);
        }
        assertThat(camera.droppedBusy()).isZero();
    }

    @Test
    void exam_busyForThreePeriods_getsTheNewestFrameAndTheOthersAreDropped() throws Exception {
        PacedCamera camera = camera(10, 2, always());
        camera.next().orElseThrow().close();
        clock.now = START + 35 * MS;
        try (Frame frame = camera.next().orElseThrow()) {
            assertThat(frame.sequence()).isEqualTo(3);
            assertThat(frame.capturedNanos()).isEqualTo(START + 30 * MS);
        }
        assertThat(camera.droppedBusy()).isEqualTo(2);
        assertThat(camera.droppedForWantOfBuffers()).isZero();
    }

    @Test
    void buffers_allOut_areTheCauseOfWhatIsDroppedMeanwhile() throws Exception {
        PacedCamera camera = camera(10, 1, always());
        Frame held = camera.next().orElseThrow();
        clock.now = START + 11 * MS;
        clock.onSleep = () -> {
            if (clock.now >= START + 42 * MS) {
                held.close();
            }
        };
        try (Frame frame = camera.next().orElseThrow()) {
            assertThat(frame.sequence()).isEqualTo(4);
        }
        assertThat(camera.droppedBusy()).isZero();
        assertThat(camera.droppedForWantOfBuffers()).isEqualTo(3);
    }

    @Test
    void drops_outsideTheWindow_areNotCounted() throws Exception {
        PacedCamera camera = camera(10, 2, new PacedWindow(START + 20 * MS, START + 40 * MS));
        camera.next().orElseThrow().close();
        clock.now = START + 70 * MS;
        camera.next().orElseThrow().close();
        assertThat(camera.droppedBusy()).isEqualTo(2);
    }

    @Test
    void lastFrames_longOverdue_stillEndTheSource() throws Exception {
        PacedCamera camera = camera(4, 2, always());
        clock.now = START + 500 * MS;
        try (Frame frame = camera.next().orElseThrow()) {
            assertThat(frame.sequence()).isEqualTo(3);
        }
        assertThat(camera.next()).isEmpty();
        camera.close();
        assertThatThrownBy(camera::next).isInstanceOf(IllegalStateException.class);
    }

    /** 25 ms for each frame at one each 10 ms: worked out by hand. */
    @Test
    void latencies_ofASlowExam_countTheWaitOfFramesThatNobodyCameFor() throws Exception {
        PacedWindow window = always();
        PacedCamera camera = camera(8, 2, window);
        PacedTally tally = new PacedTally(window, 31 * MS);
        List<Long> sequences = new ArrayList<>();
        List<Long> latencies = new ArrayList<>();
        for (var next = camera.next(); next.isPresent(); next = camera.next()) {
            try (Frame frame = next.get()) {
                clock.now += 25 * MS;
                sequences.add(frame.sequence());
                latencies.add((clock.now - frame.capturedNanos()) / MS);
                tally.delivered(frame.capturedNanos(), clock.now - frame.capturedNanos(), 2);
            }
        }
        // Taken at 0, 25, 50 and 75 ms: frames 0, 2, 5 and 7, due at 0, 20, 50 and 70.
        assertThat(sequences).containsExactly(0L, 2L, 5L, 7L);
        assertThat(latencies).containsExactly(25L, 30L, 25L, 30L);
        assertThat(camera.droppedBusy()).isEqualTo(4);
        assertThat(tally.delivered()).isEqualTo(4);
        assertThat(tally.latency().getTotalCount()).isEqualTo(4);
        assertThat(tally.latency().getMaxValue() / 1e6).isBetween(29.9, 30.1);
        assertThat(tally.late()).isZero();
        assertThat(tally.lesions()).isEqualTo(8);
    }

    @Test
    void tally_ofFramesOutsideTheWindow_countsThemAsDeliveredAlone() {
        PacedTally tally = new PacedTally(new PacedWindow(START, START + 10 * MS), 5 * MS);
        tally.delivered(START - 1, 50 * MS, 1);
        tally.delivered(START, 50 * MS, 1);
        tally.delivered(START + 10 * MS, 50 * MS, 1);
        assertThat(tally.delivered()).isEqualTo(3);
        assertThat(tally.latency().getTotalCount()).isEqualTo(1);
        assertThat(tally.late()).isEqualTo(1);
        assertThat(tally.lesions()).isEqualTo(1);
    }
}

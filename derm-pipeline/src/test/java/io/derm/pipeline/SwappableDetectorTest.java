package io.derm.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.RuntimeUse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The trial and the switch; that real models pass or fail it is for derm-samples. */
@Timeout(30)
class SwappableDetectorTest {
    private static final SwapOptions QUICK =
            SwapOptions.defaults().withFrames(5).withMaxSlowdown(1e9).withTimeoutMillis(20_000);

    private final FramePool pool = new FramePool(4, true);

    @AfterEach
    void noFrame_isLeftBehind() {
        assertThat(pool.leaks()).isEmpty();
    }

    /** Finds a lesion at x, by a runtime, and knows whether it is closed. */
    private static final class Finder implements Detector {
        private final float x;
        private final double millis;
        private final RuntimeUse runtime;
        private final AtomicInteger calls = new AtomicInteger();
        private volatile boolean closed;

        Finder(float x, double millis, RuntimeUse runtime) {
            this.x = x;
            this.millis = millis;
            this.runtime = runtime;
        }

        Finder(float x) {
            this(x, 0, RuntimeUse.of("test"));
        }

        @Override
        public List<Detection> detect(Frame frame) {
            assertThat(closed).isFalse();
            assertThat(frame.pixels().get(0))
                    .as("pixels of a lease that is held")
                    .isEqualTo((byte) frame.sequence());
            calls.incrementAndGet();
            StandIns.passes(millis);
            return List.of(new Detection(Box.ofSize(x, 4, 8, 8), 0.9f, 0, "lesion"));
        }

        @Override
        public Model model() {
            throw new UnsupportedOperationException();
        }

        @Override
        public RuntimeUse runtime() {
            return runtime;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private List<Float> run(SwappableDetector detector, long frame) throws InterruptedException {
        try (Frame f = pool.lease(32, 32, PixelFormat.BGR24, frame, frame, System.nanoTime())) {
            f.pixels().put(0, (byte) frame);
            return detector.detect(f).stream().map(d -> d.box().left()).toList();
        }
    }

    /** Runs frames until the trial is over; gives where lesions were found in each. */
    private List<Float> runUntil(SwappableDetector detector, CompletableFuture<SwapStatus> swap) throws Exception {
        List<Float> found = new ArrayList<>();
        for (long i = 0; !swap.isDone(); i++) {
            found.addAll(run(detector, i));
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return found;
    }

    @Test
    void propose_oneThatAgrees_takesOverAndTheOldOneIsClosed() throws Exception {
        Finder old = new Finder(4);
        Finder next = new Finder(5);
        try (SwappableDetector detector = new SwappableDetector("old", () -> old)) {
            CompletableFuture<SwapStatus> swap = detector.propose("new", () -> next, QUICK);
            assertThat(runUntil(detector, swap)).contains(4f);
            SwapStatus status = swap.get();
            assertThat(status)
                    .returns(SwapState.SWITCHED, SwapStatus::state)
                    .returns("new", SwapStatus::name)
                    .returns(5, SwapStatus::compared)
                    .returns("", SwapStatus::reason)
                    .isEqualTo(detector.status());
            assertThat(status.agreement()).hasValue(1);
            assertThat(next.calls.get()).isEqualTo(8);
            assertThat(run(detector, 100)).containsExactly(5f);
            assertThat(detector.name()).isEqualTo("new");
            assertThat(old.closed).isTrue();
        }
        assertThat(next.closed).isTrue();
    }

    @Test
    void propose_oneThatFindsAnotherPlace_isRefusedAndClosed() throws Exception {
        Finder old = new Finder(4);
        // An overlap of 8x8 boxes by 5 of 8 columns: IoU 40/88, which is less than a half.
        Finder next = new Finder(7);
        try (SwappableDetector detector = new SwappableDetector("old", () -> old)) {
            CompletableFuture<SwapStatus> swap = detector.propose("new", () -> next, QUICK);
            runUntil(detector, swap);
            assertThat(swap.get())
                    .returns(SwapState.REFUSED, SwapStatus::state)
                    .returns(
                            "0.0 % of its answers are those of the live one, expected at least 90.0 %",
                            SwapStatus::reason);
            assertThat(next.closed).isTrue();
            assertThat(run(detector, 1)).containsExactly(4f);
            assertThat(detector.canRollBack()).isFalse();
        }
    }

    @Test
    void propose_slowOne_isRefusedAndNeverWaitedFor() throws Exception {
        Finder next = new Finder(4, 40, RuntimeUse.of("test"));
        try (SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4, 1, RuntimeUse.of("test")))) {
            CompletableFuture<SwapStatus> swap = detector.propose("new", () -> next, QUICK.withMaxSlowdown(3));
            List<Long> nanos = new ArrayList<>();
            for (long i = 0; !swap.isDone(); i++) {
                long start = System.nanoTime();
                run(detector, i);
                nanos.add(System.nanoTime() - start);
                TimeUnit.MILLISECONDS.sleep(1);
            }
            Collections.sort(nanos);
            assertThat(swap.get())
                    .returns(SwapState.REFUSED, SwapStatus::state)
                    .extracting(SwapStatus::reason)
                    .asString()
                    .matches(
                            "it takes \\d+\\.\\d ms a frame, the live one \\d+\\.\\d ms, expected at most 3.00 times as much");
            // 8 runs of 40 ms and as long a rest after each, while the live one went on at its pace.
            assertThat(nanos.size()).isGreaterThan(60);
            assertThat(nanos.get(nanos.size() / 2) / 1e6).isLessThan(20);
        }
    }

    @Test
    void propose_oneThatCannotBeOpenedOrFails_isRefusedWithItsReason() throws Exception {
        try (SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4))) {
            CompletableFuture<SwapStatus> closed = detector.propose(
                    "none",
                    () -> {
                        throw new IllegalArgumentException("no such model");
                    },
                    QUICK);
            assertThat(closed.get().reason()).isEqualTo("no such model");
            Detector failing = StandIns.detector(f -> {
                throw new IllegalStateException("broken");
            });
            CompletableFuture<SwapStatus> swap = detector.propose("broken", () -> failing, QUICK);
            runUntil(detector, swap);
            assertThat(swap.get()).returns(SwapState.REFUSED, SwapStatus::state).returns("broken", SwapStatus::reason);
        }
    }

    @Test
    void propose_oneWhoseRuntimeFellBack_isRefused() throws Exception {
        Finder next = new Finder(4, 0, new RuntimeUse("onnxruntime", Optional.of("tensorrt")));
        try (SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4))) {
            CompletableFuture<SwapStatus> swap = detector.propose("new", () -> next, QUICK);
            runUntil(detector, swap);
            assertThat(swap.get().reason())
                    .isEqualTo("its runtime failed: it is run by onnxruntime instead of tensorrt");
        }
    }

    @Test
    void propose_noFrames_isRefusedInTime() throws Exception {
        try (SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4))) {
            assertThat(detector.propose("new", () -> new Finder(4), QUICK.withTimeoutMillis(1_000))
                            .get(10, TimeUnit.SECONDS)
                            .reason())
                    .isEqualTo("only 0 of 5 frames with anything to compare came within 1 s");
        }
    }

    @Test
    void rollback_afterASwitch_opensTheOldOneAgain() throws Exception {
        AtomicInteger opened = new AtomicInteger();
        try (SwappableDetector detector =
                new SwappableDetector("old", () -> new Finder(opened.incrementAndGet() + 3))) {
            assertThatThrownBy(detector::rollback).isInstanceOf(IllegalStateException.class);
            CompletableFuture<SwapStatus> swap = detector.propose("new", () -> new Finder(20), SwapOptions.unchecked());
            runUntil(detector, swap);
            assertThat(run(detector, 1)).containsExactly(20f);
            CompletableFuture<SwapStatus> back = detector.rollback();
            runUntil(detector, back);
            assertThat(back.get())
                    .returns(SwapState.SWITCHED, SwapStatus::state)
                    .returns("old", SwapStatus::name);
            assertThat(run(detector, 2)).containsExactly(5f);
            assertThat(detector.canRollBack()).isFalse();
        }
    }

    @Test
    void unchecked_whileNoFrameComes_switchesAllTheSame() throws Exception {
        try (SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4))) {
            assertThat(detector.propose("new", () -> new Finder(20), SwapOptions.unchecked())
                            .get(10, TimeUnit.SECONDS)
                            .state())
                    .isEqualTo(SwapState.SWITCHED);
            assertThat(run(detector, 1)).containsExactly(20f);
        }
    }

    @Test
    void close_duringATrial_endsItAndClosesBoth() throws Exception {
        Finder old = new Finder(4);
        Finder next = new Finder(4);
        CountDownLatch open = new CountDownLatch(1);
        SwappableDetector detector = new SwappableDetector("old", () -> old);
        CompletableFuture<SwapStatus> swap = detector.propose(
                "new",
                () -> {
                    open.countDown();
                    return next;
                },
                QUICK);
        open.await();
        run(detector, 1);
        assertThatThrownBy(() -> detector.propose("other", () -> next, QUICK))
                .isInstanceOf(IllegalStateException.class);
        detector.close();
        assertThat(swap.get()).returns("it was cancelled", SwapStatus::reason);
        assertThat(old.closed).isTrue();
        assertThat(next.closed).isTrue();
        assertThatThrownBy(() -> detector.propose("other", () -> next, QUICK))
                .isInstanceOf(IllegalStateException.class);
    }
}

package io.derm.pipeline;

import static io.derm.pipeline.StandIns.hang;
import static io.derm.pipeline.StandIns.until;
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
import io.derm.pipeline.StandIns.Feed;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The trial and the switch; that real models pass or fail it is for derm-samples. */
@Timeout(30)
class SwappableDetectorTest {
    private static final SwapOptions QUICK =
            SwapOptions.defaults().withFrames(5).withMaxSlowdown(1e9).withTimeoutMillis(20_000);

    /** Without a frame. */
    private static final SwapOptions AT_ONCE = new SwapOptions(0, 0, 0, Double.MAX_VALUE, 20_000);

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
        private final AtomicInteger closes = new AtomicInteger();
        private volatile boolean closed;
        private double confirmScore;
        private float score = 0.9f;
        private boolean blind;
        private Runnable work = () -> {};
        private Runnable closing = () -> {};

        Finder(float x, double millis, RuntimeUse runtime) {
            this.x = x;
            this.millis = millis;
            this.runtime = runtime;
        }

        Finder(float x) {
            this(x, 0, RuntimeUse.of("test"));
        }

        /** Asks for a mean score, and gives one. */
        Finder scoring(double toConfirm, float given) {
            confirmScore = toConfirm;
            score = given;
            return this;
        }

        Finder blind() {
            blind = true;
            return this;
        }

        Finder working(Runnable on) {
            work = on;
            return this;
        }

        Finder closing(Runnable on) {
            closing = on;
            return this;
        }

        @Override
        public List<Detection> detect(Frame frame) {
            assertThat(closed).isFalse();
            assertThat(frame.pixels().get(0))
                    .as("pixels of a lease that is held")
                    .isEqualTo((byte) frame.sequence());
            calls.incrementAndGet();
            StandIns.passes(millis);
            work.run();
            List<Detection> found = new ArrayList<>();
            if (!blind) {
                found.add(new Detection(Box.ofSize(x, 4, 8, 8), score, 0, "lesion"));
            }
            return found;
        }

        @Override
        public Model model() {
            throw new UnsupportedOperationException();
        }

        @Override
        public double confirmScore() {
            return confirmScore;
        }

        @Override
        public RuntimeUse runtime() {
            return runtime;
        }

        @Override
        public void close() {
            closed = true;
            closes.incrementAndGet();
            closing.run();
        }
    }

    /** Of candidates that are given up after so long, rather than what a person would wait. */
    private static SwappableDetector detector(Finder live, Swap.Limits limits) {
        return detector(live, limits, Thread::new);
    }

    private static SwappableDetector detector(Finder live, Swap.Limits limits, ThreadFactory threads) {
        return new SwappableDetector(
                new Swap<>("detector", "old", () -> live, SwappableDetector::about, limits, threads));
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
            List<Float> found = runUntil(detector, swap);
            assertThat(found).contains(4f);
            SwapStatus status = swap.get();
            assertThat(status)
                    .returns(SwapState.SWITCHED, SwapStatus::state)
                    .returns("new", SwapStatus::name)
                    .returns(5, SwapStatus::compared)
                    .returns("", SwapStatus::reason)
                    .isEqualTo(detector.status());
            assertThat(status.agreement()).hasValue(1);
            // On trial; a frame or two may have come between the switch and the outcome.
            assertThat(next.calls.get() - Collections.frequency(found, 5f)).isEqualTo(8);
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
        // It is not waited for without a bound.
        until(() -> next.closed);
        assertThatThrownBy(() -> detector.propose("other", () -> next, QUICK))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void propose_framesThatKeepComingWithNothingToCompare_isRefusedInTime() throws Exception {
        // A frame always waits when it is through with one.
        Finder next = new Finder(4, 20, RuntimeUse.of("test")).blind();
        try (SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4).blind())) {
            CompletableFuture<SwapStatus> swap = detector.propose("new", () -> next, QUICK.withTimeoutMillis(1_000));
            runUntil(detector, swap);
            assertThat(swap.get().reason()).isEqualTo("only 0 of 5 frames with anything to compare came within 1 s");
            assertThat(next.closed).isTrue();
        }
    }

    @Test
    void runtimeAndConfirmScore_afterASwitch_areOfWhoGaveTheLastAnswer() throws Exception {
        Finder old = new Finder(4, 0, RuntimeUse.of("old")).scoring(0.6, 0.9f);
        Finder next = new Finder(20, 0, RuntimeUse.of("new")).scoring(0.3, 0.9f);
        try (SwappableDetector detector = new SwappableDetector("old", () -> old)) {
            assertThat(detector.runtime()).isEqualTo(old.runtime);
            assertThat(detector.confirmScore()).isEqualTo(0.6);
            run(detector, 1);
            assertThat(detector.propose("new", () -> next, AT_ONCE).get(20, TimeUnit.SECONDS))
                    .returns(SwapState.SWITCHED, SwapStatus::state);
            assertThat(detector.runtime()).isEqualTo(old.runtime);
            assertThat(detector.confirmScore()).isEqualTo(0.6);
            run(detector, 2);
            assertThat(detector.runtime()).isEqualTo(next.runtime);
            assertThat(detector.confirmScore()).isEqualTo(0.3);
        }
    }

    @Test
    void runtime_ofOneThatFails_isItsOwn() throws Exception {
        Finder broken = new Finder(20, 0, RuntimeUse.of("new")).working(() -> {
            throw new IllegalStateException("broken");
        });
        try (SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4))) {
            run(detector, 1);
            detector.propose("new", () -> broken, AT_ONCE).get(20, TimeUnit.SECONDS);
            assertThatThrownBy(() -> run(detector, 2)).hasMessage("broken");
            assertThat(detector.runtime()).isEqualTo(broken.runtime);
        }
    }

    @Test
    void exam_detectorThatIsReplaced_holdsEachScoreToItsOwnDetectorsLimit() throws Exception {
        Finder old = new Finder(4).scoring(0.6, 0.8f);
        // Surer of the same lesion than it has to be, on a scale of its own on which the old one's limit is far away.
        Finder next = new Finder(4).scoring(0.3, 0.45f);
        Feed feed = new Feed(pool, false);
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try (SwappableDetector detector = new SwappableDetector("old", () -> old)) {
            Exam exam = new Exam(feed, marked(detector), StandIns.classifier(f -> {}), ExamOptions.defaults());
            List<FrameFindings> findings = new CopyOnWriteArrayList<>();
            Future<ExamSummary> run = threads.submit(() -> exam.run(findings::add));
            for (int i = 0; i < 10; i++) {
                feed.frame();
            }
            until(() -> findings.size() == 10);
            detector.propose("new", () -> next, AT_ONCE).get(20, TimeUnit.SECONDS);
            for (int i = 0; i < 40; i++) {
                feed.frame();
            }
            feed.end();
            assertThat(run.get().lesions()).hasSize(1);
            assertThat(findings).hasSize(50);
            assertThat(findings.subList(8, 50))
                    .allSatisfy(
                            f -> assertThat(f.sightings().get(0).confirmed()).isTrue());
        } finally {
            threads.shutdownNow();
            feed.close();
        }
    }

    /** The frames of a feed are not marked. */
    private static Detector marked(SwappableDetector detector) {
        return new Detector() {
            @Override
            public List<Detection> detect(Frame frame) {
                frame.pixels().put(0, (byte) frame.sequence());
                return detector.detect(frame);
            }

            @Override
            public Model model() {
                return detector.model();
            }

            @Override
            public RuntimeUse runtime() {
                return detector.runtime();
            }

            @Override
            public double confirmScore() {
                return detector.confirmScore();
            }

            @Override
            public void close() {}
        };
    }

    @Test
    void close_byWhoIsToldTheOutcome_returns() throws Exception {
        Finder next = new Finder(20);
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4));
        CompletableFuture<SwapStatus> swap = detector.propose(
                "new",
                () -> {
                    hang(told);
                    return next;
                },
                AT_ONCE);
        swap.thenAccept(status -> {
            detector.close();
            closed.countDown();
        });
        told.countDown();
        assertThat(closed.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(next.closed).isTrue();
    }

    @Test
    void cancel_openerThatHangs_endsTheTrialAtOnceAndClosesWhatComesLate() throws Exception {
        Finder late = new Finder(30);
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch stuck = new CountDownLatch(1);
        try (SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4))) {
            CompletableFuture<SwapStatus> swap = detector.propose(
                    "late",
                    () -> {
                        opening.countDown();
                        hang(stuck);
                        return late;
                    },
                    AT_ONCE);
            opening.await();
            detector.cancel();
            assertThat(detector.status())
                    .returns(SwapState.REFUSED, SwapStatus::state)
                    .returns("it was cancelled", SwapStatus::reason);
            assertThat(swap.get(20, TimeUnit.SECONDS)).isEqualTo(detector.status());
            assertThat(detector.propose("other", () -> new Finder(20), AT_ONCE)
                            .get(20, TimeUnit.SECONDS)
                            .state())
                    .isEqualTo(SwapState.SWITCHED);
            stuck.countDown();
            until(() -> late.closed);
            assertThat(run(detector, 1)).containsExactly(20f);
            assertThat(detector.status().name()).isEqualTo("other");
        } finally {
            stuck.countDown();
        }
        assertThat(late.closes.get()).isEqualTo(1);
    }

    @Test
    void cancel_openerThatCanBeInterrupted_interruptsIt() throws Exception {
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        try (SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4))) {
            detector.propose(
                    "slow",
                    () -> {
                        opening.countDown();
                        try {
                            new CountDownLatch(1).await();
                        } catch (InterruptedException e) {
                            interrupted.countDown();
                        }
                        throw new IllegalStateException("not opened");
                    },
                    AT_ONCE);
            opening.await();
            detector.cancel();
            assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void propose_oneThatHangsInAFrame_isRefusedAndClosedOnceItComesBack() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        AtomicReference<Finder> next = new AtomicReference<>(new Finder(4));
        try (SwappableDetector detector = detector(new Finder(4), new Swap.Limits(60_000, 1, 20_000))) {
            CompletableFuture<SwapStatus> swap = CompletableFuture.completedFuture(SwapStatus.NONE);
            // On a machine that is held up the time may be over before it has a frame at all.
            for (long millis = 200; next.get().calls.get() == 0; millis *= 2) {
                next.set(new Finder(4).working(() -> hang(stuck)));
                swap = detector.propose("new", next::get, QUICK.withTimeoutMillis(millis));
                for (long i = 0; !swap.isDone(); i++) {
                    run(detector, i);
                    TimeUnit.MILLISECONDS.sleep(1);
                }
            }
            assertThat(swap.get(20, TimeUnit.SECONDS))
                    .returns(SwapState.REFUSED, SwapStatus::state)
                    .returns("it does not come back from a frame, 0 s after the end of its time", SwapStatus::reason);
            assertThat(next.get().closed).isFalse();
            assertThat(pool.leased()).as("the frame that it has").isEqualTo(1);
            stuck.countDown();
            until(() -> next.get().closed);
            assertThat(pool.leased()).isZero();
            assertThat(run(detector, 100)).containsExactly(4f);
            assertThat(detector.name()).isEqualTo("old");
        } finally {
            stuck.countDown();
        }
        assertThat(next.get().closes.get()).isEqualTo(1);
    }

    @Test
    void propose_openerThatHangs_isRefusedInTheEnd() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        Finder next = new Finder(4);
        AtomicInteger opened = new AtomicInteger();
        SwappableDetector detector = detector(new Finder(4), new Swap.Limits(100, 1, 20_000));
        try (detector) {
            CompletableFuture<SwapStatus> swap = detector.propose(
                    "new",
                    () -> {
                        opened.incrementAndGet();
                        hang(stuck);
                        return next;
                    },
                    QUICK);
            assertThat(swap.get(20, TimeUnit.SECONDS).reason()).isEqualTo("it is not open after 0 s");
            stuck.countDown();
        } finally {
            stuck.countDown();
        }
        // It is not opened at all where its thread came too late.
        assertThat(next.closes.get()).isEqualTo(opened.get());
    }

    @Test
    void close_candidateThatHangs_closesTheLiveOneFirstThenWaitsForIt() throws Exception {
        Finder old = new Finder(4);
        Finder next = new Finder(4);
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch stuck = new CountDownLatch(1);
        SwappableDetector detector = detector(old, new Swap.Limits(60_000, 60_000, 60_000));
        detector.propose(
                "new",
                () -> {
                    opening.countDown();
                    hang(stuck);
                    return next;
                },
                QUICK);
        opening.await();
        Thread closing = new Thread(detector::close);
        closing.start();
        until(() -> old.closed);
        assertThat(next.closed).isFalse();
        stuck.countDown();
        closing.join();
        assertThat(next.closes.get()).isEqualTo(1);
    }

    @Test
    void close_candidateThatHangs_isNotWaitedForWithoutABound() throws Exception {
        Finder old = new Finder(4);
        Finder next = new Finder(4);
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch stuck = new CountDownLatch(1);
        try (SwappableDetector detector = detector(old, new Swap.Limits(60_000, 60_000, 1))) {
            detector.propose(
                    "new",
                    () -> {
                        opening.countDown();
                        hang(stuck);
                        return next;
                    },
                    AT_ONCE);
            opening.await();
            detector.close();
            assertThat(old.closed).isTrue();
            assertThat(next.closed).isFalse();
            stuck.countDown();
            until(() -> next.closed);
            assertThat(detector.name()).isEqualTo("old");
        } finally {
            stuck.countDown();
        }
    }

    @Test
    void propose_whileTheCallerChangesItsLists_comparesWhatWasFound() throws Exception {
        try (SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4))) {
            // So slow that the caller has its list back before the answers are compared.
            CompletableFuture<SwapStatus> swap =
                    detector.propose("same", () -> new Finder(4, 3, RuntimeUse.of("test")), QUICK);
            for (long i = 0; !swap.isDone(); i++) {
                try (Frame f = pool.lease(32, 32, PixelFormat.BGR24, i, i, System.nanoTime())) {
                    f.pixels().put(0, (byte) i);
                    detector.detect(f).set(0, new Detection(Box.ofSize(20, 4, 8, 8), 0.9f, 0, "lesion"));
                }
                TimeUnit.MILLISECONDS.sleep(1);
            }
            assertThat(swap.get().reason()).isEmpty();
        }
    }

    @Test
    void propose_oldOneThatCannotBeClosed_isSwitchedToAllTheSame() throws Exception {
        Finder old = new Finder(4).closing(() -> {
            throw new UnsatisfiedLinkError("free");
        });
        try (SwappableDetector detector = new SwappableDetector("old", () -> old)) {
            CompletableFuture<SwapStatus> swap = detector.propose("new", () -> new Finder(20), AT_ONCE);
            assertThat(swap.get(20, TimeUnit.SECONDS))
                    .returns(SwapState.SWITCHED, SwapStatus::state)
                    .isEqualTo(detector.status());
            assertThat(detector.propose("other", () -> new Finder(30), AT_ONCE)
                            .get(20, TimeUnit.SECONDS)
                            .state())
                    .isEqualTo(SwapState.SWITCHED);
        }
    }

    /** A thread that the system has no room for. */
    private static Thread unstartable() {
        return new Thread() {
            @Override
            public void start() {
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
    }

    @Test
    void propose_withoutAThreadToBeHad_isAsIfItWereNotAskedFor() throws Exception {
        AtomicInteger made = new AtomicInteger();
        // Of each trial the candidate's thread, then the one that watches.
        ThreadFactory second = does -> made.incrementAndGet() == 2 ? unstartable() : new Thread(does);
        try (SwappableDetector detector = detector(new Finder(4), Swap.Limits.USUAL, second)) {
            assertThatThrownBy(() -> detector.propose("new", () -> new Finder(20), AT_ONCE))
                    .isInstanceOf(OutOfMemoryError.class);
            assertThat(detector.status()).isEqualTo(SwapStatus.NONE);
            run(detector, 1);
            assertThat(pool.leased()).isZero();
            assertThat(detector.propose("new", () -> new Finder(20), AT_ONCE)
                            .get(20, TimeUnit.SECONDS)
                            .state())
                    .isEqualTo(SwapState.SWITCHED);
        }
    }

    @Test
    void propose_withoutAThreadForTheCandidate_isRefused() throws Exception {
        AtomicInteger made = new AtomicInteger();
        ThreadFactory first = does -> made.incrementAndGet() == 1 ? unstartable() : new Thread(does);
        try (SwappableDetector detector = detector(new Finder(4), Swap.Limits.USUAL, first)) {
            assertThat(detector.propose("new", () -> new Finder(20), AT_ONCE)
                            .get(20, TimeUnit.SECONDS)
                            .reason())
                    .isEqualTo("it has no thread: unable to create native thread");
            assertThat(detector.propose("new", () -> new Finder(20), AT_ONCE)
                            .get(20, TimeUnit.SECONDS)
                            .state())
                    .isEqualTo(SwapState.SWITCHED);
        }
    }

    @Test
    void propose_rightAfterACancelledOne_tellsEachItsOwnOutcome() throws Exception {
        try (SwappableDetector detector = new SwappableDetector("old", () -> new Finder(4))) {
            for (int i = 0; i < 100; i++) {
                CompletableFuture<SwapStatus> cancelled = detector.propose("cancelled", () -> new Finder(4), QUICK);
                detector.cancel();
                // The first one's threads may not even have begun.
                CompletableFuture<SwapStatus> next = detector.propose("next", () -> new Finder(4), AT_ONCE);
                assertThat(cancelled.get(20, TimeUnit.SECONDS))
                        .returns("cancelled", SwapStatus::name)
                        .returns(SwapState.REFUSED, SwapStatus::state);
                assertThat(next.get(20, TimeUnit.SECONDS))
                        .returns("next", SwapStatus::name)
                        .returns(SwapState.SWITCHED, SwapStatus::state);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void propose_framesInMemoryThatTheCallerUsesAgain_comparesCopiesOfThem(PixelFormat format) throws Exception {
        int width = 30;
        int stride = 32 + format.minStride(width);
        ByteBuffer memory = ByteBuffer.allocateDirect(format.bytes(stride, width));
        Random random = new Random(5);
        byte[] pixels = new byte[memory.capacity()];
        List<Long> numbers = new CopyOnWriteArrayList<>();
        try (SwappableDetector detector = new SwappableDetector("old", () -> sums(new CopyOnWriteArrayList<>()))) {
            CompletableFuture<SwapStatus> swap = detector.propose("same", () -> sums(numbers), QUICK);
            for (long i = 0; !swap.isDone(); i++) {
                random.nextBytes(pixels);
                memory.put(0, pixels);
                try (Frame wrapped = Frame.wrap(memory, width, width, stride, format);
                        Frame numbered = wrapped.retain(i, i)) {
                    detector.detect(numbered);
                }
                memory.put(0, new byte[memory.capacity()]);
                TimeUnit.MILLISECONDS.sleep(1);
            }
            assertThat(swap.get().reason()).isEmpty();
            // On trial, and maybe live before the outcome was told.
            assertThat(numbers).hasSizeGreaterThanOrEqualTo(8).isSorted().doesNotHaveDuplicates();
        }
    }

    /** Labels what it finds with a sum of all pixels of a frame, and notes the frame's number. */
    private static Detector sums(List<Long> numbers) {
        Detector any = StandIns.detector(f -> numbers.add(f.sequence()));
        return new Detector() {
            @Override
            public List<Detection> detect(Frame frame) {
                CRC32 sum = new CRC32();
                byte[] row = new byte[frame.format().minStride(frame.width())];
                for (int y = 0; y < frame.format().bytes(1, frame.height()); y++) {
                    frame.pixels().get(y * frame.stride(), row);
                    sum.update(row);
                }
                Detection found = any.detect(frame).get(0);
                return List.of(new Detection(found.box(), found.score(), 0, "lesion " + sum.getValue()));
            }

            @Override
            public Model model() {
                return any.model();
            }

            @Override
            public void close() {}
        };
    }
}

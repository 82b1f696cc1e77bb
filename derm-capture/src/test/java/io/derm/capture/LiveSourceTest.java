package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.capture.ScriptedSource.End;
import io.derm.capture.ScriptedSource.Studio;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LiveSourceTest {
    private static final LiveOptions QUICK =
            LiveOptions.defaults().withDelayMillis(0, 5).withStallMillis(60_000).withOpenMillis(60_000);

    private final Studio studio = new Studio(true);
    private final List<LiveStatus> events = new CopyOnWriteArrayList<>();

    private LiveSource open(LiveOptions options, Supplier<FrameSource> opener) {
        return LiveSource.open("camera", opener, options, events::add);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - until).as("still waiting after 30 s").isNegative();
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private List<LiveState> states() {
        return events.stream().map(LiveStatus::state).toList();
    }

    /** The last event may be told after the last frame was taken, or the source closed. */
    private void awaitLastEvent() throws InterruptedException {
        await(() -> states().contains(LiveState.ENDED) || states().contains(LiveState.FAILED));
    }

    private static long liveThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().startsWith("derm-live"))
                .count();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        studio.release.countDown();
        await(() -> studio.opened.get() == studio.closed.get());
        await(() -> liveThreads() == 0);
        assertThat(studio.pool.leaks()).isEmpty();
        assertThat(studio.pool.leased()).isZero();
    }

    @Test
    void next_slowConsumer_getsTheNewestFrameAndTheRestIsCounted() throws Exception {
        try (LiveSource source = open(QUICK, () -> studio.live(100, End.BLOCK))) {
            await(() -> source.status().frames() == 100);
            assertThat(studio.pool.leased()).isEqualTo(1);
            try (Frame frame = source.next().orElseThrow()) {
                assertThat(frame.sequence()).isEqualTo(99);
                assertThat(frame.timestampMicros()).isEqualTo(990_000);
            }
            assertThat(source.status().dropped()).isEqualTo(99);
        }
    }

    @Test
    void next_sourceNotLive_dropsNothingAndEnds() throws Exception {
        try (LiveSource source = open(QUICK, () -> new ScriptedSource(studio, false, 20, End.END))) {
            for (int i = 0; i < 20; i++) {
                if (i % 5 == 0) {
                    TimeUnit.MILLISECONDS.sleep(10);
                }
                try (Frame frame = source.next().orElseThrow()) {
                    assertThat(frame.sequence()).isEqualTo(i);
                }
            }
            assertThat(source.next()).isEmpty();
            assertThat(source.next()).isEmpty();
        }
        awaitLastEvent();
        assertThat(states()).containsExactly(LiveState.CONNECTING, LiveState.LIVE, LiveState.ENDED);
        assertThat(studio.opened).hasValue(1);
    }

    @Test
    void next_sourceNotLiveFails_failsOnceAndIsNotTriedAgain() throws Exception {
        try (LiveSource source = open(QUICK, () -> new ScriptedSource(studio, false, 1, End.FAIL))) {
            source.next().orElseThrow().close();
            assertThatThrownBy(source::next)
                    .isInstanceOf(CaptureException.class)
                    .hasMessage("[DERM-216] scripted breaks off. Remedy: none");
            assertThat(source.next()).isEmpty();
        }
        assertThat(studio.opened).hasValue(1);
        awaitLastEvent();
        assertThat(states()).containsExactly(LiveState.CONNECTING, LiveState.LIVE, LiveState.FAILED);
    }

    @Test
    void next_acrossReconnects_numbersHaveNoGapAndTimesRise() throws Exception {
        AtomicInteger n = new AtomicInteger();
        End[] ends = {End.END, End.FAIL, End.BLOCK};
        try (LiveSource source = open(QUICK.withStallMillis(50), () -> studio.live(3, ends[n.getAndIncrement() % 3]))) {
            long taken = 0;
            long sequence = -1;
            long micros = -1;
            long lost = 0;
            while (source.status().connections() < 10 || taken < 10) {
                try (Frame frame = source.next().orElseThrow()) {
                    lost += frame.sequence() - sequence - 1;
                    assertThat(frame.sequence()).isGreaterThan(sequence);
                    assertThat(frame.timestampMicros()).isGreaterThan(micros);
                    sequence = frame.sequence();
                    micros = frame.timestampMicros();
                    taken++;
                }
            }
            LiveStatus status = source.status();
            // The last connection may be under way, and one whose thread is held up is given up before its third frame.
            assertThat(status.frames()).isBetween(status.connections(), 3 * status.connections());
            assertThat(lost).isLessThanOrEqualTo(status.dropped());
            assertThat(taken + status.dropped()).isBetween(status.frames() - 1, status.frames());
        }
    }

    @Test
    void timestamp_afterAnOutage_hasTheOutageInIt() throws Exception {
        AtomicInteger n = new AtomicInteger();
        CountDownLatch back = new CountDownLatch(1);
        try (LiveSource source = open(QUICK, () -> {
            if (n.getAndIncrement() > 0) {
                awaitQuietly(back);
            }
            return studio.live(1, n.get() == 1 ? End.END : End.BLOCK);
        })) {
            Frame before = source.next().orElseThrow();
            before.close();
            TimeUnit.MILLISECONDS.sleep(300);
            back.countDown();
            Frame after = source.next().orElseThrow();
            after.close();
            assertThat(after.timestampMicros() - before.timestampMicros())
                    .isEqualTo((after.capturedNanos() - before.capturedNanos()) / 1000)
                    .isGreaterThanOrEqualTo(300_000);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        boolean done = false;
        while (!done) {
            try {
                latch.await();
                done = true;
            } catch (InterruptedException e) {
                // An opening that does not answer to interrupts, as in a resolver.
            }
        }
    }

    @Test
    void stall_blockedRead_isGivenUpFreedAndTriedAgain() throws Exception {
        try (LiveSource source = open(QUICK.withStallMillis(300), () -> studio.live(1, End.BLOCK))) {
            Frame before = source.next().orElseThrow();
            before.close();
            Frame after = source.next().orElseThrow();
            after.close();
            assertThat(after.capturedNanos() - before.capturedNanos()).isGreaterThanOrEqualTo(300_000_000L);
            await(() -> studio.closed.get() >= 1);
        }
        awaitLastEvent();
        // A thread that is held up makes a connection stall before its frame.
        int live = states().indexOf(LiveState.LIVE);
        List<LiveStatus> onceLive = events.subList(live, events.size());
        assertThat(onceLive)
                .extracting(LiveStatus::state)
                .startsWith(LiveState.LIVE, LiveState.STALLED, LiveState.RETRYING, LiveState.CONNECTING)
                .endsWith(LiveState.ENDED);
        assertThat(onceLive.stream().filter(e -> e.state() == LiveState.LIVE)).hasSizeGreaterThanOrEqualTo(2);
        assertThat(onceLive.get(1).reason()).isEqualTo("camera yields no frame for 300 ms");
        assertThat(onceLive.get(1).frames()).isEqualTo(1);
    }

    @Test
    void stall_threadsThatNeverComeBack_areBoundedAndFreeThemselvesWhenTheyDo() throws Exception {
        AtomicInteger n = new AtomicInteger();
        try (LiveSource source = open(QUICK.withStallMillis(300).withMaxAbandoned(2), () -> {
            return studio.live(1, n.getAndIncrement() < 2 ? End.STUCK : End.BLOCK);
        })) {
            await(() -> source.status().abandoned() == 2);
            TimeUnit.MILLISECONDS.sleep(500);
            assertThat(studio.opened).hasValue(2);
            assertThat(studio.closed).hasValue(0);
            // The supervisor, and a reader and a closer of each.
            assertThat(liveThreads()).isEqualTo(5);
            studio.release.countDown();
            await(() -> studio.opened.get() >= 3);
            await(() -> studio.closed.get() >= 2);
            await(() -> source.status().abandoned() == 0);
        }
    }

    @Test
    void opening_thatNeverReturns_isGivenUpAndFreesWhatItOpenedLater() throws Exception {
        CountDownLatch back = new CountDownLatch(1);
        AtomicInteger n = new AtomicInteger();
        try (LiveSource source = open(QUICK.withOpenMillis(1_000), () -> {
            boolean first = n.getAndIncrement() == 0;
            if (first) {
                awaitQuietly(back);
            }
            return studio.live(first ? 50 : 1, End.BLOCK);
        })) {
            assertThat(source.next().orElseThrow()).satisfies(Frame::close);
            assertThat(states()).contains(LiveState.STALLED);
            assertThat(events.stream()
                            .filter(e -> e.state() == LiveState.STALLED)
                            .findFirst())
                    .get()
                    .extracting(LiveStatus::reason)
                    .isEqualTo("camera is not open after 1000 ms");
            int closed = studio.closed.get();
            back.countDown();
            await(() -> studio.closed.get() > closed);
            // Not one of the late source's 50 frames was let in.
            assertThat(source.status().frames()).isLessThan(20);
        }
    }

    @Test
    void opening_permanentError_failsAfterTheTriesAllowed() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        try (LiveSource source = open(QUICK.withPermanentTries(3), () -> {
            tries.incrementAndGet();
            throw new CaptureException(201, "There is no device camera", "plug it in");
        })) {
            assertThatThrownBy(source::next)
                    .isInstanceOf(CaptureException.class)
                    .hasMessage("[DERM-201] There is no device camera. Remedy: plug it in");
            assertThat(source.next()).isEmpty();
            assertThat(tries).hasValue(3);
            assertThat(source.status().state()).isEqualTo(LiveState.FAILED);
            assertThat(source.status().reason()).isEqualTo("There is no device camera");
        }
        awaitLastEvent();
        assertThat(states()).endsWith(LiveState.RETRYING, LiveState.CONNECTING, LiveState.FAILED);
    }

    @Test
    void opening_unreachableForManyTries_isTriedUntilItAnswers() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        try (LiveSource source = open(QUICK.withPermanentTries(2), () -> {
            if (tries.incrementAndGet() <= 30) {
                throw new CaptureException(213, "camera cannot be opened", "check");
            }
            return studio.live(1, End.BLOCK);
        })) {
            source.next().orElseThrow().close();
            assertThat(tries).hasValue(31);
        }
    }

    @Test
    void opening_onceLive_onlyRefusedCredentialsFail() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        CountDownLatch taken = new CountDownLatch(1);
        try (LiveSource source = open(QUICK.withPermanentTries(3), () -> {
            int n = tries.incrementAndGet();
            if (n == 12) {
                awaitQuietly(taken); // Its frame would replace the first.
            }
            if (n == 1 || n == 12) {
                return studio.live(1, End.END);
            }
            throw new CaptureException(n < 12 ? 201 : 230, "camera fails", "none");
        })) {
            source.next().orElseThrow().close();
            taken.countDown();
            source.next().orElseThrow().close();
            assertThatThrownBy(source::next).hasMessageStartingWith("[DERM-230]");
            assertThat(tries).hasValue(15);
        }
    }

    @Test
    void opening_throwsAnythingElse_isReportedWithItsCause() throws Exception {
        IllegalArgumentException bug = new IllegalArgumentException("bug");
        try (LiveSource source = open(QUICK.withPermanentTries(1), () -> {
            throw bug;
        })) {
            assertThatThrownBy(source::next)
                    .isInstanceOf(CaptureException.class)
                    .hasMessageStartingWith("[DERM-233] camera fails unexpectedly: " + bug)
                    .hasCause(bug);
        }
    }

    @Test
    void close_whileNextWaits_endsItAtOnce() throws Exception {
        LiveSource source = open(QUICK, () -> studio.live(0, End.BLOCK));
        BackgroundReader waiting = BackgroundReader.start(source);
        waiting.awaitWaiting();
        long start = System.nanoTime();
        source.close();
        source.close();
        assertThat(waiting.awaitEnd()).isZero();
        assertThat(System.nanoTime() - start).isLessThan(20_000_000_000L);
        await(() -> studio.closed.get() == 1);
        assertThatThrownBy(source::next).isInstanceOf(IllegalStateException.class);
        await(() -> states().contains(LiveState.ENDED));
    }

    @Test
    void close_whileTheSourceIsStuck_returnsAllTheSame() throws Exception {
        LiveSource source = open(QUICK, () -> studio.live(1, End.STUCK));
        source.next().orElseThrow().close();
        long start = System.nanoTime();
        source.close();
        assertThat(System.nanoTime() - start).isLessThan(20_000_000_000L);
        assertThat(studio.closed).hasValue(0);
    }

    @Test
    void close_duringAWait_endsIt() throws Exception {
        LiveSource source = open(QUICK.withDelayMillis(60_000, 60_000), () -> studio.live(0, End.END));
        await(() -> states().contains(LiveState.RETRYING));
        source.close();
        await(() -> states().contains(LiveState.ENDED));
        assertThat(source.status().reason()).isEqualTo("closed");
    }

    @Test
    void listener_thatThrowsOrCloses_doesNoHarm() throws Exception {
        LiveSource[] source = new LiveSource[1];
        CountDownLatch assigned = new CountDownLatch(1);
        source[0] = LiveSource.open("camera", () -> studio.live(1, End.END), QUICK, status -> {
            awaitQuietly(assigned);
            events.add(status);
            if (status.connections() == 3) {
                source[0].close();
            }
            throw new IllegalStateException("a listener's bug");
        });
        assigned.countDown();
        await(() -> states().contains(LiveState.ENDED));
        assertThat(source[0].status().connections()).isEqualTo(3);
    }

    @Test
    void listener_thatThrowsAnError_failsTheSource() throws Exception {
        try (LiveSource source = LiveSource.open("camera", () -> studio.live(0, End.BLOCK), QUICK, status -> {
            throw new AssertionError("no way on");
        })) {
            assertThatThrownBy(source::next)
                    .hasMessageStartingWith(
                            "[DERM-233] camera fails unexpectedly: java.lang.AssertionError: no way on");
            assertThat(source.next()).isEmpty();
            assertThat(source.status().state()).isEqualTo(LiveState.FAILED);
        }
    }

    @Test
    void backoff_afterAStableTime_startsAgain() throws Exception {
        AtomicInteger n = new AtomicInteger();
        try (LiveSource source = open(QUICK.withStableMillis(0), () -> {
            if (n.incrementAndGet() % 5 != 0) {
                throw new CaptureException(213, "camera cannot be opened", "check");
            }
            return studio.live(2, End.END);
        })) {
            await(() -> source.status().connections() >= 3);
        }
        awaitLastEvent();
        assertThat(events.stream().filter(e -> e.state() == LiveState.LIVE).map(LiveStatus::tries))
                .startsWith(4, 5, 5);
    }

    @Test
    void reconnect_aThousandTimes_leavesNoThreadAndNoLease() throws Exception {
        AtomicInteger n = new AtomicInteger();
        End[] ends = {End.END, End.FAIL};
        LiveOptions options = QUICK.withDelayMillis(0, 0);
        try (LiveSource source = open(options, () -> studio.live(2, ends[n.getAndIncrement() % 2]))) {
            long most = 0;
            while (source.status().connections() <= 1000) {
                Optional<Frame> frame = source.next();
                frame.orElseThrow().close();
                most = Math.max(most, liveThreads());
            }
            // The supervisor, a reader, and some that are just ending, which may wait for a core on a busy machine.
            assertThat(most).isLessThanOrEqualTo(20);
            assertThat(studio.opened.get() - studio.closed.get()).isLessThanOrEqualTo(1);
        }
        await(() -> liveThreads() == 0);
        assertThat(studio.closed.get()).isEqualTo(studio.opened.get());
    }

    @Test
    void next_steadyState_allocatesLittle() throws Exception {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        Studio untracked = new Studio(false);
        try (LiveSource source = open(QUICK, () -> new ScriptedSource(untracked, false, 12_000, End.BLOCK))) {
            long[] ids = new long[2];
            long before = 0;
            for (int i = 0; i < 12_000; i++) {
                source.next().orElseThrow().close();
                if (i == 2_000) {
                    ids[0] = Thread.currentThread().getId();
                    ids[1] = Thread.getAllStackTraces().keySet().stream()
                            .filter(t -> t.getName().startsWith("derm-live-"))
                            .findFirst()
                            .orElseThrow()
                            .getId();
                    before = allocated(threads, ids);
                }
            }
            assertThat((allocated(threads, ids) - before) / 9_999.0).isLessThan(2048);
        }
    }

    private static long allocated(com.sun.management.ThreadMXBean threads, long[] ids) {
        long sum = 0;
        for (long bytes : threads.getThreadAllocatedBytes(ids)) {
            sum += bytes;
        }
        return sum;
    }
}

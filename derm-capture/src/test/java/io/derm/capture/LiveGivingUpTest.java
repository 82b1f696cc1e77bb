package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.capture.ScriptedSource.End;
import io.derm.capture.ScriptedSource.Studio;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a {@link LiveSource} goes on without a picture, what it says of outages, and a first connection that must succeed. */
@Timeout(60)
class LiveGivingUpTest {
    private static final LiveOptions QUICK =
            LiveOptions.defaults().withDelayMillis(0, 5).withStallMillis(60_000).withOpenMillis(60_000);

    /** Given up after longer than a busy machine holds a thread up. */
    private static final LiveOptions PATIENT = QUICK.withDelayMillis(20, 100).withGiveUpMillis(6_000);

    private final Studio studio = new Studio(true);
    private final CountDownLatch back = new CountDownLatch(1);
    private final List<LiveStatus> events = new CopyOnWriteArrayList<>();

    private LiveSource open(LiveOptions options, Supplier<FrameSource> opener) {
        return LiveSource.open("camera", opener, options, events::add);
    }

    private List<LiveState> states() {
        return events.stream().map(LiveStatus::state).toList();
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - until).as("still waiting after 30 s").isNegative();
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private static boolean noThread() {
        return Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.getName().startsWith("derm-live"));
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        back.countDown();
        await(() -> studio.opened.get() == studio.closed.get());
        await(LiveGivingUpTest::noThread);
        assertThat(studio.pool.leaks()).isEmpty();
    }

    private void awaitBack() {
        try {
            back.await();
        } catch (InterruptedException e) {
            throw new CaptureException(213, "camera was given up", "none");
        }
    }

    @Test
    void giveUp_noFrameForTooLong_failsWithTheLastReason() throws Exception {
        AtomicInteger n = new AtomicInteger();
        long start = System.nanoTime();
        try (LiveSource source = open(PATIENT, () -> {
            if (n.getAndIncrement() == 0) {
                return studio.live(1, End.END);
            }
            throw new CaptureException(213, "camera cannot be opened: Connection refused", "check");
        })) {
            source.next().orElseThrow().close();
            assertThatThrownBy(source::next)
                    .isInstanceOf(CaptureException.class)
                    .hasMessageMatching("\\[DERM-234] camera gives no picture for [0-9.]+ s and is given up: "
                            + "camera cannot be opened: Connection refused\\. Remedy: .*");
            assertThat(System.nanoTime() - start).isBetween(6_000_000_000L, 30_000_000_000L);
            assertThat(n).hasValueGreaterThan(2);
            assertThat(source.next()).isEmpty();
            LiveStatus status = source.status();
            assertThat(status.state()).isEqualTo(LiveState.FAILED);
            assertThat(status.reconnects()).isZero();
            assertThat(status.outageMillis()).isBetween(6_000L, 30_000L);
            TimeUnit.MILLISECONDS.sleep(50);
            assertThat(source.status().outageMillis())
                    .as("ends with the source")
                    .isEqualTo(status.outageMillis());
        }
    }

    @Test
    void giveUp_openingThatHangs_isInTime() throws Exception {
        long start = System.nanoTime();
        try (LiveSource source = open(QUICK.withGiveUpMillis(300), () -> {
            awaitBack();
            throw new CaptureException(213, "camera is away", "none");
        })) {
            assertThatThrownBy(source::next)
                    .hasMessageMatching("\\[DERM-234] camera gives no picture for [0-9.]+ s and is given up: "
                            + "no try has ended yet\\. Remedy: .*");
            assertThat(System.nanoTime() - start).isBetween(300_000_000L, 30_000_000_000L);
        }
    }

    @Test
    void giveUp_framesKeepComing_goesOn() throws Exception {
        try (LiveSource source = open(PATIENT, () -> studio.live(2, End.END))) {
            long until = System.nanoTime() + 7_000_000_000L;
            while (System.nanoTime() < until) {
                source.next().orElseThrow().close();
            }
            assertThat(source.status().reconnects()).isGreaterThan(5);
        }
    }

    @Test
    void giveUpAtOnce_streamThatEnds_isOver() throws Exception {
        try (LiveSource source = open(QUICK.withGiveUpMillis(0), () -> studio.live(3, End.END))) {
            Frame last = source.next().orElseThrow();
            last.close();
            while (last.sequence() < 2) {
                last = source.next().orElseThrow();
                last.close();
            }
            assertThat(source.next()).isEmpty();
            await(() -> states().contains(LiveState.ENDED));
        }
        assertThat(states()).containsExactly(LiveState.CONNECTING, LiveState.LIVE, LiveState.ENDED);
        assertThat(studio.opened).hasValue(1);
    }

    @Test
    void giveUpAtOnce_streamThatBreaksOff_failsWithItsOwnError() throws Exception {
        try (LiveSource source = open(QUICK.withGiveUpMillis(0), () -> studio.live(1, End.FAIL))) {
            source.next().orElseThrow().close();
            assertThatThrownBy(source::next).hasMessage("[DERM-216] scripted breaks off. Remedy: none");
            await(() -> states().contains(LiveState.FAILED));
        }
        assertThat(states()).containsExactly(LiveState.CONNECTING, LiveState.LIVE, LiveState.FAILED);
    }

    @Test
    void outage_underWayAndOver_isCounted() throws Exception {
        AtomicInteger n = new AtomicInteger();
        long start = System.nanoTime();
        try (LiveSource source = open(QUICK, () -> {
            boolean first = n.getAndIncrement() == 0;
            if (!first) {
                awaitBack();
            }
            return studio.live(1, first ? End.END : End.BLOCK);
        })) {
            source.next().orElseThrow().close();
            await(() -> source.status().outageMillis() >= 250);
            back.countDown();
            source.next().orElseThrow().close();
            LiveStatus status = source.status();
            assertThat(status.reconnects()).isEqualTo(1);
            assertThat(status.outageMillis()).isBetween(250L, (System.nanoTime() - start) / 1_000_000);
            TimeUnit.MILLISECONDS.sleep(100);
            assertThat(source.status().outageMillis()).as("while live").isEqualTo(status.outageMillis());
        }
    }

    @Test
    void connect_nobodyThere_failsAtOnceWithTheOpeningsError() {
        assertThatThrownBy(() -> LiveSource.connect(
                        "rtsp://nurse:secret@127.0.0.1:9/live",
                        CaptureOptions.defaults(),
                        LiveOptions.defaults(),
                        events::add))
                .isInstanceOf(CaptureException.class)
                .hasMessageStartingWith("[DERM-213] rtsp://***@127.0.0.1:9/live cannot be opened")
                .hasMessageNotContaining("secret");
        assertThat(noThread()).isTrue();
        assertThat(events).isEmpty();
    }

    @Test
    void connect_liveStream_isKnownAtOnceAndReadAgainWhenItEnds() throws Exception {
        byte[] clip = Files.readAllBytes(TestMedia.file("resized.ts"));
        try (HostileServer server = new HostileServer((client, n) -> {
                    HostileServer.beginHttp(client);
                    client.getOutputStream().write(clip);
                });
                FrameSource source = LiveSource.connect(
                        "http://127.0.0.1:" + server.port() + "/live", CaptureOptions.defaults(), QUICK, events::add)) {
            assertThat(source).isInstanceOf(LiveSource.class);
            assertThat(source.info().width()).isIn(64, 96);
            assertThat(source.info().live()).isTrue();
            LiveSource live = (LiveSource) source;
            while (live.status().connections() < 3) {
                source.next().orElseThrow().close();
            }
            assertThat(server.clients()).isGreaterThanOrEqualTo(3);
        }
        assertThat(states()).startsWith(LiveState.CONNECTING, LiveState.LIVE, LiveState.RETRYING, LiveState.CONNECTING);
    }

    @Test
    void connect_closedAtOnce_freesTheFirstConnection() throws Exception {
        byte[] clip = Files.readAllBytes(TestMedia.file("resized.ts"));
        AtomicInteger hungUp = new AtomicInteger();
        try (HostileServer server = new HostileServer((client, n) -> {
            try {
                HostileServer.beginHttp(client);
                while (true) {
                    client.getOutputStream().write(clip); // fails once the client goes
                }
            } finally {
                hungUp.incrementAndGet();
            }
        })) {
            for (int i = 0; i < 5; i++) {
                LiveSource.connect(
                                "http://127.0.0.1:" + server.port() + "/live",
                                CaptureOptions.defaults(),
                                QUICK,
                                events::add)
                        .close();
            }
            await(() -> hungUp.get() == 5);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void reconnect_manyTimes_allocatesNoFurtherFrames(boolean connect) throws Exception {
        byte[] clip = Files.readAllBytes(TestMedia.file("resized.ts"));
        try (HostileServer server = new HostileServer((client, n) -> {
            HostileServer.beginHttp(client);
            client.getOutputStream().write(clip);
        })) {
            String url = "http://127.0.0.1:" + server.port() + "/live";
            CaptureOptions capture = CaptureOptions.defaults();
            LiveOptions options = QUICK.withDelayMillis(0, 0);
            Set<Long> addresses = new HashSet<>();
            try (LiveSource source = connect
                    ? (LiveSource) LiveSource.connect(url, capture, options, events::add)
                    : LiveSource.open(url, capture, options, events::add)) {
                while (source.status().connections() < 60) {
                    try (Frame frame = source.next().orElseThrow()) {
                        addresses.add(new BytePointer(frame.pixels()).address());
                    }
                }
            }
            // A buffer that is too small for a frame of the larger size is replaced, once each.
            assertThat(addresses).hasSizeLessThanOrEqualTo(2 * capture.frames());
        }
    }

    @Test
    void connect_file_isReadAsItIs() throws Exception {
        try (FrameSource source = LiveSource.connect(
                TestMedia.file("plain.mp4").toString(),
                CaptureOptions.defaults(),
                LiveOptions.defaults(),
                events::add)) {
            assertThat(source).isInstanceOf(VideoSource.class);
            assertThat(TestMedia.count(source)).isEqualTo(12);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void connect_pipe_endsWithItsWriter(@TempDir Path dir) throws Exception {
        Path pipe = dir.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Process writer = new ProcessBuilder(
                        "sh",
                        "-c",
                        "cat \"$0\" > \"$1\"",
                        TestMedia.file("resized.ts").toString(),
                        pipe.toString())
                .start();
        try (FrameSource source =
                LiveSource.connect(pipe.toString(), CaptureOptions.defaults(), LiveOptions.defaults(), events::add)) {
            assertThat(TestMedia.count(source)).isPositive();
        }
        assertThat(writer.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
}

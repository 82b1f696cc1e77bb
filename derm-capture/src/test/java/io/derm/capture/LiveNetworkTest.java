package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.contract.NativeMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link LiveSource} through FFmpeg against servers that behave badly, and a real one that is killed. */
@Timeout(120)
class LiveNetworkTest {
    private static final CaptureOptions CAPTURE = CaptureOptions.defaults().withTimeoutMillis(400);
    private static final LiveOptions QUICK =
            LiveOptions.defaults().withDelayMillis(1, 20).withStallMillis(700).withOpenMillis(20_000);

    private final List<LiveStatus> events = new CopyOnWriteArrayList<>();

    private LiveSource open(String url) {
        return LiveSource.open(url, CAPTURE, QUICK, events::add);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - until).as("still waiting after 30 s").isNegative();
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private long count(LiveState state) {
        return events.stream().filter(e -> e.state() == state).count();
    }

    private static long liveThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.getName().startsWith("derm-live"))
                .count();
    }

    @AfterEach
    void noThreadIsLeft() throws Exception {
        await(() -> liveThreads() == 0);
    }

    /** Pictures that change from one size to another and back, more than FFmpeg reads ahead. */
    private static byte[] longClip() throws IOException {
        byte[] clip = Files.readAllBytes(TestMedia.file("resized.ts"));
        byte[] all = new byte[clip.length * (3_000_000 / clip.length)];
        for (int i = 0; i < all.length; i += clip.length) {
            System.arraycopy(clip, 0, all, i, clip.length);
        }
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"rtsp", "http"})
    void server_acceptsAndSendsNothing_isTriedAgainInTime(String scheme) throws Exception {
        try (HostileServer server = new HostileServer(
                        (client, n) -> client.getInputStream().transferTo(java.io.OutputStream.nullOutputStream()));
                LiveSource source = open(scheme + "://127.0.0.1:" + server.port() + "/live")) {
            await(() -> count(LiveState.RETRYING) >= 3);
            assertThat(source.status().frames()).isZero();
            assertThat(events)
                    .filteredOn(e -> e.state() == LiveState.RETRYING)
                    .extracting(LiveStatus::reason)
                    .containsOnly(scheme + "://127.0.0.1:" + server.port() + "/live does not answer within 400 ms");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rtsp", "http"})
    void server_sendsGarbage_isTriedAgain(String scheme) throws Exception {
        try (HostileServer server = new HostileServer((client, n) -> {
                    byte[] garbage = new byte[200_000];
                    new Random(n).nextBytes(garbage);
                    if (scheme.equals("http")) {
                        HostileServer.beginHttp(client);
                    }
                    client.getOutputStream().write(garbage);
                });
                LiveSource source = open(scheme + "://127.0.0.1:" + server.port() + "/live")) {
            await(() -> server.clients() >= 20);
            assertThat(source.status().frames()).isZero();
            assertThat(source.status().state()).isNotIn(LiveState.FAILED, LiveState.ENDED);
        }
    }

    /** @param timeoutMillis after which FFmpeg ends the read itself, 0 if it would wait for ever and the supervisor ends it */
    @ParameterizedTest
    @CsvSource({"400, silent for 400 ms", "0, yields no frame for 700 ms"})
    void server_stopsMidStream_isGivenUpAndReadAgain(int timeoutMillis, String says) throws Exception {
        byte[] clip = longClip();
        try (HostileServer server = new HostileServer((client, n) -> {
                    HostileServer.beginHttp(client);
                    client.getOutputStream().write(clip);
                    TimeUnit.SECONDS.sleep(60);
                });
                LiveSource source = LiveSource.open(
                        "http://127.0.0.1:" + server.port() + "/live",
                        CAPTURE.withTimeoutMillis(timeoutMillis),
                        QUICK.withStallMillis(timeoutMillis == 0 ? 700 : 20_000),
                        events::add)) {
            long sequence = -1;
            long micros = -1;
            while (source.status().connections() < 3) {
                try (Frame frame = source.next().orElseThrow()) {
                    assertThat(frame.sequence()).isGreaterThan(sequence);
                    assertThat(frame.timestampMicros()).isGreaterThan(micros);
                    sequence = frame.sequence();
                    micros = frame.timestampMicros();
                }
            }
            assertThat(events)
                    .filteredOn(e -> e.state() == LiveState.RETRYING)
                    .extracting(LiveStatus::reason)
                    // Where the server's thread is held up.
                    .filteredOn(why -> !why.endsWith("does not answer within 400 ms"))
                    .hasSizeGreaterThanOrEqualTo(2)
                    .allMatch(why -> why.endsWith(says));
            await(() -> source.status().abandoned() == 0);
        }
    }

    @Test
    void server_changesTheResolution_framesFollow() throws Exception {
        byte[] clip = longClip();
        try (HostileServer server = new HostileServer((client, n) -> {
                    HostileServer.beginHttp(client);
                    // Without an end, since a consumer that is held up sees the newest frames only.
                    for (int i = 0; ; i = i + 2 * 18_800 <= clip.length ? i + 18_800 : 0) {
                        client.getOutputStream().write(clip, i, 18_800);
                        TimeUnit.MILLISECONDS.sleep(5);
                    }
                });
                LiveSource source = LiveSource.open(
                        "http://127.0.0.1:" + server.port() + "/live",
                        CaptureOptions.defaults(),
                        LiveOptions.defaults().withStallMillis(60_000),
                        events::add)) {
            Set<String> sizes = new LinkedHashSet<>();
            while (sizes.size() < 2) {
                try (Frame frame = source.next().orElseThrow()) {
                    sizes.add(frame.width() + "x" + frame.height());
                }
            }
            assertThat(sizes).containsExactlyInAnyOrder("64x48", "96x64");
            assertThat(source.status().connections()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "401 Unauthorized, 230, refuses the user name or the password: Server returned 401 Unauthorized (authorization failed)",
        "403 Forbidden, 230, refuses the user name or the password: Server returned 403 Forbidden (access denied)",
        "404 Not Found, 231, is not on its server: Server returned 404 Not Found"
    })
    void server_turnsTheClientAway_failsAfterTheTriesWithoutThePassword(String status, int id, String says)
            throws Exception {
        String challenge = status.startsWith("401") ? "WWW-Authenticate: Basic realm=\"camera\"\r\n" : "";
        try (HostileServer server = new HostileServer(HostileServer.rtspAnswer(status, challenge));
                LiveSource source = LiveSource.open(
                        "rtsp://nurse:opensesame@127.0.0.1:" + server.port() + "/live",
                        CaptureOptions.defaults(),
                        LiveOptions.defaults().withPermanentTries(2),
                        events::add)) {
            assertThatThrownBy(source::next)
                    .isInstanceOf(CaptureException.class)
                    .hasMessageStartingWith("[DERM-" + id + "] rtsp://***@127.0.0.1:" + server.port() + "/live " + says)
                    .hasMessageNotContainingAny("opensesame", "nurse");
            assertThat(source.next()).isEmpty();
            assertThat(server.clients()).isEqualTo(2);
            assertThat(source.info().name()).doesNotContain("opensesame");
            await(() -> count(LiveState.FAILED) == 1);
            assertThat(events.toString()).doesNotContain("opensesame");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void reconnect_aThousandTimes_leavesNoThreadNoFileAndNoMemory() throws Exception {
        byte[] clip = Files.readAllBytes(TestMedia.file("resized.ts"));
        LiveOptions options = QUICK.withDelayMillis(0, 0).withStallMillis(20_000);
        try (HostileServer server = new HostileServer((client, n) -> {
                    HostileServer.beginHttp(client);
                    client.getOutputStream().write(clip);
                });
                LiveSource source = LiveSource.open(
                        "http://127.0.0.1:" + server.port() + "/live", CAPTURE, options, status -> {})) {
            takeUntil(source, 200);
            long resident = NativeMemory.residentBytes().orElseThrow();
            takeUntil(source, 1_200);
            // One demuxer with its decoder holds more than 100 KB, so a thousand lost ones could not hide in this.
            assertThat(NativeMemory.residentBytes().orElseThrow() - resident).isLessThan(50_000_000);
            // The supervisor, a reader, and some that are just ending, which may wait for a core on a busy machine.
            assertThat(liveThreads()).isLessThanOrEqualTo(20);
            assertThat(source.status().abandoned()).isZero();
            try (var files = Files.list(Path.of("/proc/self/fd"))) {
                assertThat(files.filter(LiveNetworkTest::isSocket).count()).isLessThan(20);
            }
        }
    }

    private static boolean isSocket(Path file) {
        try {
            return Files.readSymbolicLink(file).toString().startsWith("socket:");
        } catch (IOException e) {
            return false;
        }
    }

    private static void takeUntil(LiveSource source, int connections) throws InterruptedException {
        while (source.status().connections() < connections) {
            source.next().orElseThrow().close();
        }
    }

    @Test
    void rtsp_realServer_isLiveThroughAFreezeAndAKill(@TempDir Path folder) throws Exception {
        Optional<String> missing = RtspServer.missing();
        Assumptions.assumeTrue(missing.isEmpty(), missing.orElse(""));
        Path clip = TestMedia.record(folder.resolve("clip.mp4"), 320, 240, 50, RecorderOptions.of(25));
        CaptureOptions patient = CaptureOptions.defaults();
        LiveOptions options = QUICK.withOpenMillis(12_000);
        RtspServer server = RtspServer.start(RtspServer.freePort(), clip);
        try (LiveSource source = LiveSource.open(server.url(), patient, options, events::add)) {
            grey(source);
            assertThat(source.info().live()).isTrue();

            // A busy machine may stall it at other times too.
            long stalled = count(LiveState.STALLED);
            long beforeTheFreeze = source.status().connections();
            server.freeze();
            await(() -> count(LiveState.STALLED) > stalled && source.status().state() != LiveState.LIVE);
            server.thaw();
            await(() -> source.status().connections() > beforeTheFreeze);

            long beforeTheKill = source.status().connections();
            server.close();
            await(() -> source.status().state() == LiveState.RETRYING);
            server = RtspServer.start(server.port(), clip);
            await(() -> source.status().connections() > beforeTheKill);
            // The first may be the last from before the kill.
            grey(source);
            grey(source);
        } finally {
            server.close();
        }
    }

    /** Takes the next frame, and checks that it is of the clip: a grey bar of a level of 20 to 118 is in its middle. */
    private static void grey(LiveSource source) throws InterruptedException {
        try (Frame frame = source.next().orElseThrow()) {
            assertThat(frame.width()).isEqualTo(320);
            assertThat(frame.height()).isEqualTo(240);
            int[] rgb = TestMedia.rgb(frame, 160, 120);
            assertThat(rgb[1]).isBetween(10, 130);
            assertThat(rgb[0]).isBetween(rgb[1] - 12, rgb[1] + 12);
            assertThat(rgb[2]).isBetween(rgb[1] - 12, rgb[1] + 12);
        }
    }
}

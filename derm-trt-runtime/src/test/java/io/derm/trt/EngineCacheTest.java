package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.derm.api.RuntimeUnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class EngineCacheTest {
    private static final EngineKey KEY = Keys.key();
    private static final String BUILT = KEY + " was built in ";
    private static final String TIMING_CACHE = "timings of ";

    @TempDir
    Path temp;

    private Path folder;
    private EngineCache cache;
    private CapturedLog log;
    private final AtomicInteger builds = new AtomicInteger();
    private final List<Optional<Duration>> lastTimes = new ArrayList<>();
    private final List<Optional<String>> timingCaches = new ArrayList<>();

    @BeforeEach
    void makeCache() {
        folder = temp.resolve("derm/engines");
        cache = new EngineCache(folder);
        log = new CapturedLog(EngineCache.class);
    }

    @AfterEach
    void stop() {
        log.close();
    }

    private EngineCache.Built build(Optional<Duration> lastTime, Optional<ByteBuffer> timingCache) {
        int build = builds.incrementAndGet();
        lastTimes.add(lastTime);
        timingCaches.add(timingCache.map(EngineCacheTest::text));
        return new EngineCache.Built(bytes("plan " + build), Optional.of(bytes(TIMING_CACHE + build)));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }

    private String engine() {
        return engine(KEY);
    }

    private String engine(EngineKey key) {
        return cache.engine(key, this::build, plan -> Optional.of(text(plan)));
    }

    private Path plan() {
        return folder.resolve(KEY.digest() + ".plan");
    }

    private static void flip(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 40] ^= 1;
        Files.write(file, bytes);
    }

    private static EngineCache failing(Path folder, AtomicFile.Steps steps) {
        return new EngineCache(new SealedStore(folder, Clock.systemUTC(), steps));
    }

    @Test
    void engine_wantedAgain_isLoadedWithoutAWarning() throws Exception {
        assertThat(engine()).isEqualTo("plan 1");
        assertThat(engine()).isEqualTo("plan 1");
        cache = new EngineCache(folder);
        assertThat(engine()).isEqualTo("plan 1");
        assertThat(builds).hasValue(1);
        assertThat(log.warnings()).isEmpty();
        assertThat(log.infos()).hasSize(2);
        assertThat(log.infos().get(0)).isEqualTo("Building " + KEY);
        assertThat(log.infos().get(1)).startsWith(BUILT).endsWith(" and is kept");
    }

    @Test
    void engine_ofAnotherKey_isBuiltWithTheTimingCacheOfTheMachineAndTheLastTime() throws Exception {
        engine();
        engine(Keys.key(Map.of("level", "5")));
        engine(Keys.key(Map.of("onnx", "bb".repeat(32), "onnx-bytes", "1900000")));
        engine(Keys.key(Map.of("onnx", "cc".repeat(32), "onnx-bytes", "9000000")));
        assertThat(builds).hasValue(4);
        assertThat(timingCaches)
                .containsExactly(
                        Optional.empty(),
                        Optional.of(TIMING_CACHE + 1),
                        Optional.of(TIMING_CACHE + 2),
                        Optional.of(TIMING_CACHE + 3));
        // Nothing before; the same ONNX file; one of similar size; none of similar size.
        assertThat(lastTimes).extracting(Optional::isPresent).containsExactly(false, true, true, false);
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void lastTime_isThatOfTheSameFileOrElseOfTheNearestInSizeOnThisGpu() throws Exception {
        SealedStore store = cache.store();
        past(store, Keys.key(Map.of("onnx", "bb".repeat(32), "onnx-bytes", "1100000")), 11);
        past(store, Keys.key(Map.of("onnx", "cc".repeat(32), "onnx-bytes", "1900000")), 19);
        past(store, Keys.key(Map.of("onnx", "dd".repeat(32), "onnx-bytes", "1000000", "gpu", "NVIDIA L4")), 99);
        engine();
        engine(Keys.key(Map.of("onnx", "cc".repeat(32), "onnx-bytes", "1900000", "tensorrt", "10.16.0.1")));
        assertThat(lastTimes).containsExactly(Optional.of(Duration.ofSeconds(11)), Optional.of(Duration.ofSeconds(19)));
        assertThat(log.infos()).contains("Building " + KEY + ", which took 11 s last time");
    }

    private static void past(SealedStore store, EngineKey key, int seconds) throws IOException {
        store.write(key.digest() + ".built", key.text(), Duration.ofSeconds(seconds), bytes(""));
    }

    @Test
    void timingCache_ofAnotherTensorRt_isNotUsed() {
        engine();
        engine(Keys.key(Map.of("tensorrt", "10.16.0.1")));
        assertThat(timingCaches).containsExactly(Optional.empty(), Optional.empty());
    }

    @Test
    void engine_afterTheMachineChanged_isBuiltWithOneWarningThatSaysWhatChanged() {
        engine();
        EngineKey key = Keys.key(Map.of("gpu", "NVIDIA L4", "compute", "8.9", "level", "5"));
        assertThat(engine(key)).isEqualTo("plan 2");
        assertThat(engine(key)).isEqualTo("plan 2");
        assertThat(engine()).isEqualTo("plan 1");
        assertThat(engine(Keys.key(Map.of("level", "1")))).isEqualTo("plan 3");
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .matches(Pattern.quote(
                                key
                                        + ": the engine kept is for another machine (compute: 9.0 -> 8.9, gpu: NVIDIA H200 -> NVIDIA L4). It was built in ")
                        + "[0-9.]+ s anew and is kept");
    }

    @Test
    void engine_damaged_isBuiltOnceMoreWithOneWarning() throws Exception {
        engine();
        flip(plan());
        assertThat(engine()).isEqualTo("plan 2");
        assertThat(engine()).isEqualTo("plan 2");
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .startsWith(
                        KEY + ": " + plan()
                                + " has a seal that does not fit: it was altered, or sealed with another key file. It was built in ")
                .endsWith(" s anew and is kept");
    }

    @Test
    void engine_sealedWithAnotherKeyFile_isBuiltOnceMoreWithOneWarning() throws Exception {
        engine();
        byte[] other = new byte[32];
        new Random(1).nextBytes(other);
        Files.write(folder.resolve("key"), other);
        assertThat(engine()).isEqualTo("plan 2");
        assertThat(engine()).isEqualTo("plan 2");
        assertThat(log.warnings()).hasSize(1);
    }

    @Test
    void timingCache_damaged_isLeftOutWithOneWarning() throws Exception {
        engine();
        try (Stream<Path> files = Files.list(folder)) {
            flip(files.filter(file -> file.toString().endsWith(".timing"))
                    .findFirst()
                    .orElseThrow());
        }
        assertThat(engine(Keys.key(Map.of("level", "5")))).isEqualTo("plan 2");
        assertThat(timingCaches).containsExactly(Optional.empty(), Optional.empty());
        assertThat(log.warnings()).singleElement().asString().contains(".timing has a seal that does not fit");
    }

    @Test
    void engine_thatTensorRtRefuses_isBuiltOnceMoreWithOneWarning() {
        engine();
        String engine =
                cache.engine(KEY, this::build, plan -> Optional.of(text(plan)).filter(text -> !text.equals("plan 1")));
        assertThat(engine).isEqualTo("plan 2");
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .contains(": TensorRT refuses " + plan() + ". It was built in ");
        assertThat(engine()).isEqualTo("plan 2");
    }

    @Test
    void engine_thatTensorRtRefusesFreshlyBuilt_isAnError() {
        assertThatThrownBy(() -> cache.engine(KEY, this::build, plan -> Optional.empty()))
                .isInstanceOf(RuntimeUnavailableException.class)
                .hasMessage("[DERM-361] TensorRT refuses " + KEY
                        + ", which it has just built, expected an engine. Remedy: See the log"
                        + " for what TensorRT says; update TensorRT and the driver to versions that go together.");
        assertThat(builds).hasValue(1);
    }

    @Test
    void build_thatFails_reachesTheCallerAndKeepsNothing() throws Exception {
        IllegalStateException failure = new IllegalStateException("no");
        assertThatThrownBy(() -> cache.engine(
                        KEY,
                        (lastTime, timing) -> {
                            throw failure;
                        },
                        plan -> Optional.of(plan)))
                .isSameAs(failure);
        assertThat(log.warnings()).isEmpty();
        assertThat(engine()).isEqualTo("plan 1");

        flip(plan());
        assertThatThrownBy(() -> cache.engine(
                        KEY,
                        (lastTime, timing) -> {
                            throw failure;
                        },
                        plan -> Optional.of(plan)))
                .isSameAs(failure);
        assertThat(log.warnings()).singleElement().asString().endsWith(". It could not be built anew.");
    }

    @Test
    void engine_onADiskThatIsFullAnywhere_isUsedWithOneWarning() {
        AtomicInteger reached = new AtomicInteger();
        AtomicInteger full = new AtomicInteger(-1);
        AtomicFile.Steps steps = (file, step, bytes) -> {
            if (step != AtomicFile.Step.RENAMED && reached.getAndIncrement() == full.get()) {
                throw new IOException("No space left on device");
            }
        };
        cache = failing(temp.resolve("counted"), steps);
        engine();
        int count = reached.get();
        // Key, plan, timing cache and the record of the time have three to seven steps each.
        assertThat(count).isBetween(20, 28);
        for (int step = 0; step < count; step++) {
            reached.set(0);
            full.set(step);
            Path fresh = temp.resolve("full" + step);
            cache = failing(fresh, steps);
            int build = builds.get() + 1;
            int warnings = log.warnings().size();
            assertThat(engine()).as("step %d", step).isEqualTo("plan " + build);
            assertThat(log.warnings()).hasSize(warnings + 1);
            boolean kept = Files.exists(fresh.resolve(KEY.digest() + ".plan"));
            assertThat(log.warnings().get(warnings))
                    .endsWith((kept
                                    ? " and is kept, but not what speeds the next build up"
                                    : " and is used, but not kept")
                            + ": No space left on device");
            assertThat(fresh).isDirectoryNotContaining("glob:**.tmp");
            cache = new EngineCache(fresh);
            assertThat(engine()).isEqualTo("plan " + (kept ? build : build + 1));
            assertThat(log.warnings()).as("step %d", step).hasSize(warnings + 1);
        }
    }

    @Test
    void engine_whereTheFolderCannotBeMade_isUsedWithOneWarning() throws Exception {
        Files.writeString(temp.resolve("derm"), "a file");
        assertThat(engine()).isEqualTo("plan 1");
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .contains(" and is used, but not kept: ")
                .contains(temp.resolve("derm").toString());
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void engine_inAReadOnlyFolder_isLoadedOrElseUsedWithOneWarning() throws Exception {
        engine();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-x------"));
        assumeFalse(Files.isWritable(folder), "permissions do not bind root");
        Files.setPosixFilePermissions(
                folder.resolve(KEY.digest() + ".lock"), PosixFilePermissions.fromString("r--------"));
        assertThat(engine()).isEqualTo("plan 1");
        assertThat(log.warnings()).isEmpty();
        assertThat(engine(Keys.key(Map.of("level", "5")))).isEqualTo("plan 2");
        assertThat(log.warnings()).singleElement().asString().contains(" and is used, but not kept: ");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void engine_inAFolderThatOthersCanWrite_isBuiltAndUsedWithOneWarning() throws Exception {
        engine();
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(engine()).isEqualTo("plan 2");
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .contains(folder + " has permissions 777, so that others can write it (chmod go= mends that)");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        assertThat(engine()).isEqualTo("plan 1");
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void engine_withAPlantedLink_isBuiltAndTheLinkReplacedWithOneWarning() throws Exception {
        engine();
        Path elsewhere = temp.resolve("elsewhere");
        Files.move(plan(), elsewhere);
        Files.createSymbolicLink(plan(), elsewhere);
        assertThat(engine()).isEqualTo("plan 2");
        assertThat(engine()).isEqualTo("plan 2");
        assertThat(Files.isSymbolicLink(plan())).isFalse();
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .contains(plan() + " is a link, a folder or something else that is no file. It was built in ");
    }

    @Test
    void clock_thatWentBack_changesNothing() throws Exception {
        Clock future = Clock.fixed(Instant.parse("2100-01-01T00:00:00Z"), ZoneOffset.UTC);
        cache = new EngineCache(new SealedStore(folder, future, AtomicFile.Steps.NONE));
        engine();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, FileTime.from(future.instant()));
            }
        }
        Clock past = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
        cache = new EngineCache(new SealedStore(folder, past, AtomicFile.Steps.NONE));
        assertThat(engine()).isEqualTo("plan 1");
        assertThat(engine(Keys.key(Map.of("level", "5")))).isEqualTo("plan 2");
        assertThat(timingCaches).containsExactly(Optional.empty(), Optional.of(TIMING_CACHE + 1));
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void threads_thatWantOneEngine_buildItOnce() throws Exception {
        int threads = 6;
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<String>> engines = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                // Each with a cache of its own, as two sessions may have.
                EngineCache own = new EngineCache(folder);
                engines.add(executor.submit(() -> own.engine(
                        KEY,
                        (lastTime, timing) -> {
                            awaitWaiting(threads - 1);
                            return build(lastTime, timing);
                        },
                        plan -> Optional.of(text(plan)))));
            }
            for (Future<String> engine : engines) {
                assertThat(engine.get(60, TimeUnit.SECONDS)).isEqualTo("plan 1");
            }
        } finally {
            executor.shutdownNow();
        }
        assertThat(builds).hasValue(1);
        assertThat(log.warnings()).isEmpty();
        assertThat(waiting()).isEqualTo(threads - 1);
    }

    private long waiting() {
        return log.infos().stream()
                .filter(("Waiting for another thread or process that loads or builds " + KEY)::equals)
                .count();
    }

    private void awaitWaiting(int count) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (waiting() < count && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    @Test
    void threads_thatWantDifferentEngines_doNotWaitForOneAnother() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        ExecutorService executor = Executors.newFixedThreadPool(2);
        try {
            List<Future<Boolean>> engines = new ArrayList<>();
            for (String level : List.of("1", "2")) {
                engines.add(executor.submit(() -> cache.engine(
                        Keys.key(Map.of("level", level)),
                        (lastTime, timing) -> {
                            both.countDown();
                            return new EngineCache.Built(bytes("x"), Optional.empty());
                        },
                        plan -> Optional.of(await(both)))));
            }
            for (Future<Boolean> engine : engines) {
                assertThat(engine.get(60, TimeUnit.SECONDS)).isTrue();
            }
        } finally {
            executor.shutdownNow();
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }

    @Test
    void waiting_interrupted_isAClearErrorAndKeepsTheFlag() throws Exception {
        CountDownLatch building = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        Thread builder = new Thread(() -> cache.engine(
                KEY,
                (lastTime, timing) -> {
                    building.countDown();
                    await(finish);
                    return build(lastTime, timing);
                },
                plan -> Optional.of(text(plan))));
        builder.start();
        assertThat(await(building)).isTrue();
        List<Object> seen = new ArrayList<>();
        Thread waiter = new Thread(() -> {
            try {
                engine();
            } catch (RuntimeUnavailableException e) {
                seen.add(e.getMessage());
                seen.add(Thread.currentThread().isInterrupted());
            }
        });
        waiter.start();
        awaitWaiting(1);
        waiter.interrupt();
        waiter.join(30_000);
        finish.countDown();
        builder.join(30_000);
        assertThat(seen)
                .containsExactly(
                        "[DERM-360] Waiting for " + KEY
                                + " was interrupted, expected to wait until it is loaded or built. Remedy: Do not"
                                + " interrupt the thread that opens a session, or open it again.",
                        true);
        assertThat(builds).hasValue(1);
        assertThat(engine()).isEqualTo("plan 1");
    }

    @Test
    void loading_interruptedAnywhere_neverBuilds() throws Exception {
        byte[] large = new byte[16 << 20];
        cache.engine(
                KEY,
                (lastTime, timing) -> new EngineCache.Built(ByteBuffer.wrap(large), Optional.empty()),
                plan -> Optional.of(plan.remaining()));
        AtomicInteger interrupted = new AtomicInteger();
        for (int delayMillis = 0; delayMillis < 40; delayMillis += 4) {
            Thread loader = new Thread(() -> {
                try {
                    cache.engine(KEY, this::build, plan -> Optional.of(plan.remaining()));
                } catch (RuntimeUnavailableException e) {
                    interrupted.incrementAndGet();
                }
            });
            loader.start();
            Thread.sleep(delayMillis);
            loader.interrupt();
            loader.join(30_000);
        }
        assertThat(builds).hasValue(0);
        assertThat(interrupted).hasPositiveValue();
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void interruptedBuilder_usesWhatItBuiltWithOneWarning() {
        String engine = cache.engine(
                KEY,
                (lastTime, timing) -> {
                    Thread.currentThread().interrupt();
                    return build(lastTime, timing);
                },
                plan -> Optional.of(text(plan)));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(engine).isEqualTo("plan 1");
        assertThat(log.warnings()).singleElement().asString().endsWith(" and is used, but not kept: interrupted");
    }

    @Test
    void load_thatThrows_reachesTheCallerAndTheEngineStays() {
        engine();
        IllegalStateException failure = new IllegalStateException("out of device memory");
        assertThatThrownBy(() -> cache.engine(KEY, this::build, plan -> {
                    throw failure;
                }))
                .isSameAs(failure);
        assertThat(engine()).isEqualTo("plan 1");
        assertThat(builds).hasValue(1);
    }

    @Test
    void builtPlan_ofWhichAPartRemains_isLoadedFromThere() {
        List<String> loaded = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            cache.engine(
                    KEY,
                    (lastTime, timing) ->
                            new EngineCache.Built(bytes("--plan--").position(2).limit(6), Optional.empty()),
                    plan -> Optional.of(loaded.add(plan.position() + text(plan))));
        }
        assertThat(loaded).containsExactly("0plan", "0plan");
    }

    @Test
    void defaultFolder_followsTheBaseDirectorySpecification() {
        assertThat(EngineCache.defaultFolder(Map.of("XDG_CACHE_HOME", "/var/cache/x", "HOME", "/home/a"), "/home/b"))
                .isEqualTo(Path.of("/var/cache/x/derm/engines"));
        assertThat(EngineCache.defaultFolder(Map.of("XDG_CACHE_HOME", "relative", "HOME", "/home/a"), "/home/b"))
                .isEqualTo(Path.of("/home/a/.cache/derm/engines"));
        assertThat(EngineCache.defaultFolder(Map.of("HOME", "/home/a"), "?"))
                .isEqualTo(Path.of("/home/a/.cache/derm/engines"));
        assertThat(EngineCache.defaultFolder(Map.of(), "/home/b")).isEqualTo(Path.of("/home/b/.cache/derm/engines"));
    }
}

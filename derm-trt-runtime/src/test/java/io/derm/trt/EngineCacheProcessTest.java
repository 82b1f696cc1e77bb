package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The cache between processes that are real, and that are killed. */
class EngineCacheProcessTest {
    private static final String END = "(end of output)";

    @TempDir
    Path temp;

    private final List<Child> children = new ArrayList<>();

    /** A JVM of its own, with what it prints. */
    private static final class Child {
        final Process process;
        final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        final List<String> seen = new ArrayList<>();

        Child(Process process) {
            this.process = process;
            Thread reader = new Thread(() -> {
                try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                    output.lines().forEach(lines::add);
                } catch (UncheckedIOException | IOException e) {
                    lines.add(e.toString());
                }
                lines.add(END);
            });
            reader.setDaemon(true);
            reader.start();
        }

        /** The rest of the next line that holds a word. */
        String await(String word) throws InterruptedException {
            while (true) {
                String line = lines.poll(60, TimeUnit.SECONDS);
                assertThat(line).as("after %s, waiting for %s", seen, word).isNotNull();
                seen.add(line);
                if (line.contains(word)) {
                    return line.substring(line.indexOf(word) + word.length()).strip();
                }
                assertThat(line).as("%s, waiting for %s", seen, word).isNotEqualTo(END);
            }
        }

        void kill() throws InterruptedException {
            process.destroyForcibly();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @AfterEach
    void stop() {
        children.forEach(child -> child.process.destroyForcibly());
    }

    private Path folder() {
        return temp.resolve("engines");
    }

    private Child start(String file, String step, long bytes, String level) throws IOException {
        Child child = new Child(new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CacheProcess.class.getName(),
                        folder().toString(),
                        temp.resolve("builds").toString(),
                        temp.resolve("go").toString(),
                        file,
                        step,
                        Long.toString(bytes),
                        level)
                .redirectErrorStream(true)
                .start());
        children.add(child);
        return child;
    }

    private Child start() throws IOException {
        return start("nothing", "CREATED", 0, "3");
    }

    private List<String> builds() throws IOException {
        return Files.readAllLines(temp.resolve("builds"));
    }

    private List<Path> leftovers() throws IOException {
        try (Stream<Path> files = Files.list(folder())) {
            return files.filter(file -> file.toString().endsWith(".tmp")).toList();
        }
    }

    @Test
    void processes_thatWantOneEngineAtOnce_buildItOnceAndLoadTheSame() throws Exception {
        Child first = start();
        first.await("BUILDING");
        Child second = start();
        Child third = start();
        second.await("Waiting for another thread or process");
        third.await("Waiting for another thread or process");
        Files.createFile(temp.resolve("go"));
        String plan = first.await("PLAN");
        assertThat(plan).hasSize(64);
        assertThat(second.await("PLAN")).isEqualTo(plan);
        assertThat(third.await("PLAN")).isEqualTo(plan);
        assertThat(builds()).containsExactly("built");
        second.await(END);
        third.await(END);
        assertThat(second.seen).noneMatch(line -> line.contains("BUILDING"));
        assertThat(third.seen).noneMatch(line -> line.contains("BUILDING"));
    }

    @Test
    void processes_thatWantDifferentEnginesInAFreshFolder_sealThemWithOneKey() throws Exception {
        Map<String, Child> byLevel = new TreeMap<>();
        for (String level : List.of("1", "2", "3", "4")) {
            byLevel.put(level, start("nothing", "CREATED", 0, level));
        }
        for (Child child : byLevel.values()) {
            child.await("BUILDING");
        }
        Files.createFile(temp.resolve("go"));
        try (CapturedLog log = new CapturedLog(EngineCache.class)) {
            for (Map.Entry<String, Child> entry : byLevel.entrySet()) {
                String plan = entry.getValue().await("PLAN");
                String loaded = new EngineCache(folder())
                        .engine(
                                Keys.key(Map.of("level", entry.getKey())),
                                (lastTime, timing) -> {
                                    throw new AssertionError("level " + entry.getKey() + " was not kept");
                                },
                                bytes -> Optional.of(Sha256.of(bytes)));
                assertThat(loaded).isEqualTo(plan);
            }
            assertThat(log.warnings()).isEmpty();
        }
        assertThat(builds()).hasSize(4);
    }

    @Test
    void process_killedWhileItBuilds_freesTheLock() throws Exception {
        Child builder = start();
        builder.await("BUILDING");
        Child waiter = start();
        waiter.await("Waiting for another thread or process");
        builder.kill();
        waiter.await("BUILDING");
        Files.createFile(temp.resolve("go"));
        assertThat(waiter.await("PLAN")).hasSize(64);
        assertThat(builds()).containsExactly("built");
    }

    @ParameterizedTest
    @CsvSource({
        "key, CREATED, 0",
        "key, FORCED, 0",
        "key, RENAMED, 0",
        ".plan, CREATED, 0",
        ".plan, WRITING, 1",
        ".plan, WRITING, 2000000",
        ".plan, WRITTEN, 0",
        ".plan, FORCED, 0",
        ".plan, RENAMED, 0",
        ".timing, WRITING, 1",
        ".built, FORCED, 0"
    })
    void process_killedWhileItWrites_doesNotHinderTheNext(String file, String step, long bytes) throws Exception {
        Files.createFile(temp.resolve("go"));
        Child writer = start(file, step, bytes, "3");
        writer.await("REACHED");
        boolean renamed = step.equals("RENAMED");
        assertThat(leftovers()).hasSize(renamed ? 0 : 1);
        writer.kill();

        boolean planThere = file.equals(".timing") || file.equals(".built") || (file.equals(".plan") && renamed);
        try (CapturedLog log = new CapturedLog(EngineCache.class)) {
            byte[] mine = {1, 2, 3};
            EngineCache cache = new EngineCache(folder());
            List<Integer> sizes = new ArrayList<>();
            List<String> built = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                sizes.add(cache.engine(
                        Keys.key(),
                        (lastTime, timing) -> {
                            built.add("built");
                            return new EngineCache.Built(ByteBuffer.wrap(mine), Optional.empty());
                        },
                        plan -> Optional.of(plan.remaining())));
            }
            int size = planThere ? CacheProcess.PLAN_BYTES : mine.length;
            assertThat(sizes).containsExactly(size, size);
            assertThat(built).hasSize(planThere ? 0 : 1);
            assertThat(log.warnings()).isEmpty();
            cache.store().write("next", "a=b\n", Duration.ZERO, ByteBuffer.wrap(mine));
            assertThat(leftovers()).isEmpty();
        }
    }
}

package io.derm.trt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** A program that wants an engine, to be run beside others and to be killed. */
final class CacheProcess {
    /** A plan of more than one chunk. */
    static final int PLAN_BYTES = 3 << 20;

    private CacheProcess() {}

    /**
     * Prints BUILDING when it builds, REACHED when it stops, and the digest of what it loaded.
     *
     * @param args the folder of the cache; a file that gets a line for each build; a file that a build waits for; then how a
     *     file's name ends, the step and the least number of bytes at which to stop for ever; the level in the key
     */
    public static void main(String[] args) {
        AtomicFile.Steps steps = (file, step, bytes) -> {
            if (file.toString().endsWith(args[3]) && step.name().equals(args[4]) && bytes >= Long.parseLong(args[5])) {
                System.out.println("REACHED");
                sleepUntil(Path.of(args[2]).resolve("never"));
            }
        };
        EngineCache cache = new EngineCache(new SealedStore(Path.of(args[0]), Clock.systemUTC(), steps));
        String digest = cache.engine(
                Keys.key(Map.of("level", args[6])),
                (lastTime, timing) -> {
                    System.out.println("BUILDING");
                    sleepUntil(Path.of(args[2]));
                    log(Path.of(args[1]));
                    byte[] plan = new byte[PLAN_BYTES];
                    new Random().nextBytes(plan);
                    return new EngineCache.Built(
                            ByteBuffer.wrap(plan),
                            Optional.of(ByteBuffer.wrap("timings".getBytes(StandardCharsets.UTF_8))));
                },
                plan -> Optional.of(Sha256.of(plan)));
        System.out.println("PLAN " + digest);
    }

    private static void log(Path builds) {
        try {
            Files.writeString(builds, "built\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void sleepUntil(Path file) {
        try {
            while (!Files.exists(file)) {
                Thread.sleep(10);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}

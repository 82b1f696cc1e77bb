package io.derm.trt;

import io.derm.api.RuntimeUnavailableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Engines that were built once and are kept in a folder, for building takes minutes. A plan is used if it was sealed here for
 * exactly this key and TensorRT takes it; on any doubt it is built anew, with one WARN that says why. A folder that cannot be
 * used stops nobody: the plan is used and not kept. Thread-safe; of several threads and processes that want an engine at once,
 * one builds and the others load.
 */
final class EngineCache {
    private static final Logger LOG = LoggerFactory.getLogger(EngineCache.class);
    private static final String PLAN = ".plan";
    private static final String TIMING = ".timing";
    private static final String BUILT = ".built";
    // A model counts as of similar size within this factor.
    private static final double SIMILAR = 2;
    private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);

    private final SealedStore store;

    /** Builds an engine. */
    interface Build {
        /**
         * Builds the plan. What it throws reaches the caller of {@link EngineCache#engine}, and nothing is kept.
         *
         * @param lastTime how long it took for the same ONNX file on the same GPU, or else for one of similar size; empty if that
         *     is not known
         * @param timingCache direct, what {@link Built#timingCache} was last time on this machine
         */
        Built build(Optional<Duration> lastTime, Optional<ByteBuffer> timingCache);
    }

    /**
     * A plan that was built. The buffers must stay valid until {@link EngineCache#engine} returns.
     *
     * @param plan what remains in it is the serialised engine
     * @param timingCache what remains in it is the serialised timing cache
     */
    record Built(ByteBuffer plan, Optional<ByteBuffer> timingCache) {}

    /** How long a build took, and of what. */
    private record Past(Map<String, String> key, SealedStore.Sealed file) {
        boolean same(EngineKey key, List<String> names) {
            return names.stream().allMatch(name -> key.value(name).equals(this.key.get(name)));
        }
    }

    /** Whether all was written, and the same in words. */
    private record Kept(boolean all, String words) {}

    /** A cache in a folder, which need not be there yet. */
    EngineCache(Path folder) {
        this(new SealedStore(folder, Clock.systemUTC(), AtomicFile.Steps.NONE));
    }

    EngineCache(SealedStore store) {
        this.store = store;
    }

    /** {@code $XDG_CACHE_HOME/derm/engines}, or {@code ~/.cache/derm/engines}. */
    static Path defaultFolder() {
        return defaultFolder(System.getenv(), System.getProperty("user.home"));
    }

    static Path defaultFolder(Map<String, String> environment, String userHome) {
        // The specification of base directories has relative paths ignored.
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        // Java's user.home is "?" for a user id without a name, as containers have it.
        String home = environment.getOrDefault("HOME", userHome);
        Path base = Path.of(cache).isAbsolute() ? Path.of(cache) : Path.of(home, ".cache");
        return base.resolve("derm").resolve("engines");
    }

    /** The sealed files beneath, for what else is native code and kept. */
    SealedStore store() {
        return store;
    }

    /**
     * The engine of a key: loaded if it is kept, else built and kept.
     *
     * @param load makes the engine of a plan; empty if TensorRT refuses it. What it throws reaches the caller. The buffer may be
     *     direct or what {@code build} gave; it is lent for the call
     * @throws RuntimeUnavailableException if the thread is interrupted while another one builds (DERM-360), or TensorRT refuses
     *     what it has just built (DERM-361)
     */
    <T> T engine(EngineKey key, Build build, Function<ByteBuffer, Optional<T>> load) {
        String file = key.digest() + PLAN;
        List<String> doubts = new ArrayList<>();
        try (FileMutex mutex = mutex(key)) {
            SealedStore.Found found = store.read(file, key.text());
            // An interrupted read fails, which is no reason to build for minutes.
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
            if (found instanceof SealedStore.Refused refused) {
                doubts.add(refused.why());
            } else if (found instanceof SealedStore.Sealed sealed) {
                Optional<T> engine = load.apply(sealed.payload());
                if (engine.isPresent()) {
                    LOG.debug("Loaded {}, built {}", key, sealed.created());
                    return engine.get();
                }
                doubts.add("TensorRT refuses " + store.folder().resolve(file));
            }
            return built(key, build, load, doubts);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RuntimeUnavailableException(
                    360,
                    "Waiting for " + key + " was interrupted, expected to wait until it is loaded or built",
                    "Do not interrupt the thread that opens a session, or open it again.",
                    e);
        }
    }

    private FileMutex mutex(EngineKey key) throws InterruptedException {
        try {
            store.prepare();
        } catch (IOException e) {
            // Told when the plan cannot be written, and of no interest if it can be read.
            LOG.debug("{}", e.getMessage());
        }
        return FileMutex.acquire(
                store.folder().resolve(key.digest() + ".lock"),
                () -> LOG.info("Waiting for another thread or process that loads or builds {}", key));
    }

    private <T> T built(EngineKey key, Build build, Function<ByteBuffer, Optional<T>> load, List<String> doubts) {
        List<Past> past = past();
        platformChange(key, past).ifPresent(doubts::add);
        boolean warned = false;
        try {
            EngineKey platform = key.only(EngineKey.PLATFORM);
            String timingFile = platform.digest() + TIMING;
            Optional<ByteBuffer> timingCache = Optional.empty();
            SealedStore.Found timing = store.read(timingFile, platform.text());
            if (timing instanceof SealedStore.Sealed sealed) {
                timingCache = Optional.of(sealed.payload());
            } else if (timing instanceof SealedStore.Refused refused) {
                doubts.add(refused.why());
            }
            Optional<Duration> lastTime = lastTime(key, past);
            LOG.info(
                    "Building {}{}",
                    key,
                    lastTime.map(time -> ", which took " + time.toSeconds() + " s last time")
                            .orElse(""));
            long start = System.nanoTime();
            Built built = build.build(lastTime, timingCache);
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            Kept kept = keep(key, built, took, timingFile, platform);
            warned = true;
            tell(key, doubts, took, kept);
            return load.apply(built.plan().slice())
                    .orElseThrow(
                            () -> new RuntimeUnavailableException(
                                    361,
                                    "TensorRT refuses " + key + ", which it has just built, expected an engine",
                                    "See the log for what TensorRT says; update TensorRT and the driver to versions that go together."));
        } finally {
            if (!warned && !doubts.isEmpty()) {
                LOG.warn("{}: {}. It could not be built anew.", key, String.join("; ", doubts));
            }
        }
    }

    private static void tell(EngineKey key, List<String> doubts, Duration took, Kept kept) {
        String done = String.format(Locale.ROOT, "built in %.1f s", took.toMillis() / 1000.0);
        if (!doubts.isEmpty()) {
            LOG.warn("{}: {}. It was {} anew and is {}", key, String.join("; ", doubts), done, kept.words());
        } else if (!kept.all()) {
            LOG.warn("{} was {} and is {}", key, done, kept.words());
        } else {
            LOG.info("{} was {} and is {}", key, done, kept.words());
        }
    }

    private Kept keep(EngineKey key, Built built, Duration took, String timingFile, EngineKey platform) {
        try {
            store.write(key.digest() + PLAN, key.text(), took, built.plan());
        } catch (IOException e) {
            return new Kept(false, "used, but not kept: " + SealedStore.reason(e));
        }
        try {
            if (built.timingCache().isPresent()) {
                store.write(
                        timingFile, platform.text(), took, built.timingCache().get());
            }
            store.write(pastFile(key), key.text(), took, NO_BYTES);
        } catch (IOException e) {
            return new Kept(false, "kept, but not what speeds the next build up: " + SealedStore.reason(e));
        }
        return new Kept(true, "kept");
    }

    private static String pastFile(EngineKey key) {
        List<String> names = new ArrayList<>(EngineKey.PLATFORM);
        names.add(EngineKey.ONNX);
        return key.only(names).digest() + BUILT;
    }

    /** Builds of the past, the latest first. One that cannot be read is left out: it costs a guess at the time, no more. */
    private List<Past> past() {
        List<Past> past = new ArrayList<>();
        for (String name : store.names(BUILT)) {
            if (store.read(name) instanceof SealedStore.Sealed sealed) {
                EngineKey.entries(sealed.header()).ifPresent(entries -> past.add(new Past(entries, sealed)));
            }
        }
        past.sort(Comparator.comparing((Past p) -> p.file().created()).reversed());
        return past;
    }

    /** That this file was built before by another TensorRT or for another GPU: on a device in the field somebody should know. */
    private static Optional<String> platformChange(EngineKey key, List<Past> past) {
        List<Past> ofModel =
                past.stream().filter(p -> p.same(key, List.of(EngineKey.ONNX))).toList();
        if (ofModel.isEmpty() || ofModel.stream().anyMatch(p -> p.same(key, EngineKey.PLATFORM))) {
            return Optional.empty();
        }
        SortedMap<String, String> before = new TreeMap<>(ofModel.get(0).key());
        before.keySet().retainAll(EngineKey.PLATFORM);
        return Optional.of("the engine kept is for another machine ("
                + EngineKey.differences(before, key.only(EngineKey.PLATFORM).entries()) + ")");
    }

    private static Optional<Duration> lastTime(EngineKey key, List<Past> past) {
        List<Past> ofGpu = past.stream()
                .filter(p -> p.same(key, List.of(EngineKey.GPU, EngineKey.COMPUTE, EngineKey.MULTIPROCESSORS)))
                .toList();
        return ofGpu.stream()
                .filter(p -> p.same(key, List.of(EngineKey.ONNX)))
                .findFirst()
                .or(() -> ofGpu.stream()
                        .filter(p -> distance(key, p) <= Math.log(SIMILAR))
                        .min(Comparator.comparingDouble(p -> distance(key, p))))
                .map(p -> p.file().took());
    }

    private static double distance(EngineKey key, Past past) {
        return Math.abs(Math.log(bytes(key.entries())) - Math.log(bytes(past.key())));
    }

    private static double bytes(Map<String, String> entries) {
        return Double.parseDouble(entries.getOrDefault(EngineKey.ONNX_BYTES, "0"));
    }
}

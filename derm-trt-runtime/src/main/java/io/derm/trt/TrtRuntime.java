package io.derm.trt;

import io.derm.api.Availability;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.api.RuntimeUnavailableException;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.onnx.ModelHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TensorRT on an NVIDIA GPU. Thread-safe.
 *
 * <p>The first opening of a model builds an engine for the GPU at hand, which takes seconds to minutes, and keeps it; later ones load it.
 * Options are those of {@link TrtOptions}, in {@link SessionOptions#properties()}. Precision is the model's own: networks are strongly typed, so
 * a float16 engine comes from a float16 ONNX file.
 *
 * <p>All sessions on a GPU share the frames on it: a frame that one has uploaded is there for the others.
 */
public final class TrtRuntime implements InferenceRuntime {
    /** Name of this runtime in options. */
    public static final String NAME = "tensorrt";

    private static final Logger LOG = LoggerFactory.getLogger(TrtRuntime.class);
    private static final int PRIORITY = 100;

    /** Told how a build goes on, about once a second, on a thread of its own. */
    public interface BuildListener {
        /**
         * TensorRT gives no progress to Java, so time has to do.
         *
         * @param elapsed since the build began
         * @param lastTime how long it took for the same model on the same GPU, or else for one of similar size, if that is known
         */
        void building(Duration elapsed, Optional<Duration> lastTime);
    }

    /**
     * A plan that was built into a file.
     *
     * @param plan the file
     * @param sha256 its digest, for {@link TrtOptions#PLAN_SHA256}
     * @param took what building it took
     * @param bytes its size
     */
    public record BuiltPlan(Path plan, String sha256, Duration took, long bytes) {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int priority() {
        return PRIORITY;
    }

    @Override
    public Availability availability() {
        return TrtLibraries.availability();
    }

    /**
     * Opens a model, building its engine if none that fits is kept. An interrupt ends the wait for the engine; TensorRT cannot be stopped while
     * it builds, so the build goes on and its engine is kept for the next time.
     *
     * @throws io.derm.api.ModelException if TensorRT cannot read or build the model
     * @throws RuntimeUnavailableException if TensorRT does not work here, the validated plan asked for is not there, or the thread is interrupted
     * @throws IllegalArgumentException if a property is not one of {@link TrtOptions}
     */
    @Override
    public Session open(Model model, SessionOptions options) {
        return open(model, options, (elapsed, lastTime) -> {});
    }

    /** As {@link #open(Model, SessionOptions)}, with word of a build. */
    public Session open(Model model, SessionOptions options, BuildListener listener) {
        try {
            return opened(model, options, listener);
        } catch (OutOfMemoryError e) {
            throw TrtErrors.javaMemory("open " + model.name(), e);
        }
    }

    private static Session opened(Model model, SessionOptions options, BuildListener listener) {
        TrtLibraries.require();
        TrtOptions how = TrtOptions.of(options);
        ModelHeader header = ModelHeader.read(model);
        EngineProfile profile = EngineProfile.of(model, header, how.batch(), options.maxBatch());
        GpuDevice device = GpuDevice.lease(how.device(), how.cache());
        Engine engine = null;
        device.changing().lock();
        try {
            Gpu gpu = device.gpu();
            engine = waitFor(model, how, () -> engine(model, header, profile, how, gpu, listener), Engine::close);
            Session session = new TrtSession(model, profile, how, device, engine);
            LOG.debug("Opened {} with {}", model, how);
            return session;
        } catch (RuntimeException | Error e) {
            Closer closer = new Closer();
            closer.add(device::release);
            if (engine != null) {
                closer.own(engine);
            }
            closer.closeAfter(e);
            throw e;
        } finally {
            device.changing().unlock();
        }
    }

    /** Does what may take minutes on a thread of its own. */
    private static <T> T waitFor(Model model, TrtOptions how, Supplier<T> work, Consumer<T> late) {
        try {
            return Background.call(
                    "derm-build-" + model.name(),
                    () -> {
                        GpuDevice device = GpuDevice.lease(how.device(), how.cache());
                        device.changing().lock();
                        try {
                            return work.get();
                        } finally {
                            device.changing().unlock();
                            device.release();
                        }
                    },
                    late);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RuntimeUnavailableException(
                    352,
                    "Waiting for an engine of " + TrtErrors.file(model)
                            + " was interrupted; TensorRT cannot be stopped while it builds and goes on in the background",
                    "Open the model again: an engine that has been built meanwhile is loaded.",
                    e);
        }
    }

    private static Engine engine(
            Model model, ModelHeader header, EngineProfile profile, TrtOptions how, Gpu gpu, BuildListener listener) {
        EngineKey key = key(model, header, profile, how, gpu);
        if (how.plan().isPresent()) {
            TrtOptions.Validated plan = how.plan().get();
            ByteBuffer bytes = ValidatedPlan.read(
                    plan.file(),
                    plan.sha256(),
                    Map.of(
                            EngineKey.TENSORRT, key.value(EngineKey.TENSORRT),
                            EngineKey.ONNX, key.value(EngineKey.ONNX)));
            return Engine.load(bytes)
                    .orElseThrow(
                            () -> new RuntimeUnavailableException(
                                    350,
                                    "TensorRT " + TrtVersion.ofLibrary() + " on " + gpu.name() + " does not take plan "
                                            + plan.file() + ": "
                                            + TrtLogger.instance().firstError(),
                                    "Use the TensorRT and the kind of GPU that the plan was validated with, or validate a new one."));
        }
        return new EngineCache(how.cache())
                .engine(
                        key,
                        (lastTime, timings) -> {
                            try (Ticker ticker = Ticker.start(listener, lastTime)) {
                                return NetworkBuilder.build(model, profile, how, timings);
                            }
                        },
                        Engine::load);
    }

    /**
     * Builds a model into a plan file with notes beside it, for {@link TrtOptions#PLAN}. Builds anew whatever the cache holds; what was there
     * stays until the new plan is complete. An interrupt ends the wait, and nothing is written.
     *
     * @throws io.derm.api.ModelException if TensorRT cannot read or build the model
     * @throws RuntimeUnavailableException if TensorRT does not work here, the file cannot be written, or the thread is interrupted
     */
    public BuiltPlan build(Model model, SessionOptions options, Path plan, BuildListener listener) {
        try {
            return built(model, options, plan, listener);
        } catch (OutOfMemoryError e) {
            throw TrtErrors.javaMemory("build " + model.name(), e);
        }
    }

    private static BuiltPlan built(Model model, SessionOptions options, Path plan, BuildListener listener) {
        TrtLibraries.require();
        TrtOptions how = TrtOptions.of(options);
        ModelHeader header = ModelHeader.read(model);
        EngineProfile profile = EngineProfile.of(model, header, how.batch(), options.maxBatch());
        Gpu gpu = Gpu.of(how.device());
        EngineKey key = key(model, header, profile, how, gpu);
        Instant begun = Instant.now();
        long start = System.nanoTime();
        EngineCache.Built built = waitFor(
                model,
                how,
                () -> {
                    try (Ticker ticker = Ticker.start(listener, Optional.empty())) {
                        return NetworkBuilder.build(model, profile, how, Optional.empty());
                    }
                },
                late -> {});
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        String sha256 = PlanFile.write(plan, built.plan(), key, begun, took);
        return new BuiltPlan(plan, sha256, took, built.plan().remaining());
    }

    /** All that decides whether an engine that was built fits. */
    private static EngineKey key(Model model, ModelHeader header, EngineProfile profile, TrtOptions how, Gpu gpu) {
        return EngineKey.builder()
                .with(EngineKey.TENSORRT, TrtVersion.ofLibrary())
                .with(
                        EngineKey.OS,
                        System.getProperty("os.name").toLowerCase(Locale.ROOT) + "-" + System.getProperty("os.arch"))
                .with(EngineKey.GPU, gpu.name())
                .with(EngineKey.COMPUTE, gpu.major() + "." + gpu.minor())
                .with(EngineKey.MULTIPROCESSORS, gpu.multiprocessors())
                .with(EngineKey.ONNX, digest(model, header))
                .with(EngineKey.ONNX_BYTES, bytes(model, header))
                .with(
                        EngineKey.PRECISION,
                        profile.signature().get(ModelKeys.PRECISION).orElse("as-in-graph"))
                .with(EngineKey.PROFILES, profile.text())
                .with(EngineKey.FLAGS, "strongly-typed" + (how.tf32() ? " tf32" : ""))
                .with(EngineKey.LEVEL, how.optimizationLevel())
                .with(EngineKey.POOLS, how.workspaceMib() == 0 ? "all" : "workspace=" + how.workspaceMib() + "MiB")
                .with(EngineKey.HARDWARE, how.compatibility().name())
                .with(EngineKey.TILING, how.tiling().name())
                .build();
    }

    /** SHA-256 of the file, or of it and the files of its weights, each by its own digest. */
    private static String digest(Model model, ModelHeader header) {
        if (header.externalFiles().isEmpty()) {
            return model.sha256();
        }
        StringBuilder all = new StringBuilder(model.sha256());
        for (Path file : header.externalFiles()) {
            all.append('+').append(Model.of(file).sha256());
        }
        return Sha256.of(all.toString());
    }

    private static long bytes(Model model, ModelHeader header) {
        try {
            long bytes = model.path().isPresent() ? Files.size(model.path().get()) : model.bytes().length;
            for (Path file : header.externalFiles()) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (IOException e) {
            throw new RuntimeUnavailableException(
                    351,
                    "The size of " + TrtErrors.file(model) + " cannot be asked: " + e.getMessage(),
                    "Check the file.",
                    e);
        }
    }
}

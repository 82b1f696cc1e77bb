package io.derm.trt;

import io.derm.api.Model;
import io.derm.api.TensorInfo;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.BuilderFlag;
import org.bytedeco.tensorrt.global.nvinfer.HardwareCompatibilityLevel;
import org.bytedeco.tensorrt.global.nvinfer.MemoryPoolType;
import org.bytedeco.tensorrt.global.nvinfer.NetworkDefinitionCreationFlag;
import org.bytedeco.tensorrt.global.nvinfer.OptProfileSelector;
import org.bytedeco.tensorrt.global.nvinfer.ProfilingVerbosity;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.IBuilder;
import org.bytedeco.tensorrt.nvinfer.IBuilderConfig;
import org.bytedeco.tensorrt.nvinfer.IHostMemory;
import org.bytedeco.tensorrt.nvinfer.ILogger.Severity;
import org.bytedeco.tensorrt.nvinfer.INetworkDefinition;
import org.bytedeco.tensorrt.nvinfer.IOptimizationProfile;
import org.bytedeco.tensorrt.nvinfer.ITimingCache;
import org.bytedeco.tensorrt.nvonnxparser.IParser;
import org.bytedeco.tensorrt.nvonnxparser.IParserError;
import org.jspecify.annotations.Nullable;

/**
 * Builds an engine from ONNX on the current GPU. Networks are strongly typed: every tensor has the type that the graph gives it, so
 * precision is a matter of the ONNX file alone.
 *
 * <p>Uses what TensorRT 10.6 to 11.2 have in common; what one of them lacks is asked for by name.
 */
final class NetworkBuilder implements AutoCloseable {
    private final Model model;
    private final EngineProfile profile;
    private final TrtOptions options;
    private final List<Pointer> owned = new ArrayList<>();

    private NetworkBuilder(Model model, EngineProfile profile, TrtOptions options) {
        this.model = model;
        this.profile = profile;
        this.options = options;
    }

    /**
     * Builds an engine; this takes seconds to minutes and cannot be broken off.
     *
     * @param timingCache what earlier builds measured
     * @throws io.derm.api.ModelException if TensorRT cannot read the model or build it
     */
    static EngineCache.Built build(
            Model model, EngineProfile profile, TrtOptions options, Optional<ByteBuffer> timingCache) {
        try (NetworkBuilder builder = new NetworkBuilder(model, profile, options)) {
            return builder.build(timingCache);
        }
    }

    private EngineCache.Built build(Optional<ByteBuffer> timingCache) {
        TrtLogger.instance().forget();
        IBuilder builder = own(nvinfer.createInferBuilder(TrtLogger.instance()));
        // The enumerators were renumbered in TensorRT 11, so none is written as a number.
        INetworkDefinition network =
                own(builder.createNetworkV2(1 << NetworkDefinitionCreationFlag.kSTRONGLY_TYPED.value));
        parse(network);
        IBuilderConfig config = own(builder.createBuilderConfig());
        configure(config);
        if (profile.freeBatch()) {
            // The builder owns its profiles.
            config.addOptimizationProfile(shapes(builder.createOptimizationProfile()));
        }
        ITimingCache timings = own(timings(config, timingCache));
        config.setTimingCache(timings, false);
        IHostMemory plan = own(builder.buildSerializedNetwork(network, config));
        return new EngineCache.Built(copy(plan), timings(config));
    }

    private void parse(INetworkDefinition network) {
        IParser parser = own(nvonnxparser.createParser(network, TrtLogger.instance()));
        boolean parsed;
        if (model.path().isPresent()) {
            parsed = parser.parseFromFile(model.path().get().toString(), Severity.kERROR.value);
        } else {
            byte[] onnx = model.bytes();
            // The parser copies the weights that it keeps.
            try (BytePointer bytes = new BytePointer(onnx)) {
                parsed = parser.parse(bytes, onnx.length);
            }
        }
        if (!parsed) {
            throw TrtErrors.parsing(model, findings(parser));
        }
    }

    private static List<String> findings(IParser parser) {
        List<String> findings = new ArrayList<>();
        for (int i = 0; i < parser.getNbErrors(); i++) {
            IParserError error = parser.getError(i);
            String name = text(error.nodeName());
            String operator = text(error.nodeOperator());
            String at = error.node() < 0
                    ? ""
                    : "node " + error.node() + (name.isEmpty() ? "" : " '" + name + "'")
                            + (operator.isEmpty() ? "" : " (" + operator + ")") + ": ";
            findings.add(at + text(error.desc()));
        }
        if (findings.isEmpty()) {
            findings.add(TrtLogger.instance().firstError());
        }
        return findings;
    }

    private static String text(@Nullable String s) {
        return s == null ? "" : s.strip();
    }

    private void configure(IBuilderConfig config) {
        config.setBuilderOptimizationLevel(options.optimizationLevel());
        if (options.workspaceMib() > 0) {
            config.setMemoryPoolLimit(MemoryPoolType.kWORKSPACE, (long) options.workspaceMib() << 20);
        }
        if (options.tf32()) {
            config.setFlag(BuilderFlag.kTF32);
        } else {
            config.clearFlag(BuilderFlag.kTF32);
        }
        config.setProfilingVerbosity(ProfilingVerbosity.kDETAILED);
        if (options.compatibility() != TrtOptions.Compatibility.NONE) {
            config.setHardwareCompatibilityLevel(constant(
                    HardwareCompatibilityLevel.class, options.compatibility().name(), TrtOptions.COMPATIBILITY));
        }
        if (options.tiling() != TrtOptions.Tiling.NONE) {
            tile(config);
        }
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String name, String option) {
        try {
            return Enum.valueOf(type, "k" + name);
        } catch (IllegalArgumentException e) {
            throw lacking(option, name, e);
        }
    }

    /** TensorRT 10.6 has no tiling. */
    private void tile(IBuilderConfig config) {
        try {
            Class<?> level = Class.forName(nvinfer.class.getName() + "$TilingOptimizationLevel");
            Object constant = level.getField("k" + options.tiling()).get(null);
            config.getClass().getMethod("setTilingOptimizationLevel", level).invoke(config, constant);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("Tiling cannot be set", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw lacking(TrtOptions.TILING, options.tiling().name(), e);
        }
    }

    private static IllegalArgumentException lacking(String option, String value, Exception e) {
        return new IllegalArgumentException(
                option + " is " + value.toLowerCase(Locale.ROOT) + ", which TensorRT " + TrtVersion.ofPresets()
                        + " does not have",
                e);
    }

    private IOptimizationProfile shapes(IOptimizationProfile shapes) {
        for (TensorInfo input : profile.signature().inputs()) {
            for (OptProfileSelector selector : OptProfileSelector.values()) {
                int n =
                        switch (selector) {
                            case kMIN -> 1;
                            case kOPT -> profile.batch();
                            case kMAX -> profile.maxBatch();
                        };
                try (Dims64 dims = dims(profile.shape(input, n))) {
                    if (!shapes.setDimensions(input.name(), selector, dims)) {
                        throw TrtErrors.building(model);
                    }
                }
            }
        }
        return shapes;
    }

    /** A shape as TensorRT takes it; closed by the caller. */
    static Dims64 dims(int[] shape) {
        Dims64 dims = new Dims64();
        dims.nbDims(shape.length);
        for (int i = 0; i < shape.length; i++) {
            dims.d(i, shape[i]);
        }
        return dims;
    }

    private static ITimingCache timings(IBuilderConfig config, Optional<ByteBuffer> known) {
        if (known.isPresent()) {
            ITimingCache cache = config.createTimingCache(
                    new Pointer(known.get()), known.get().remaining());
            if (cache != null && !cache.isNull()) {
                return cache;
            }
        }
        return config.createTimingCache(new Pointer(), 0);
    }

    private static Optional<ByteBuffer> timings(IBuilderConfig config) {
        ITimingCache cache = config.getTimingCache();
        IHostMemory bytes = cache == null || cache.isNull() ? null : cache.serialize();
        if (bytes == null || bytes.isNull()) {
            return Optional.empty();
        }
        try {
            return Optional.of(copy(bytes));
        } finally {
            TrtObjects.delete(bytes);
        }
    }

    private static ByteBuffer copy(IHostMemory memory) {
        int size = Math.toIntExact(memory.size());
        ByteBuffer copy = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
        copy.put(0, new BytePointer(memory.data()).capacity(size).asByteBuffer(), 0, size);
        return copy;
    }

    /** Takes an object of TensorRT to be deleted at the end, in reverse order. */
    private <P extends Pointer> P own(@Nullable P object) {
        if (object == null || object.isNull()) {
            throw TrtErrors.building(model);
        }
        owned.add(object);
        return object;
    }

    @Override
    public void close() {
        for (int i = owned.size() - 1; i >= 0; i--) {
            TrtObjects.delete(owned.get(i));
        }
        owned.clear();
    }
}

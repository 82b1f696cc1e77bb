package io.derm.trt;

import io.derm.api.SessionOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * How TensorRT builds and runs a model. As text they travel in {@link SessionOptions#properties()} under the names of the constants below.
 * Immutable.
 *
 * @param device number of the GPU as CUDA counts
 * @param cache folder of built engines
 * @param plan a plan to run as it is and never to build, with the digest it must have
 * @param optimizationLevel how long TensorRT searches while it builds, 0 to 5
 * @param workspaceMib most memory that a layer may use while it runs, in MiB; 0 for all there is
 * @param tf32 whether float32 convolutions may round their factors to 10 bits of fraction on the tensor cores
 * @param compatibility on which other GPUs the engine is to run too
 * @param tiling how hard TensorRT searches for tilings of several layers that keep data in the GPU's cache
 * @param batch the batch that engines of free batch are tuned for; at most the session's limit
 * @param cudaGraph whether runs are replayed as CUDA graphs
 * @param waiting how a thread waits for the GPU
 * @param keepWarmMillis idle time after which the model is run to keep the GPU's clocks up, again and again; 0 for never
 */
public record TrtOptions(
        int device,
        Path cache,
        Optional<Validated> plan,
        int optimizationLevel,
        int workspaceMib,
        boolean tf32,
        Compatibility compatibility,
        Tiling tiling,
        int batch,
        boolean cudaGraph,
        Wait waiting,
        int keepWarmMillis) {

    /** Number of the GPU: {@code 0}. */
    public static final String DEVICE = "trt.device";
    /** Folder of built engines. */
    public static final String CACHE = "trt.cache";
    /** Path of a plan that is run as it is and never built; needs {@link #PLAN_SHA256}. */
    public static final String PLAN = "trt.plan";
    /** SHA-256 that the plan must have, 64 hexadecimal digits. */
    public static final String PLAN_SHA256 = "trt.plan_sha256";
    /** {@code 0} to {@code 5}; TensorRT's own default is {@code 3}. */
    public static final String OPTIMIZATION_LEVEL = "trt.optimization_level";
    /** Memory that a layer may use while it runs, MiB. */
    public static final String WORKSPACE_MIB = "trt.workspace_mib";
    /** {@code true} or {@code false}. */
    public static final String TF32 = "trt.tf32";
    /** {@code none}, {@code ampere_plus} or {@code same_compute_capability}. */
    public static final String COMPATIBILITY = "trt.hardware_compatibility";
    /** {@code none}, {@code fast}, {@code moderate} or {@code full}; from TensorRT 10.8 on. */
    public static final String TILING = "trt.tiling";
    /** Batch that a model of free batch is tuned for. */
    public static final String BATCH = "trt.batch";
    /** {@code true} or {@code false}. */
    public static final String CUDA_GRAPH = "trt.cuda_graph";
    /** {@code auto} or {@code block}. */
    public static final String WAIT = "trt.wait";
    /** Milliseconds without a run after which the GPU is kept warm. */
    public static final String KEEP_WARM_MILLIS = "trt.keep_warm_millis";

    private static final Set<String> NAMES = new TreeSet<>(Set.of(
            DEVICE,
            CACHE,
            PLAN,
            PLAN_SHA256,
            OPTIMIZATION_LEVEL,
            WORKSPACE_MIB,
            TF32,
            COMPATIBILITY,
            TILING,
            BATCH,
            CUDA_GRAPH,
            WAIT,
            KEEP_WARM_MILLIS));

    /** A plan by its file and the digest that its bytes must have. */
    public record Validated(Path file, String sha256) {}

    /** On which other GPUs an engine is to run, at some cost in speed. */
    public enum Compatibility {
        NONE,
        /** Every GPU from Ampere on. */
        AMPERE_PLUS,
        /** Every GPU of the same compute capability; from TensorRT 10.7 on. */
        SAME_COMPUTE_CAPABILITY
    }

    /** How hard TensorRT searches for tilings. */
    public enum Tiling {
        NONE,
        FAST,
        MODERATE,
        FULL
    }

    /** How a thread waits for the GPU. */
    public enum Wait {
        /** As CUDA sees fit: burning its core where there are cores to spare, for the lowest latency. */
        AUTO,
        /** Asleep, at the price of some tens of microseconds. */
        BLOCK
    }

    public TrtOptions {
        if (device < 0 || workspaceMib < 0 || batch < 1 || keepWarmMillis < 0) {
            throw new IllegalArgumentException("TensorRT options have device=" + device + ", workspace_mib="
                    + workspaceMib + ", batch=" + batch + " and keep_warm_millis=" + keepWarmMillis
                    + ", expected none below 0 and a batch of at least 1");
        }
        if (optimizationLevel < 0 || optimizationLevel > 5) {
            throw new IllegalArgumentException(OPTIMIZATION_LEVEL + " is " + optimizationLevel + ", expected 0 to 5");
        }
    }

    /**
     * Reads the options out of a session's properties.
     *
     * @throws IllegalArgumentException if a property is not one of TensorRT's, or has a value it cannot have
     */
    public static TrtOptions of(SessionOptions session) {
        Map<String, String> given = session.properties();
        for (String name : new TreeSet<>(given.keySet())) {
            if (!NAMES.contains(name)) {
                throw new IllegalArgumentException("Property '" + name + "' is not one of TensorRT's, expected one of "
                        + String.join(", ", NAMES));
            }
        }
        return new TrtOptions(
                number(given, DEVICE, 0),
                Path.of(given.getOrDefault(CACHE, EngineCache.defaultFolder().toString())),
                validated(given),
                number(given, OPTIMIZATION_LEVEL, 3),
                number(given, WORKSPACE_MIB, 0),
                bool(given, TF32, true),
                choice(given, COMPATIBILITY, Compatibility.NONE, Compatibility.values()),
                choice(given, TILING, Tiling.NONE, Tiling.values()),
                Math.min(number(given, BATCH, 8), session.maxBatch()),
                bool(given, CUDA_GRAPH, true),
                choice(given, WAIT, Wait.AUTO, Wait.values()),
                number(given, KEEP_WARM_MILLIS, 0));
    }

    private static Optional<Validated> validated(Map<String, String> given) {
        String plan = given.get(PLAN);
        String sha256 = given.get(PLAN_SHA256);
        if ((plan == null) != (sha256 == null)) {
            throw new IllegalArgumentException(
                    PLAN + " is " + plan + " and " + PLAN_SHA256 + " is " + sha256 + ", expected both or neither");
        }
        return plan == null || sha256 == null
                ? Optional.empty()
                : Optional.of(new Validated(Path.of(plan), sha256.toLowerCase(Locale.ROOT)));
    }

    private static int number(Map<String, String> given, String name, int otherwise) {
        String text = given.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            return Integer.parseInt(text.trim());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " is '" + text + "', expected a whole number", e);
        }
    }

    private static boolean bool(Map<String, String> given, String name, boolean otherwise) {
        String text = given.getOrDefault(name, Boolean.toString(otherwise)).trim();
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(name + " is '" + text + "', expected true or false");
        }
        return text.equals("true");
    }

    private static <E extends Enum<E>> E choice(Map<String, String> given, String name, E otherwise, E[] all) {
        String text = given.getOrDefault(name, otherwise.name()).trim();
        return Arrays.stream(all)
                .filter(e -> e.name().equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name + " is '" + text + "', expected one of "
                        + Arrays.stream(all)
                                .map(e -> e.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", "))));
    }
}

package io.derm.samples;

import io.derm.api.InferenceRuntime;
import io.derm.api.SessionOptions;
import io.derm.trt.TrtOptions;
import io.derm.trt.TrtRuntime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of commands that run models: what is the runtime's own. */
final class RuntimeProperties implements CheckedOptions {
    /** Names of TensorRT's options begin so. */
    private static final String TENSORRT = "trt.";

    @Option(
            names = "--runtime-option",
            paramLabel = "[MODEL:]NAME=VALUE",
            // Between the entries of a configuration file; no option holds a line end.
            split = "\n",
            splitSynopsisLabel = "",
            description = {
                "Option of the runtime, e.g. trt.cache=DIR; may be given several times. Names with trt. go to tensorrt alone.",
                "With MODEL: for one of the command's models, e.g. detector:trt.plan=FILE."
            })
    private Map<String, String> given = new LinkedHashMap<>();

    @Option(
            names = "--max-batch",
            paramLabel = "N",
            description =
                    "The most regions that a model runs at once; at most what a trt.plan was built for (default: 32).")
    private @Nullable Integer maxBatch;

    /** Sees whether the numbers can be and TensorRT's options are such, whatever runs the models. */
    @Override
    public void check() {
        if (maxBatch != null && maxBatch < 1) {
            throw new IllegalArgumentException("--max-batch is " + maxBatch + ", expected 1 or more");
        }
        Set<String> models = new TreeSet<>();
        given.keySet().forEach(key -> models.add(model(key)));
        if (models.size() > 1) {
            // What is for all may only be whole with what is for one.
            models.remove("");
        }
        for (String model : models) {
            try {
                TrtOptions.of(new SessionOptions(0, 1, properties(model, true)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "--runtime-option" + (model.isEmpty() ? "" : " for " + model) + ": " + e.getMessage(), e);
            }
        }
    }

    /**
     * Session options of one of the command's models.
     *
     * @param model what MODEL is for it
     * @param base options but for those of the runtime
     */
    SessionOptions of(String model, InferenceRuntime runtime, SessionOptions base) {
        Map<String, String> properties = new HashMap<>(base.properties());
        properties.putAll(properties(model, runtime.name().equals(TrtRuntime.NAME)));
        return new SessionOptions(base.threads(), maxBatch == null ? base.maxBatch() : maxBatch, properties);
    }

    private Map<String, String> properties(String model, boolean tensorRt) {
        Map<String, String> properties = new HashMap<>();
        // What is for this model alone wins over what is for all.
        given.forEach((key, value) -> {
            if (model(key).isEmpty() && isTensorRt(key) == tensorRt) {
                properties.put(key, value);
            }
        });
        given.forEach((key, value) -> {
            if (!model.isEmpty() && model(key).equals(model) && isTensorRt(key) == tensorRt) {
                properties.put(name(key), value);
            }
        });
        return properties;
    }

    /**
     * Sees that every option is for one of the models or runtimes, so that none is passed over in silence.
     *
     * @param runtimes by the MODEL that they run
     * @throws IllegalArgumentException if there is one
     */
    void check(Map<String, InferenceRuntime> runtimes) {
        for (String key : given.keySet()) {
            String model = model(key);
            if (!model.isEmpty() && !runtimes.containsKey(model)) {
                throw new IllegalArgumentException(
                        "--runtime-option " + key + " is for '" + model + "', expected one of "
                                + runtimes.keySet().stream().sorted().toList());
            }
            List<InferenceRuntime> candidates =
                    model.isEmpty() ? List.copyOf(runtimes.values()) : List.of(runtimes.get(model));
            if (candidates.stream().noneMatch(runtime -> isFor(runtime, key))) {
                String runtime = candidates.get(0).name();
                throw new IllegalArgumentException("--runtime-option " + key + " is no option of " + runtime
                        + (name(key).startsWith(TENSORRT)
                                ? ", expected it with --runtime " + TrtRuntime.NAME + " alone"
                                : ", expected a name that begins with " + TENSORRT));
            }
        }
    }

    private static boolean isFor(InferenceRuntime runtime, String key) {
        return isTensorRt(key) == runtime.name().equals(TrtRuntime.NAME);
    }

    private static boolean isTensorRt(String key) {
        return name(key).startsWith(TENSORRT);
    }

    private static String model(String key) {
        int colon = key.indexOf(':');
        return colon < 0 ? "" : key.substring(0, colon);
    }

    private static String name(String key) {
        return key.substring(key.indexOf(':') + 1);
    }
}

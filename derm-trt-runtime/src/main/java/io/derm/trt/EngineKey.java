package io.derm.trt;

import java.io.IOException;
import java.io.StringReader;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What decides whether a plan fits: named values, in the order of their names. Immutable. Two keys with the same entries have the same
 * text and digest, in whatever order they were put together.
 *
 * @param entries values by name; a name is lower-case letters, digits and dashes, and no value is empty
 */
record EngineKey(SortedMap<String, String> entries) {
    /** Version of TensorRT with its build, {@code 10.15.1.29}. */
    static final String TENSORRT = "tensorrt";
    /** Operating system and architecture, {@code linux-x86_64}. */
    static final String OS = "os";
    /** Name of the GPU. */
    static final String GPU = "gpu";
    /** Compute capability, {@code 9.0}. */
    static final String COMPUTE = "compute";
    /** Number of streaming multiprocessors, which may differ between parts of one name. */
    static final String MULTIPROCESSORS = "multiprocessors";
    /** SHA-256 of the ONNX file and its external data. */
    static final String ONNX = "onnx";
    /** Bytes of the ONNX file and its external data. */
    static final String ONNX_BYTES = "onnx-bytes";
    /** How precision came into the graph, {@code fp32} or {@code fp16}. */
    static final String PRECISION = "precision";
    /** Minimum, optimum and maximum shapes by input. */
    static final String PROFILES = "profiles";
    /** Builder and network flags by name, sorted. */
    static final String FLAGS = "flags";
    /** Builder optimisation level. */
    static final String LEVEL = "level";
    /** Memory pools and their limits. */
    static final String POOLS = "pools";
    /** Hardware compatibility. */
    static final String HARDWARE = "hardware";
    /** Tiling optimisation level. */
    static final String TILING = "tiling";

    /** The machine's part: where these are equal, a timing cache fits. */
    static final List<String> PLATFORM = List.of(TENSORRT, OS, GPU, COMPUTE, MULTIPROCESSORS);

    private static final List<String> REQUIRED = List.of(
            TENSORRT,
            OS,
            GPU,
            COMPUTE,
            MULTIPROCESSORS,
            ONNX,
            ONNX_BYTES,
            PRECISION,
            PROFILES,
            FLAGS,
            LEVEL,
            POOLS,
            HARDWARE,
            TILING);
    private static final String FORMAT = "format";
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");

    EngineKey {
        entries.forEach((name, value) -> {
            if (!NAME.matcher(name).matches() || value.isEmpty()) {
                throw new IllegalArgumentException("No entry of a key: " + name + "=" + value);
            }
        });
        entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
    }

    static Builder builder() {
        return new Builder();
    }

    /** Collects entries. Confined to a thread. */
    static final class Builder {
        private final SortedMap<String, String> entries = new TreeMap<>(Map.of(FORMAT, "1"));

        private Builder() {}

        /** Adds one entry, which must not be there yet. */
        Builder with(String name, String value) {
            if (entries.put(name, value) != null) {
                throw new IllegalArgumentException("Twice in a key: " + name);
            }
            return this;
        }

        Builder with(String name, long value) {
            return with(name, Long.toString(value));
        }

        /**
         * The key.
         *
         * @throws IllegalArgumentException if one of the names above is missing, for a plan would then be taken for another's
         */
        EngineKey build() {
            TreeSet<String> missing = new TreeSet<>(REQUIRED);
            missing.removeAll(entries.keySet());
            if (!missing.isEmpty()) {
                throw new IllegalArgumentException("Missing in a key: " + missing);
            }
            return new EngineKey(entries);
        }
    }

    /** The value of one that is always there. */
    String value(String name) {
        return Optional.ofNullable(entries.get(name))
                .orElseThrow(() -> new IllegalArgumentException("Not in this key: " + name));
    }

    /** A key of some of these entries. */
    EngineKey only(List<String> names) {
        SortedMap<String, String> some = new TreeMap<>(entries);
        some.keySet().retainAll(names);
        return new EngineKey(some);
    }

    /** One line {@code name=value} for each entry, in the format of {@link Properties}. */
    String text() {
        return text(entries);
    }

    /** Entries, in the order of the map, as lines in the format of {@link Properties}. */
    static String text(Map<String, String> entries) {
        StringBuilder text = new StringBuilder();
        entries.forEach((name, value) ->
                text.append(name).append('=').append(escaped(value)).append('\n'));
        return text.toString();
    }

    private static String escaped(String value) {
        String escaped = value.replace("\\", "\\\\")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t")
                .replace("\f", "\\f");
        return escaped.startsWith(" ") ? "\\" + escaped : escaped;
    }

    /** The entries of a text as {@link #text} writes it; empty if it is none. */
    static Optional<SortedMap<String, String>> entries(String text) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
        SortedMap<String, String> entries = new TreeMap<>();
        properties.stringPropertyNames().forEach(name -> entries.put(name, properties.getProperty(name)));
        return Optional.of(entries);
    }

    /** SHA-256 of the text, in hexadecimal. */
    String digest() {
        return Sha256.of(text());
    }

    /** What changed between two sets of entries, {@code gpu: A -> B, level: 3 -> 5}; empty if nothing did. */
    static String differences(Map<String, String> before, Map<String, String> after) {
        TreeSet<String> names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        StringJoiner differences = new StringJoiner(", ");
        for (String name : names) {
            String old = before.getOrDefault(name, "none");
            String now = after.getOrDefault(name, "none");
            if (!old.equals(now)) {
                differences.add(name + ": " + old + " -> " + now);
            }
        }
        return differences.toString();
    }

    /** For messages: what a person tells engines apart by. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ", "engine " + start(digest()) + " (", ")");
        for (String name : List.of(ONNX, PRECISION, GPU, TENSORRT)) {
            if (entries.containsKey(name)) {
                text.add(name + " " + (name.equals(ONNX) ? start(value(name)) : value(name)));
            }
        }
        return text.toString();
    }

    private static String start(String digest) {
        return digest.substring(0, Math.min(12, digest.length()));
    }
}

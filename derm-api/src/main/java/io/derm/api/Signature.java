package io.derm.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a model says of itself once a runtime has read it. Immutable.
 *
 * @param inputs its inputs, without initialisers, in graph order
 * @param outputs its outputs in graph order
 * @param metadata the file's {@code metadata_props}, overlaid with {@link Model#overrides()}
 */
public record Signature(List<TensorInfo> inputs, List<TensorInfo> outputs, Map<String, String> metadata) {
    public Signature {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        metadata = Map.copyOf(metadata);
    }

    /** The output of that name. */
    public Optional<TensorInfo> output(String name) {
        return outputs.stream().filter(o -> o.name().equals(name)).findFirst();
    }

    /** A metadata value, trimmed; empty where there is none or it is blank. */
    public Optional<String> get(String key) {
        return Optional.ofNullable(metadata.get(key)).map(String::trim).filter(v -> !v.isEmpty());
    }
}

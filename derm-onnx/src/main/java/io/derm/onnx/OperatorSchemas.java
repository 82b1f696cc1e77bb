package io.derm.onnx;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The operator schemas of ONNX's default domain, from {@code operators.txt} beside this class. Immutable, thread-safe. */
final class OperatorSchemas {
    /** Older operator sets are not listed. */
    static final long OLDEST_OPSET = 7;

    private final Map<String, List<OperatorSchema>> versions;

    private OperatorSchemas(Map<String, List<OperatorSchema>> versions) {
        this.versions = versions;
    }

    static OperatorSchemas read() {
        Map<String, List<OperatorSchema>> versions = new HashMap<>();
        try (InputStream in = Objects.requireNonNull(
                        OperatorSchemas.class.getResourceAsStream("operators.txt"), "operators");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(OperatorSchema::parse)
                    .forEach(s -> versions.computeIfAbsent(s.operator(), k -> new ArrayList<>())
                            .add(s));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new OperatorSchemas(versions);
    }

    /** The versions of an operator, oldest first; empty if ONNX has none of that name. */
    List<OperatorSchema> versions(String operator) {
        return versions.getOrDefault(operator, List.of());
    }

    /** What holds for an operator at an opset. */
    Optional<OperatorSchema> find(String operator, long opset) {
        return versions(operator).stream().filter(s -> s.since() <= opset).reduce((older, newer) -> newer);
    }

    /** Every version of every operator. */
    List<OperatorSchema> all() {
        return versions.values().stream().flatMap(List::stream).toList();
    }
}

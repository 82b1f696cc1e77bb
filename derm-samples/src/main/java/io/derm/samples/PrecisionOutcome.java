package io.derm.samples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.derm.onnx.LayerSensitivity;
import io.derm.onnx.PrecisionReport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What became of a model in a lower precision, for people and for programs. Confined. */
final class PrecisionOutcome {
    private final Map<String, Object> facts = new LinkedHashMap<>();
    private List<LayerSensitivity> sensitivities = List.of();
    private Optional<PrecisionReport> report = Optional.empty();

    PrecisionOutcome() {}

    PrecisionOutcome(PrecisionReport report) {
        this.report = Optional.of(report);
    }

    void put(String fact, Object value) {
        facts.put(fact, value);
    }

    void sensitivities(List<LayerSensitivity> measured) {
        sensitivities = List.copyOf(measured);
    }

    String text() {
        StringBuilder text = new StringBuilder();
        report.ifPresent(r -> text.append(r.toText()));
        facts.forEach((fact, value) -> text.append(String.format(
                Locale.ROOT,
                "  %-24s %s%n",
                fact,
                value instanceof List<?> list ? (list.isEmpty() ? "none" : list.size() + ": " + list) : value)));
        if (!sensitivities.isEmpty()) {
            text.append(String.format("  error of the outputs with a single layer in int8, the costliest first%n"));
            sensitivities.forEach(s -> text.append(String.format(Locale.ROOT, "    %.5f  %s%n", s.loss(), s.layer())));
        }
        return text.toString();
    }

    String json() throws JsonProcessingException {
        if (report.isPresent()) {
            return report.get().toJson();
        }
        Map<String, Object> all = new LinkedHashMap<>(facts);
        Map<String, Double> losses = new LinkedHashMap<>();
        sensitivities.forEach(s -> losses.put(s.layer(), s.loss()));
        all.put("sensitivities", losses);
        return new ObjectMapper().writeValueAsString(all);
    }
}

package io.derm.onnx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which nodes of a model went to 16 bits, and why the others did not. Immutable.
 *
 * @param model its name
 * @param type of 16 bits that it was converted to
 * @param opset of the converted model, which may be newer than the original's
 * @param nodes those that take or make float32 in the original, in file order
 * @param casts that were added
 * @param raised constants other than 0 that the type would round to 0 and that became its smallest number
 */
public record PrecisionReport(String model, DataType type, long opset, List<Node> nodes, int casts, long raised) {

    /** Why a node stays float32. */
    public enum Reason {
        /** Its name was given. */
        NAMED,
        /** Only others were asked for. */
        NOT_SELECTED,
        /** The operator is not known, has not the type, or always stays. */
        OPERATOR,
        /** A constant is over the largest number of the type. */
        INITIALISER,
        /** An input or output was over the limit on the samples. */
        ACTIVATION,
        /** A quantisation scale is too small for the type. */
        SCALE,
        /** The outputs would leave the tolerance otherwise. */
        TOLERANCE,
        /** It computes nothing, and what is around it stays float32. */
        NEIGHBOURS;

        String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /**
     * A node.
     *
     * @param name of its own
     * @param operator e.g. Conv
     * @param type it computes in now: the report's, or float32
     * @param reason why it stays float32; empty if it does not
     * @param detail the tensor and the number behind the reason; empty if there is nothing to add
     */
    public record Node(String name, String operator, DataType type, Optional<Reason> reason, String detail) {
        @Override
        public String toString() {
            return operator + " '" + name + "' " + type.label()
                    + reason.map(r -> ", " + r.label()).orElse("") + (detail.isEmpty() ? "" : ": " + detail);
        }
    }

    public PrecisionReport {
        nodes = List.copyOf(nodes);
    }

    /** Those that stay float32. */
    public List<Node> kept() {
        return nodes.stream().filter(n -> n.reason().isPresent()).toList();
    }

    /** The node of that name. */
    public Optional<Node> node(String name) {
        return nodes.stream().filter(n -> n.name().equals(name)).findFirst();
    }

    /** How many nodes stay float32 for each reason that occurs. */
    public Map<Reason, Integer> reasons() {
        Map<Reason, Integer> counts = new TreeMap<>();
        nodes.forEach(n -> n.reason().ifPresent(r -> counts.merge(r, 1, Integer::sum)));
        return counts;
    }

    /** For people: counts, then a line for each node that stays float32. */
    public String toText() {
        List<String> lines = new ArrayList<>();
        List<Node> kept = kept();
        lines.add(clean(model) + ": " + type.label() + " in " + (nodes.size() - kept.size()) + " of " + nodes.size()
                + " nodes, opset " + opset);
        lines.add(row("casts added", casts + ""));
        lines.add(row("constants raised", raised + ""));
        if (!kept.isEmpty()) {
            lines.add(row(
                    "float32 for",
                    reasons().entrySet().stream()
                            .map(e -> e.getKey().label() + " " + e.getValue())
                            .collect(Collectors.joining(", "))));
        }
        kept.forEach(n -> lines.add(row(
                "float32",
                n.operator() + " '" + n.name() + "', "
                        + n.reason().map(Reason::label).orElse("") + (n.detail().isEmpty() ? "" : ": " + n.detail()))));
        return String.join("\n", lines) + "\n";
    }

    private static String row(String key, String value) {
        return String.format("  %-22s %s", key, clean(value));
    }

    /** A model file may come from anywhere; its texts must not steer a terminal. */
    private static String clean(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    /** For programs: a JSON object with every component. */
    public String toJson() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("model", model);
        all.put("type", type.label());
        all.put("opset", opset);
        all.put("casts", casts);
        all.put("raised", raised);
        Map<String, Object> reasons = new LinkedHashMap<>();
        reasons().forEach((r, n) -> reasons.put(r.label(), n));
        all.put("reasons", reasons);
        all.put("nodes", nodes.stream().map(PrecisionReport::json).toList());
        return Json.of(all);
    }

    private static Map<String, Object> json(Node n) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", n.name());
        map.put("operator", n.operator());
        map.put("type", n.type().label());
        n.reason().ifPresent(r -> map.put("reason", r.label()));
        if (!n.detail().isEmpty()) {
            map.put("detail", n.detail());
        }
        return map;
    }
}

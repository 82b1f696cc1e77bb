package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a model is made of: inputs, outputs, operators, weights, work and precision. Immutable.
 *
 * @param model its name
 * @param irVersion of the file
 * @param opset of the default operator set
 * @param producer that wrote it
 * @param inputs of the graph, with shapes as far as they are known
 * @param outputs of the graph, with shapes as far as they are known
 * @param operators how often each occurs, by name; with its domain where that is not the default
 * @param parameters elements of all initialisers
 * @param parameterBytes bytes of all initialisers
 * @param flops operations of convolutions and matrix products, a multiply-add counting as two, for a run with the fixed batch or else a
 *     batch of 1
 * @param uncounted convolutions and matrix products whose shapes are not known
 * @param precision type that each node computes in, by node in file order: that of its first output, or of its first input where
 *     that is an integer product
 * @param metadata the entries of {@code metadata_props} that start with {@code derm.}
 * @param recognised what a caller found out, e.g. task and layout
 */
public record ModelReport(
        String model,
        long irVersion,
        long opset,
        String producer,
        List<OnnxValue> inputs,
        List<OnnxValue> outputs,
        Map<String, Integer> operators,
        long parameters,
        long parameterBytes,
        long flops,
        int uncounted,
        Map<String, DataType> precision,
        Map<String, String> metadata,
        Map<String, String> recognised) {

    private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\u2028\u2029]");

    public ModelReport {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        operators = Collections.unmodifiableMap(new LinkedHashMap<>(operators));
        precision = Collections.unmodifiableMap(new LinkedHashMap<>(precision));
        metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
        recognised = Collections.unmodifiableMap(new LinkedHashMap<>(recognised));
    }

    /** Looks through a model. */
    public static ModelReport of(OnnxModel model) {
        OnnxGraph graph = model.graph();
        Map<String, OnnxValue> values = graph.infer();
        Map<String, OnnxValue> one = new ShapeInference(model, graph, 1).run();
        Map<String, Integer> operators = new TreeMap<>();
        Map<String, DataType> precision = new LinkedHashMap<>();
        long flops = 0;
        int uncounted = 0;
        int index = 0;
        for (NodeProto node : graph.nodes()) {
            String domain =
                    node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx") ? "" : node.getDomain() + ".";
            operators.merge(domain + node.getOpType(), 1, Integer::sum);
            String name = node.getName().isEmpty() ? node.getOpType() + "_" + index : node.getName();
            precision.put(precision.containsKey(name) ? name + "#" + index : name, precision(node, values));
            long n = Flops.of(node, t -> one.containsKey(t) ? one.get(t).shape() : Shape.UNKNOWN);
            flops = n > 0 ? (flops > Long.MAX_VALUE - n ? Long.MAX_VALUE : flops + n) : flops;
            uncounted += n < 0 ? 1 : 0;
            index++;
        }
        long parameters = 0;
        long bytes = 0;
        for (TensorProto t : graph.initialisers().values()) {
            long elements = TensorBytes.elements(model.name(), t);
            parameters += elements;
            long size = DataType.of(t.getDataType()).bytes(elements);
            bytes = bytes > Long.MAX_VALUE - size ? Long.MAX_VALUE : bytes + size;
        }
        return new ModelReport(
                model.name(),
                model.proto().getIrVersion(),
                model.opset(),
                (model.proto().getProducerName() + " " + model.proto().getProducerVersion()).strip(),
                graph.inputs(),
                graph.outputs().stream()
                        .map(o -> values.getOrDefault(o.name(), o))
                        .toList(),
                operators,
                parameters,
                bytes,
                flops,
                uncounted,
                precision,
                model.metadata().entrySet().stream()
                        .filter(e -> e.getKey().startsWith("derm."))
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)),
                Map.of());
    }

    private static DataType precision(NodeProto node, Map<String, OnnxValue> values) {
        String tensor =
                switch (node.getOpType()) {
                    case "QuantizeLinear", "ConvInteger", "MatMulInteger" ->
                        node.getInputCount() > 0 ? node.getInput(0) : "";
                    default -> node.getOutputCount() > 0 ? node.getOutput(0) : "";
                };
        OnnxValue v = values.get(tensor);
        return v == null ? DataType.UNDEFINED : v.type();
    }

    /** The same report with an entry of what a caller found out, e.g. {@code recognised("task", "detect")}. */
    public ModelReport recognised(String what, String value) {
        Map<String, String> more = new LinkedHashMap<>(recognised);
        more.put(what, value);
        return new ModelReport(
                model,
                irVersion,
                opset,
                producer,
                inputs,
                outputs,
                operators,
                parameters,
                parameterBytes,
                flops,
                uncounted,
                precision,
                metadata,
                more);
    }

    /** How many nodes compute in each type, the most frequent first. */
    public Map<DataType, Integer> nodesByPrecision() {
        Map<DataType, Integer> counts = new TreeMap<>();
        precision.values().forEach(t -> counts.merge(t, 1, Integer::sum));
        Map<DataType, Integer> sorted = new LinkedHashMap<>();
        counts.entrySet().stream()
                .sorted(Map.Entry.<DataType, Integer>comparingByValue().reversed())
                .forEach(e -> sorted.put(e.getKey(), e.getValue()));
        return sorted;
    }

    /** For people: a fact a line. */
    public String toText() {
        List<String> lines = new ArrayList<>();
        lines.add(clean(model) + ": ONNX IR " + irVersion + ", opset " + opset
                + (producer.isEmpty() ? "" : ", by " + clean(producer)));
        recognised.forEach((k, v) -> lines.add(row(k, v)));
        inputs.forEach(i -> lines.add(row("input", i.toString())));
        outputs.forEach(o -> lines.add(row("output", o.toString())));
        lines.add(row("parameters", count(parameters) + " (" + count(parameterBytes) + " bytes)"));
        lines.add(row(
                "work",
                String.format(Locale.ROOT, "%.3f GFLOPs a run", flops / 1e9)
                        + (uncounted == 0 ? "" : ", without " + uncounted + " nodes of unknown shapes")));
        lines.add(row("nodes", count(precision.size())));
        lines.add(row(
                "precision",
                nodesByPrecision().entrySet().stream()
                        .map(e -> e.getKey().label() + " " + e.getValue())
                        .collect(Collectors.joining(", "))));
        lines.add(row(
                "operators",
                operators.entrySet().stream()
                        .map(e -> e.getKey() + " " + e.getValue())
                        .collect(Collectors.joining(", "))));
        metadata.forEach((k, v) -> lines.add(row(k, v)));
        return String.join("\n", lines) + "\n";
    }

    private static String row(String key, String value) {
        return String.format("  %-22s %s", clean(key), clean(value));
    }

    /** A model file may come from anywhere; its texts must not steer a terminal. */
    private static String clean(String text) {
        return CONTROL.matcher(text).replaceAll("?");
    }

    private static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    /** For programs: a JSON object with every component, and the type of each node. */
    public String toJson() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("model", model);
        all.put("irVersion", irVersion);
        all.put("opset", opset);
        all.put("producer", producer);
        all.put("recognised", recognised);
        all.put("inputs", inputs.stream().map(ModelReport::json).toList());
        all.put("outputs", outputs.stream().map(ModelReport::json).toList());
        all.put("operators", operators);
        all.put("parameters", parameters);
        all.put("parameterBytes", parameterBytes);
        all.put("flops", flops);
        all.put("nodesOfUnknownShape", uncounted);
        Map<String, String> types = new LinkedHashMap<>();
        precision.forEach((node, type) -> types.put(node, type.label()));
        all.put("precision", types);
        all.put("metadata", metadata);
        return Json.of(all);
    }

    private static Map<String, Object> json(OnnxValue v) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", v.name());
        map.put("type", v.type().label());
        map.put("ranked", v.shape().ranked());
        map.put("shape", v.shape().dims());
        return map;
    }
}

package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.derm.onnx.PrecisionRules.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes a graph with some nodes in 16 bits: casts where a tensor goes from a node of one kind to one of the other, one for all that take it,
 * and constants of 16 bits. Or the same graph in float32, with a cast there and back wherever 16 bits would round. Confined, used once.
 */
final class PrecisionWriter {
    private final OnnxModel model;
    private final GraphEditor graph;
    private final SixteenBits type;
    private final Map<String, LowPositions> positions;
    private final Map<String, Verdict> verdicts;
    private final boolean convertsIo;
    private final boolean emulates;
    private final Map<String, OnnxValue> values;
    private final Set<String> captured = new HashSet<>();
    private final Set<String> outputs = new HashSet<>();
    private final Set<String> madeLow = new HashSet<>();
    private final Set<String> takenLow = new HashSet<>();
    private final Set<String> takenHigh = new HashSet<>();
    private final Map<String, String> lowNames = new HashMap<>();
    private final Map<String, String> highNames = new HashMap<>();
    private final List<NodeProto> written = new ArrayList<>();
    private long raised;

    /**
     * What was written.
     *
     * @param casts more than before; without those of an emulation
     * @param raised constants that would have become 0
     */
    record Written(OnnxModel model, int casts, long raised) {}

    private PrecisionWriter(
            OnnxModel model,
            SixteenBits type,
            Map<String, LowPositions> positions,
            Map<String, Verdict> verdicts,
            boolean convertsIo,
            boolean emulates) {
        this.model = model;
        this.graph = new GraphEditor(model);
        this.type = type;
        this.positions = positions;
        this.verdicts = verdicts;
        this.convertsIo = convertsIo && !emulates;
        this.emulates = emulates;
        this.values = model.graph().infer();
        model.graph().nodes().forEach(n -> captured.addAll(GraphEditor.capturedBy(n)));
        model.graph().outputs().forEach(o -> outputs.add(o.name()));
    }

    /**
     * Writes it.
     *
     * @param verdicts which nodes go to 16 bits
     * @param emulates whether in float32 with roundings; inputs and outputs then are float32
     */
    static Written write(
            OnnxModel model,
            SixteenBits type,
            Map<String, LowPositions> positions,
            Map<String, Verdict> verdicts,
            boolean convertsIo,
            boolean emulates) {
        PrecisionWriter w = new PrecisionWriter(model, type, positions, verdicts, convertsIo, emulates);
        w.look();
        w.write();
        w.declare();
        w.graph.dropUnused();
        OnnxModel result = w.graph.build();
        int casts = emulates ? 0 : Math.max(0, casts(result) - casts(model));
        return new Written(result, casts, w.raised);
    }

    private static int casts(OnnxModel model) {
        return (int) model.graph().nodes().stream()
                .filter(n -> n.getOpType().equals("Cast"))
                .count();
    }

    private boolean isFloat(String tensor) {
        OnnxValue v = values.get(tensor);
        return v != null && v.type() == DataType.FLOAT;
    }

    private boolean low(NodeProto node) {
        Verdict v = verdicts.get(node.getName());
        return v != null && v.low();
    }

    private LowPositions places(NodeProto node) {
        return low(node)
                ? positions.getOrDefault(node.getName(), new LowPositions(Set.of(), Set.of(), ""))
                : new LowPositions(Set.of(), Set.of(), "");
    }

    /** Finds out in which type each tensor is made and in which it is wanted. */
    private void look() {
        if (convertsIo) {
            graph.inputs.stream()
                    .map(ValueInfoProto::getName)
                    .filter(i -> isFloat(i) && graph.isInput(i) && !captured.contains(i))
                    .forEach(madeLow::add);
        }
        for (NodeProto node : graph.nodes) {
            LowPositions places = places(node);
            places.outputs().forEach(i -> madeLow.add(node.getOutput(i)));
            for (int i = 0; i < node.getInputCount(); i++) {
                if (isFloat(node.getInput(i)) && !PrecisionRules.SHAPES.contains(node.getOpType())) {
                    (places.inputs().contains(i) ? takenLow : takenHigh).add(node.getInput(i));
                }
            }
        }
        for (String o : outputs) {
            (endsLow(o) ? takenLow : takenHigh).add(o);
        }
        captured.stream().filter(this::isFloat).forEach(takenHigh::add);
    }

    /** Whether a tensor is an output that is to be of 16 bits. */
    private boolean endsLow(String tensor) {
        return convertsIo
                && outputs.contains(tensor)
                && isFloat(tensor)
                && !captured.contains(tensor)
                && !graph.initialisers.containsKey(tensor);
    }

    /** Whether a tensor has to be float32 under its own name. */
    private boolean staysHigh(String tensor) {
        return captured.contains(tensor) || (outputs.contains(tensor) && !endsLow(tensor));
    }

    /** The name of a tensor in 16 bits. */
    private String lowName(String tensor) {
        return lowNames.computeIfAbsent(
                tensor,
                t -> endsLow(t) || (madeLow.contains(t) && !staysHigh(t))
                        ? t
                        : graph.fresh(t + "." + type.type().label()));
    }

    /** The name of a tensor in float32. */
    private String highName(String tensor) {
        return highNames.computeIfAbsent(
                tensor, t -> staysHigh(t) || (!madeLow.contains(t) && !endsLow(t)) ? t : graph.fresh(t + ".float32"));
    }

    private void write() {
        constants();
        for (ValueInfoProto i : List.copyOf(graph.inputs)) {
            if (graph.isInput(i.getName()) && isFloat(i.getName())) {
                convert(i.getName());
            }
        }
        for (NodeProto node : graph.nodes) {
            if (emulates) {
                emulate(node);
            } else {
                real(node);
            }
        }
        graph.nodes.clear();
        graph.nodes.addAll(emulates ? written : withoutReturns(written));
    }

    /** Adds constants in 16 bits beside those in float32; what nothing takes is dropped later. */
    private void constants() {
        for (TensorProto t : List.copyOf(graph.initialisers.values())) {
            if (!takenLow.contains(t.getName()) || !isFloat(t.getName())) {
                continue;
            }
            float[] floats = model.floats(t);
            long[] dims = t.getDimsList().stream().mapToLong(Long::longValue).toArray();
            for (float v : floats) {
                raised += v != 0 && (type.bits(v) & 0x7fff) == 0 ? 1 : 0;
            }
            String name = t.getName() + "." + type.type().label();
            lowNames.put(
                    t.getName(),
                    graph.add(emulates ? type.rounded(name, floats, dims) : type.tensor(name, floats, dims)));
        }
    }

    private void real(NodeProto node) {
        LowPositions places = places(node);
        NodeProto.Builder changed = node.toBuilder();
        for (int i = 0; i < node.getInputCount(); i++) {
            String in = node.getInput(i);
            if (isFloat(in)) {
                boolean asMade = PrecisionRules.SHAPES.contains(node.getOpType()) && madeLow.contains(in);
                changed.setInput(i, places.inputs().contains(i) || asMade ? lowName(in) : highName(in));
            }
        }
        for (int i = 0; i < node.getOutputCount(); i++) {
            String out = node.getOutput(i);
            if (isFloat(out)) {
                changed.setOutput(i, places.outputs().contains(i) ? lowName(out) : highName(out));
            }
        }
        if (node.getOpType().equals("Cast") && !places.outputs().isEmpty()) {
            changed.clearAttribute();
            for (AttributeProto a : node.getAttributeList()) {
                changed.addAttribute(
                        a.getName().equals("to")
                                ? Attributes.integer("to", type.type().number())
                                : a);
            }
        }
        written.add(changed.build());
        node.getOutputList().stream().filter(this::isFloat).forEach(this::convert);
    }

    /** Casts a tensor, just made, to the other type if that is wanted. */
    private void convert(String tensor) {
        if (emulates) {
            if (takenLow.contains(tensor)) {
                String low = graph.fresh(tensor + ".rounded");
                lowNames.put(tensor, low);
                round(tensor, low);
            }
        } else if (madeLow.contains(tensor) && takenHigh.contains(tensor)) {
            cast(lowName(tensor), highName(tensor), DataType.FLOAT);
        } else if (!madeLow.contains(tensor) && takenLow.contains(tensor)) {
            cast(highName(tensor), lowName(tensor), type.type());
        }
    }

    private void cast(String from, String to, DataType as) {
        written.add(NodeProto.newBuilder()
                .setOpType("Cast")
                .setName(graph.fresh(to + ".cast"))
                .addInput(from)
                .addOutput(to)
                .addAttribute(Attributes.integer("to", as.number()))
                .build());
    }

    /** Rounds a float32 tensor to numbers of 16 bits. */
    private void round(String from, String to) {
        String between = graph.fresh(to + "." + type.type().label());
        cast(from, between, type.type());
        cast(between, to, DataType.FLOAT);
    }

    private void emulate(NodeProto node) {
        LowPositions places = places(node);
        NodeProto.Builder changed = node.toBuilder();
        for (int i : places.inputs()) {
            changed.setInput(i, lowNames.getOrDefault(node.getInput(i), node.getInput(i)));
        }
        boolean rounds = !places.outputs().isEmpty() && !PrecisionRules.MOVING.contains(node.getOpType());
        Map<String, String> exact = new HashMap<>();
        for (int i : places.outputs()) {
            if (rounds) {
                String raw = graph.fresh(node.getOutput(i) + ".exact");
                changed.setOutput(i, raw);
                exact.put(node.getOutput(i), raw);
            }
        }
        written.add(changed.build());
        exact.forEach((out, raw) -> round(raw, out));
        node.getOutputList().stream()
                .filter(o -> isFloat(o) && !madeLow.contains(o))
                .forEach(this::convert);
    }

    /** The nodes with what is cast to float32 and back taken from where it came; casts that nothing takes then are dropped. */
    private List<NodeProto> withoutReturns(List<NodeProto> nodes) {
        Set<String> low = new HashSet<>(lowNames.values());
        values.values().stream().filter(v -> v.type() == type.type()).forEach(v -> low.add(v.name()));
        Map<String, String> widened = new HashMap<>();
        Map<String, String> instead = new HashMap<>();
        List<NodeProto> kept = new ArrayList<>();
        for (NodeProto original : nodes) {
            NodeProto node = GraphEditor.renamed(original, n -> instead.getOrDefault(n, n));
            if (node.getOpType().equals("Cast")) {
                long to = Attributes.integer(node, "to", 0);
                if (to == DataType.FLOAT.number() && low.contains(node.getInput(0))) {
                    widened.put(node.getOutput(0), node.getInput(0));
                }
                boolean returns = to == type.type().number() && widened.containsKey(node.getInput(0));
                if (returns && !outputs.contains(node.getOutput(0)) && !captured.contains(node.getOutput(0))) {
                    instead.put(node.getOutput(0), widened.getOrDefault(node.getInput(0), node.getInput(0)));
                    continue;
                }
            }
            kept.add(node);
        }
        Set<String> taken = new HashSet<>(outputs);
        kept.forEach(n -> {
            taken.addAll(n.getInputList());
            taken.addAll(GraphEditor.capturedBy(n));
        });
        kept.removeIf(n -> n.getOpType().equals("Cast") && !taken.contains(n.getOutput(0)));
        return kept;
    }

    private void declare() {
        graph.inputs.replaceAll(i -> madeLow.contains(i.getName()) && !emulates ? retyped(i) : i);
        graph.outputs.replaceAll(o -> endsLow(o.getName()) ? retyped(o) : o);
    }

    private ValueInfoProto retyped(ValueInfoProto info) {
        ValueInfoProto.Builder changed = info.toBuilder();
        changed.getTypeBuilder().getTensorTypeBuilder().setElemType(type.type().number());
        return changed.build();
    }
}

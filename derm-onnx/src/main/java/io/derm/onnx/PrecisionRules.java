package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.derm.onnx.PrecisionReport.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which nodes of a graph go to 16 bits: the rules of ModelOpt's AutoCast (NVIDIA/TensorRT-Model-Optimizer, modelopt/onnx/autocast). Confined.
 */
final class PrecisionRules {
    /** Operators whose outputs are numbers of their inputs. */
    static final Set<String> MOVING = Set.of(
            "Concat",
            "DepthToSpace",
            "Dropout",
            "Expand",
            "Flatten",
            "Gather",
            "Identity",
            "Reshape",
            "Slice",
            "SpaceToDepth",
            "Split",
            "Squeeze",
            "Tile",
            "Transpose",
            "Unsqueeze");

    /** Operators that ask for the shape of a tensor and not for its numbers. */
    static final Set<String> SHAPES = Set.of("Shape", "Size");

    /**
     * What was found for a node.
     *
     * @param reason to stay float32; empty for one that goes to 16 bits
     */
    record Verdict(Optional<Reason> reason, String detail) {
        static final Verdict LOW = new Verdict(Optional.empty(), "");

        static Verdict keep(Reason reason, String detail) {
            return new Verdict(Optional.of(reason), detail);
        }

        boolean low() {
            return reason.isEmpty();
        }
    }

    private final OnnxModel model;
    private final SixteenBits type;
    private final boolean convertsIo;
    private final Map<String, LowPositions> positions = new LinkedHashMap<>();
    private final Map<String, Verdict> verdicts = new LinkedHashMap<>();
    private final List<NodeProto> nodes = new ArrayList<>();

    /**
     * Looks at every node by itself.
     *
     * @param model with a name for each node and constants as initialisers
     * @param choice names and limits
     * @param magnitudes the largest magnitude of each tensor on the samples; without a tensor it is not asked after
     */
    PrecisionRules(OnnxModel model, Choice choice, Map<String, Float> magnitudes) {
        this.model = model;
        this.type = choice.type();
        this.convertsIo = choice.convertsIo();
        Map<String, OnnxValue> values = model.graph().infer();
        OperatorSchemas schemas = OperatorSchemas.read();
        for (NodeProto node : model.graph().nodes()) {
            LowPositions p = LowPositions.of(node, model.opset(), type.type(), schemas, values);
            positions.put(node.getName(), p);
            if (touchesFloat(node, values) && !SHAPES.contains(node.getOpType())) {
                nodes.add(node);
                verdicts.put(node.getName(), verdict(node, p, choice, magnitudes));
            }
        }
    }

    /**
     * What a user asks for.
     *
     * @param keep nodes that stay float32
     * @param only nodes that may go to 16 bits; empty for all
     * @param maxValue largest magnitude of an activation
     * @param convertsIo whether inputs and outputs of the graph become 16 bits too
     */
    record Choice(SixteenBits type, NodeNames keep, Optional<NodeNames> only, float maxValue, boolean convertsIo) {}

    static boolean touchesFloat(NodeProto node, Map<String, OnnxValue> values) {
        return tensors(node).stream()
                .anyMatch(t -> values.containsKey(t) && values.get(t).type() == DataType.FLOAT);
    }

    private static List<String> tensors(NodeProto node) {
        List<String> all = new ArrayList<>(node.getInputList());
        all.addAll(node.getOutputList());
        return all;
    }

    private Verdict verdict(NodeProto node, LowPositions p, Choice choice, Map<String, Float> magnitudes) {
        if (choice.keep().contains(node.getName())) {
            return Verdict.keep(Reason.NAMED, "");
        }
        if (choice.only().isPresent() && !choice.only().get().contains(node.getName())) {
            return Verdict.keep(Reason.NOT_SELECTED, "");
        }
        if (!p.obstacle().isEmpty()) {
            return Verdict.keep(Reason.OPERATOR, p.obstacle());
        }
        for (int i : p.inputs().stream().sorted().toList()) {
            TensorProto t = model.graph().initialisers().get(node.getInput(i));
            if (t == null) {
                continue;
            }
            for (float v : model.floats(t)) {
                if (!(Math.abs(v) <= type.max())) {
                    return Verdict.keep(
                            Reason.INITIALISER, "'" + t.getName() + "' has " + v + ", over " + number(type.max()));
                }
                if (isPairing(node) && i == 1 && v < type.leastNormal()) {
                    return Verdict.keep(
                            Reason.SCALE, "'" + t.getName() + "' has " + v + ", under " + type.leastNormal());
                }
            }
        }
        return activations(node, p, choice.maxValue(), magnitudes);
    }

    private static Verdict activations(NodeProto node, LowPositions p, float limit, Map<String, Float> magnitudes) {
        for (int i : p.inputs().stream().sorted().toList()) {
            float v = magnitudes.getOrDefault(node.getInput(i), 0f);
            if (v > limit) {
                return Verdict.keep(
                        Reason.ACTIVATION, "input '" + node.getInput(i) + "' reaches " + v + ", over " + number(limit));
            }
        }
        for (int i : p.outputs().stream().sorted().toList()) {
            float v = magnitudes.getOrDefault(node.getOutput(i), 0f);
            if (v > limit) {
                return Verdict.keep(
                        Reason.ACTIVATION,
                        "output '" + node.getOutput(i) + "' reaches " + v + ", over " + number(limit));
            }
        }
        return Verdict.LOW;
    }

    private static String number(float v) {
        return v == Math.rint(v) && Math.abs(v) < 1e9 ? String.valueOf((long) v) : String.valueOf(v);
    }

    /** Where each node can be of 16 bits, by name. */
    Map<String, LowPositions> positions() {
        return positions;
    }

    /** The nodes that take or make float32, in file order. */
    List<NodeProto> nodes() {
        return nodes;
    }

    /** The verdicts, by name in file order, when these nodes have to stay float32 for the tolerance. */
    Map<String, Verdict> decide(Collection<String> sensitive) {
        Map<String, Verdict> all = new LinkedHashMap<>(verdicts);
        for (String name : sensitive) {
            all.computeIfPresent(name, (n, v) -> v.low() ? Verdict.keep(Reason.TOLERANCE, "") : v);
        }
        neighbours(all);
        return all;
    }

    /**
     * Nodes that compute nothing go to 16 bits only beside one that computes there, or they would cost casts and gain nothing. A
     * QuantizeLinear and its DequantizeLinear go with what they feed, so that runtimes find the pair next to it, and both or neither, as they
     * share a scale.
     */
    private void neighbours(Map<String, Verdict> all) {
        pairs(all);
        Map<String, NodeProto> waiting = new LinkedHashMap<>();
        Set<String> low = new HashSet<>();
        for (NodeProto n : nodes) {
            if (all.getOrDefault(n.getName(), Verdict.LOW).low()) {
                if (follows(n)) {
                    waiting.put(n.getName(), n);
                } else {
                    low.add(n.getName());
                }
            }
        }
        boolean more = true;
        while (more) {
            more = waiting.values().removeIf(n -> {
                boolean joins = paired(n).stream().anyMatch(p -> low.contains(p.getName()))
                        || (!isPairing(n) && producers(n, low))
                        || consumers(n, low);
                if (joins) {
                    low.add(n.getName());
                }
                return joins;
            });
        }
        waiting.values()
                .forEach(n -> all.put(
                        n.getName(), Verdict.keep(Reason.NEIGHBOURS, isPairing(n) ? "what it feeds is float32" : "")));
    }

    private void pairs(Map<String, Verdict> all) {
        boolean more = true;
        while (more) {
            more = false;
            for (NodeProto n : nodes) {
                if (!all.getOrDefault(n.getName(), Verdict.LOW).low()) {
                    continue;
                }
                for (NodeProto p : paired(n)) {
                    if (!all.getOrDefault(p.getName(), Verdict.LOW).low()) {
                        all.put(n.getName(), Verdict.keep(Reason.NEIGHBOURS, "'" + p.getName() + "' is float32"));
                        more = true;
                        break;
                    }
                }
            }
        }
    }

    /** Of a QuantizeLinear what dequantises its output, of a DequantizeLinear what quantised its input. */
    private List<NodeProto> paired(NodeProto n) {
        return switch (n.getOpType()) {
            case "QuantizeLinear" ->
                model.graph().consumers(n.getOutput(0)).stream()
                        .filter(c -> c.getOpType().equals("DequantizeLinear"))
                        .toList();
            case "DequantizeLinear" ->
                model.graph()
                        .producer(n.getInput(0))
                        .filter(p -> p.getOpType().equals("QuantizeLinear"))
                        .map(List::of)
                        .orElse(List.of());
            default -> List.of();
        };
    }

    private static boolean isPairing(NodeProto n) {
        return n.getOpType().equals("QuantizeLinear") || n.getOpType().equals("DequantizeLinear");
    }

    private static boolean follows(NodeProto n) {
        return MOVING.contains(n.getOpType()) || isPairing(n);
    }

    private boolean producers(NodeProto node, Set<String> low) {
        return places(node).inputs().stream().map(node::getInput).anyMatch(t -> model.graph()
                .producer(t)
                .map(p -> low.contains(p.getName()) && makesLow(p, t))
                .orElse(convertsIo && isGraphInput(t)));
    }

    private boolean consumers(NodeProto node, Set<String> low) {
        return places(node).outputs().stream()
                .map(node::getOutput)
                .anyMatch(t -> (convertsIo && isGraphOutput(t))
                        || model.graph().consumers(t).stream()
                                .anyMatch(c -> low.contains(c.getName()) && takesLow(c, t)));
    }

    private LowPositions places(NodeProto node) {
        return positions.getOrDefault(node.getName(), new LowPositions(Set.of(), Set.of(), ""));
    }

    private boolean makesLow(NodeProto node, String tensor) {
        return places(node).outputs().stream().map(node::getOutput).anyMatch(tensor::equals);
    }

    private boolean takesLow(NodeProto node, String tensor) {
        return places(node).inputs().stream().map(node::getInput).anyMatch(tensor::equals);
    }

    private boolean isGraphInput(String tensor) {
        return model.graph().inputs().stream().anyMatch(i -> i.name().equals(tensor));
    }

    private boolean isGraphOutput(String tensor) {
        return model.graph().outputs().stream().anyMatch(o -> o.name().equals(tensor));
    }

    /** Nodes in groups that are kept or converted as one: a node that computes, with what follows it element by element. */
    List<List<String>> groups(Map<String, Verdict> all) {
        Map<String, Integer> groupOf = new HashMap<>();
        List<List<String>> groups = new ArrayList<>();
        for (NodeProto n : nodes) {
            if (!all.getOrDefault(n.getName(), Verdict.LOW).low()) {
                continue;
            }
            Set<Integer> before = new HashSet<>();
            for (int i : places(n).inputs()) {
                model.graph().producer(n.getInput(i)).ifPresent(p -> before.add(groupOf.getOrDefault(p.getName(), -1)));
            }
            boolean joins = before.size() == 1
                    && !before.contains(-1)
                    && (MOVING.contains(n.getOpType()) || TAIL.contains(n.getOpType()));
            int group = joins ? before.iterator().next() : groups.size();
            if (!joins) {
                groups.add(new ArrayList<>());
            }
            groups.get(group).add(n.getName());
            groupOf.put(n.getName(), group);
        }
        return groups;
    }

    private static final Set<String> TAIL = Set.of(
            "Add",
            "Clip",
            "Elu",
            "HardSigmoid",
            "HardSwish",
            "LeakyRelu",
            "Mish",
            "Mul",
            "PRelu",
            "Relu",
            "Sigmoid",
            "Softplus",
            "Tanh");
}

package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The main graph of a model while a pass changes it. Declarations of intermediate tensors are dropped, since a pass changes their types.
 * Confined, used once.
 */
final class GraphEditor {
    private final OnnxModel model;
    private final Set<String> names = new HashSet<>();
    /** In an order of execution, as ONNX requires. */
    final List<NodeProto> nodes;

    final Map<String, TensorProto> initialisers;
    final List<ValueInfoProto> inputs;
    final List<ValueInfoProto> outputs;
    private long opset;

    GraphEditor(OnnxModel model) {
        this.model = model;
        GraphProto graph = model.proto().getGraph();
        this.nodes = new ArrayList<>(graph.getNodeList());
        this.initialisers = new LinkedHashMap<>(model.graph().initialisers());
        this.inputs = new ArrayList<>(graph.getInputList());
        this.outputs = new ArrayList<>(graph.getOutputList());
        this.opset = model.opset();
        names.addAll(initialisers.keySet());
        inputs.forEach(i -> names.add(i.getName()));
        for (NodeProto n : nodes) {
            names.add(n.getName());
            names.addAll(n.getOutputList());
            names.addAll(capturedBy(n));
        }
    }

    /** A name that no tensor or node has yet. */
    String fresh(String wanted) {
        String name = wanted;
        for (int i = 2; !names.add(name); i++) {
            name = wanted + "_" + i;
        }
        return name;
    }

    /** Adds an initialiser under its name or, where that is taken, another; returns the name. */
    String add(TensorProto tensor) {
        String name = fresh(tensor.getName());
        initialisers.put(name, tensor.toBuilder().setName(name).build());
        return name;
    }

    /** An initialiser that is known to be there. */
    TensorProto initialiser(String name) {
        return Objects.requireNonNull(initialisers.get(name), name);
    }

    void opset(long version) {
        opset = version;
    }

    boolean isOutput(String tensor) {
        return outputs.stream().anyMatch(o -> o.getName().equals(tensor));
    }

    boolean isInput(String tensor) {
        return inputs.stream().anyMatch(i -> i.getName().equals(tensor)) && !initialisers.containsKey(tensor);
    }

    /** How often each tensor is read, by nodes, by graphs inside them, and as an output. */
    Map<String, Integer> uses() {
        Map<String, Integer> uses = new HashMap<>();
        for (NodeProto n : nodes) {
            n.getInputList().forEach(i -> uses.merge(i, 1, Integer::sum));
            capturedBy(n).forEach(i -> uses.merge(i, 1, Integer::sum));
        }
        outputs.forEach(o -> uses.merge(o.getName(), 1, Integer::sum));
        return uses;
    }

    /** Names that graphs inside a node read or make; those they read may be tensors of the main graph. */
    static Collection<String> capturedBy(NodeProto node) {
        List<String> names = new ArrayList<>();
        for (AttributeProto a : node.getAttributeList()) {
            List<GraphProto> graphs = new ArrayList<>(a.getGraphsList());
            if (a.hasG()) {
                graphs.add(a.getG());
            }
            for (GraphProto g : graphs) {
                g.getOutputList().forEach(o -> names.add(o.getName()));
                for (NodeProto inner : g.getNodeList()) {
                    names.addAll(inner.getInputList());
                    names.addAll(inner.getOutputList());
                    names.addAll(capturedBy(inner));
                }
            }
        }
        return names;
    }

    /** Applies a renaming to what every node reads from now on; graphs inside nodes are left alone. */
    void renameInputs(UnaryOperator<String> renaming) {
        nodes.replaceAll(n -> renamed(n, renaming));
    }

    static NodeProto renamed(NodeProto node, UnaryOperator<String> renaming) {
        NodeProto.Builder changed = null;
        for (int i = 0; i < node.getInputCount(); i++) {
            String now = renaming.apply(node.getInput(i));
            if (!now.equals(node.getInput(i))) {
                changed = changed == null ? node.toBuilder() : changed;
                changed.setInput(i, now);
            }
        }
        return changed == null ? node : changed.build();
    }

    /** Drops initialisers that nothing reads. */
    void dropUnused() {
        Set<String> used = uses().keySet();
        initialisers.keySet().retainAll(used);
    }

    OnnxModel build() {
        GraphProto.Builder graph = model.proto().getGraph().toBuilder()
                .clearNode()
                .clearInitializer()
                .clearInput()
                .clearOutput()
                .clearValueInfo()
                .addAllNode(nodes)
                .addAllInitializer(initialisers.values())
                .addAllInput(inputs)
                .addAllOutput(outputs);
        ModelProto.Builder proto = model.proto().toBuilder().setGraph(graph);
        if (opset != model.opset()) {
            proto.clearOpsetImport();
            model.proto().getOpsetImportList().stream()
                    .filter(o -> !o.getDomain().isEmpty() && !o.getDomain().equals("ai.onnx"))
                    .forEach(proto::addOpsetImport);
            proto.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(opset));
        }
        // Constants that are not inputs too need at least 4.
        proto.setIrVersion(Math.max(proto.getIrVersion(), irVersion(opset)));
        return model.withProto(proto.build());
    }

    /** The oldest IR version that may carry an opset (Versioning.md of ONNX). */
    private static long irVersion(long opset) {
        return opset >= 21 ? 10 : opset >= 19 ? 9 : opset >= 15 ? 8 : opset >= 12 ? 7 : opset >= 11 ? 6 : 4;
    }
}

package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.derm.api.ModelException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The rules of graphs and tensors; {@link NodeCheck} has those of operators. Confined, used once. */
final class GraphCheck {
    /** After these the types that would be inferred are not those of the graph. */
    private static final Set<String> TYPELESS = Set.of("order", "single-assignment", "tensor-data");

    private final OnnxModel model;
    private final long ir;
    private final List<Finding> findings;
    private final NodeCheck nodes;

    GraphCheck(OnnxModel model, Map<String, Long> opsets, List<Finding> findings) {
        this.model = model;
        this.ir = model.proto().getIrVersion();
        this.findings = findings;
        this.nodes = new NodeCheck(model, opsets, findings);
    }

    void run() {
        GraphProto graph = model.proto().getGraph();
        Stream.concat(graph.getInputList().stream(), graph.getOutputList().stream())
                .forEach(this::valueInfo);
        graph(graph, Set.of());
        if (findings.stream().noneMatch(f -> TYPELESS.contains(f.rule()))) {
            Map<String, OnnxValue> values = model.graph().infer();
            graph.getNodeList().forEach(n -> nodes.types(n, values));
            Stream.of(graph.getInputList(), graph.getValueInfoList(), graph.getOutputList())
                    .flatMap(List::stream)
                    .distinct()
                    .filter(v -> model.graph()
                            .producer(v.getName())
                            .map(nodes::known)
                            .orElse(true))
                    .forEach(v -> declared(v, values));
        }
    }

    private void add(String rule, String where, String problem) {
        findings.add(new Finding(rule, where, problem));
    }

    private void valueInfo(ValueInfoProto info) {
        String where = "value '" + info.getName() + "'";
        if (info.getName().isEmpty()) {
            add("value-info", where, "no name, expected one");
        }
        TypeProto type = info.getType();
        boolean complete =
                switch (type.getValueCase()) {
                    case TENSOR_TYPE ->
                        type.getTensorType().getElemType() != 0
                                && type.getTensorType().hasShape();
                    case SPARSE_TENSOR_TYPE ->
                        type.getSparseTensorType().getElemType() != 0
                                && type.getSparseTensorType().hasShape();
                    case VALUE_NOT_SET -> false;
                    default -> true;
                };
        if (!complete) {
            add("value-info", where, "no element type or no shape, expected both");
        }
    }

    private void graph(GraphProto graph, Set<String> outer) {
        String where = "graph '" + graph.getName() + "'";
        if (graph.getName().isEmpty()) {
            add("graph-name", where, "no name, expected one");
        }
        Set<String> known = new HashSet<>(outer);
        Set<String> own = new HashSet<>();
        for (ValueInfoProto input : graph.getInputList()) {
            if (!own.add(input.getName())) {
                add("single-assignment", where, "input '" + input.getName() + "' twice, expected once");
            }
        }
        Set<String> tensors = new HashSet<>();
        for (TensorProto t : graph.getInitializerList()) {
            initialiser(t.getName(), where, tensors);
            tensor(t, where);
            if (ir < 4 && !own.contains(t.getName())) {
                add(
                        "ir-version",
                        where,
                        "initialiser '" + t.getName() + "' is no input, expected so before IR version 4");
            }
        }
        for (SparseTensorProto t : graph.getSparseInitializerList()) {
            initialiser(t.getValues().getName(), where, tensors);
        }
        own.addAll(tensors);
        known.addAll(own);
        for (NodeProto node : graph.getNodeList()) {
            String at = NodeCheck.label(node);
            for (String input : new HashSet<>(node.getInputList())) {
                if (!input.isEmpty() && !known.contains(input)) {
                    add(
                            "order",
                            at,
                            "takes '" + input + "', expected an input, an initialiser or an earlier node's output");
                }
            }
            nodes.form(node);
            for (AttributeProto a : node.getAttributeList()) {
                Stream.concat(a.hasT() ? Stream.of(a.getT()) : Stream.empty(), a.getTensorsList().stream())
                        .forEach(t -> tensor(t, at));
                Stream.concat(a.hasG() ? Stream.of(a.getG()) : Stream.empty(), a.getGraphsList().stream())
                        .forEach(g -> graph(g, known));
            }
            for (String output : node.getOutputList()) {
                if (!output.isEmpty() && !known.add(output)) {
                    add("single-assignment", at, "makes '" + output + "', which is there already, expected a new name");
                }
                own.add(output);
            }
        }
        for (ValueInfoProto output : graph.getOutputList()) {
            if (!own.contains(output.getName())) {
                add("graph-output", where, "output '" + output.getName() + "' is made by no node, expected so");
            }
        }
    }

    private void initialiser(String name, String where, Set<String> tensors) {
        if (name.isEmpty()) {
            add("tensor-data", where, "an initialiser without a name, expected one");
        }
        if (!tensors.add(name)) {
            add("single-assignment", where, "initialiser '" + name + "' twice, expected once");
        }
    }

    private void tensor(TensorProto t, String where) {
        String what = "tensor '" + t.getName() + "' ";
        if (t.getDataType() == 0) {
            add("tensor-data", where, what + "has no type, expected one");
            return;
        }
        DataType type = DataType.of(t.getDataType());
        needs(type, where, what);
        long fields = Stream.of(
                        t.getFloatDataCount(),
                        t.getInt32DataCount(),
                        t.getStringDataCount(),
                        t.getInt64DataCount(),
                        t.getRawData().size(),
                        t.getDoubleDataCount(),
                        t.getUint64DataCount())
                .filter(n -> n > 0)
                .count();
        try {
            boolean external = ExternalData.isExternal(t);
            long most = external || TensorBytes.elements(model.name(), t) == 0 ? 0 : 1;
            if (fields != most && (most == 0 || fields > 0)) {
                add("tensor-data", where, what + "has data in " + fields + " fields, expected " + most);
            } else if (type == DataType.STRING) {
                long elements = TensorBytes.elements(model.name(), t);
                if (t.getStringDataCount() != elements) {
                    add(
                            "tensor-data",
                            where,
                            what + "has " + t.getStringDataCount() + " strings, expected " + elements);
                }
            } else if (type != DataType.UNDEFINED) {
                ByteBuffer ignored = model.bytes(t);
            }
        } catch (ModelException e) {
            add("tensor-data", where, String.valueOf(e.getMessage()));
        }
    }

    /** Types that IR versions brought. */
    private void needs(DataType type, String where, String what) {
        int since =
                switch (type) {
                    case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ -> 9;
                    case UINT4, INT4 -> 10;
                    default -> 1;
                };
        if (ir < since) {
            add("ir-version", where, what + "is " + type.label() + " at IR version " + ir + ", expected " + since);
        }
    }

    private void declared(ValueInfoProto info, Map<String, OnnxValue> values) {
        OnnxValue declared = OnnxGraph.value(info);
        OnnxValue found = values.get(info.getName());
        String where = "value '" + info.getName() + "'";
        needs(declared.type(), where, "it ");
        if (found == null) {
            return;
        }
        if (declared.type() != DataType.UNDEFINED
                && found.type() != DataType.UNDEFINED
                && declared.type() != found.type()) {
            add(
                    "declared-type",
                    where,
                    "declared as " + declared.type().label() + ", expected "
                            + found.type().label());
        }
        Shape a = declared.shape();
        Shape b = found.shape();
        boolean differ = a.ranked() && b.ranked() && a.rank() != b.rank();
        for (int i = 0; !differ && i < Math.min(a.rank(), b.rank()); i++) {
            differ = a.dim(i) >= 0 && b.dim(i) >= 0 && a.dim(i) != b.dim(i);
        }
        if (differ) {
            add("declared-shape", where, "declared as " + a + ", expected " + b);
        }
    }
}

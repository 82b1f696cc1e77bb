package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.derm.onnx.OperatorSchema.Arity;
import io.derm.onnx.OperatorSchema.Formal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Nodes against the operator schemas. Confined, used once. */
final class NodeCheck {
    private final Map<String, Long> opsets;
    private final long ir;
    private final List<Finding> findings;
    private final OperatorSchemas schemas = OperatorSchemas.read();
    private final OperatorRules rules;

    NodeCheck(OnnxModel model, Map<String, Long> opsets, List<Finding> findings) {
        this.opsets = opsets;
        this.ir = model.proto().getIrVersion();
        this.findings = findings;
        this.rules = new OperatorRules(model, opset(), findings);
    }

    /** How findings name a node: operator, then its name or else what it makes. */
    static String label(NodeProto node) {
        String name = node.getName().isEmpty() && node.getOutputCount() > 0 ? node.getOutput(0) : node.getName();
        return node.getOpType() + " '" + name + "'";
    }

    private long opset() {
        return opsets.getOrDefault("", 0L);
    }

    private void add(String rule, NodeProto node, String problem) {
        findings.add(new Finding(rule, label(node), problem));
    }

    /** Empty where the operator is not of the default domain, or the opset too old, or ONNX has no such operator. */
    private Optional<OperatorSchema> schema(NodeProto node) {
        return ModelCheck.domain(node.getDomain()).isEmpty() && opset() >= OperatorSchemas.OLDEST_OPSET
                ? schemas.find(node.getOpType(), opset()).filter(s -> !s.deprecated())
                : Optional.empty();
    }

    /** Whether it is known what the node makes. */
    boolean known(NodeProto node) {
        return schema(node).isPresent();
    }

    /** What can be seen without types. */
    void form(NodeProto node) {
        String domain = ModelCheck.domain(node.getDomain());
        if (node.getInputCount() == 0 && node.getOutputCount() == 0) {
            add("outputs", node, "neither inputs nor outputs, expected some");
        }
        attributes(node);
        if (!opsets.containsKey(domain)) {
            add("opset-import", node, "domain '" + domain + "' is not imported, expected its version");
            return;
        }
        Optional<OperatorSchema> found = schema(node);
        if (found.isPresent()) {
            OperatorSchema schema = found.get();
            places("inputs", node, node.getInputList(), schema.inputs());
            places("outputs", node, node.getOutputList(), schema.outputs());
            attributes(node, schema);
        } else if (domain.isEmpty() && opset() >= OperatorSchemas.OLDEST_OPSET) {
            List<OperatorSchema> versions = schemas.versions(node.getOpType());
            add(
                    "operator",
                    node,
                    versions.isEmpty()
                            ? "no operator of ONNX, expected one, or another domain"
                            : opset() < versions.get(0).since()
                                    ? "at opset " + opset() + ", expected "
                                            + versions.get(0).since() + " or newer"
                                    : "deprecated at opset " + opset() + ", expected another operator");
        }
    }

    private void places(String rule, NodeProto node, List<String> names, List<Formal> formals) {
        int least = OperatorSchema.least(formals);
        int most = OperatorSchema.most(formals);
        if (names.size() < least || names.size() > most) {
            String expected =
                    least == most ? "" + least : most == Integer.MAX_VALUE ? least + " or more" : least + " to " + most;
            add(rule, node, names.size() + " of them, expected " + expected);
            return;
        }
        for (int i = 0; i < names.size(); i++) {
            Formal formal = OperatorSchema.at(formals, i);
            if (names.get(i).isEmpty() && formal.arity() == Arity.ONE) {
                add(rule, node, "'" + formal.name() + "' left out, expected a tensor");
            }
        }
    }

    /** Rules of attributes whatever the operator. */
    private void attributes(NodeProto node) {
        Set<String> names = new HashSet<>();
        for (AttributeProto a : node.getAttributeList()) {
            if (!names.add(a.getName())) {
                add("attribute", node, "'" + a.getName() + "' twice, expected once");
            }
            Set<AttributeType> used = used(a);
            if (a.getName().isEmpty()) {
                add("attribute", node, "one without a name, expected one");
            } else if (ir >= 2 && a.getType() == AttributeType.UNDEFINED) {
                add("attribute", node, "'" + a.getName() + "' has no type, expected one");
            } else if (used.size() > 1 || (a.hasType() && !used.isEmpty() && !used.contains(a.getType()))) {
                add("attribute", node, "'" + a.getName() + "' has " + used + ", expected " + a.getType());
            }
        }
    }

    private static Set<AttributeType> used(AttributeProto a) {
        Map<AttributeType, Boolean> fields = new HashMap<>();
        fields.put(AttributeType.FLOAT, a.hasF());
        fields.put(AttributeType.INT, a.hasI());
        fields.put(AttributeType.STRING, a.hasS());
        fields.put(AttributeType.TENSOR, a.hasT());
        fields.put(AttributeType.GRAPH, a.hasG());
        fields.put(AttributeType.TYPE_PROTO, a.hasTp());
        fields.put(AttributeType.SPARSE_TENSOR, a.hasSparseTensor());
        fields.put(AttributeType.FLOATS, a.getFloatsCount() > 0);
        fields.put(AttributeType.INTS, a.getIntsCount() > 0);
        fields.put(AttributeType.STRINGS, a.getStringsCount() > 0);
        fields.put(AttributeType.TENSORS, a.getTensorsCount() > 0);
        fields.put(AttributeType.GRAPHS, a.getGraphsCount() > 0);
        fields.put(AttributeType.TYPE_PROTOS, a.getTypeProtosCount() > 0);
        fields.put(AttributeType.SPARSE_TENSORS, a.getSparseTensorsCount() > 0);
        return fields.entrySet().stream()
                .filter(Map.Entry::getValue)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private void attributes(NodeProto node, OperatorSchema schema) {
        for (AttributeProto a : node.getAttributeList()) {
            OperatorSchema.Attribute expected = schema.attributes().get(a.getName());
            // Names that start so are nobody's business but the writer's.
            if (expected == null && !a.getName().startsWith("__")) {
                add("attribute", node, "'" + a.getName() + "', which it has not at opset " + opset() + later(node, a));
            } else if (expected != null && a.getType() != expected.type()) {
                add("attribute", node, "'" + a.getName() + "' is " + a.getType() + ", expected " + expected.type());
            }
        }
        schema.attributes().forEach((name, attribute) -> {
            if (attribute.required() && Attributes.find(node, name).isEmpty()) {
                add("attribute", node, "no '" + name + "', expected one");
            }
        });
    }

    private String later(NodeProto node, AttributeProto a) {
        return schemas.versions(node.getOpType()).stream()
                .filter(s -> s.since() > opset() && s.attributes().containsKey(a.getName()))
                .findFirst()
                .map(s -> ", expected " + s.since() + " or newer")
                .orElse(", expected none of that name");
    }

    /** Types of what a node takes and makes. */
    void types(NodeProto node, Map<String, OnnxValue> values) {
        Optional<OperatorSchema> found = schema(node);
        if (found.isEmpty()) {
            return;
        }
        Map<String, DataType> bound = new HashMap<>();
        Map<String, String> by = new HashMap<>();
        types(node, found.get(), node.getInputList(), true, values, bound, by);
        types(node, found.get(), node.getOutputList(), false, values, bound, by);
        rules.check(node, values);
    }

    private void types(
            NodeProto node,
            OperatorSchema schema,
            List<String> names,
            boolean inputs,
            Map<String, OnnxValue> values,
            Map<String, DataType> bound,
            Map<String, String> by) {
        List<Formal> formals = inputs ? schema.inputs() : schema.outputs();
        for (int i = 0; i < Math.min(names.size(), OperatorSchema.most(formals)); i++) {
            Formal formal = OperatorSchema.at(formals, i);
            String name = names.get(i);
            DataType type = values.containsKey(name) ? values.get(name).type() : DataType.UNDEFINED;
            if (type == DataType.UNDEFINED) {
                continue;
            }
            String what = formal.name() + " '" + name + "' is " + type.label();
            Set<DataType> allowed = schema.types().get(formal.variable());
            if (allowed != null && !allowed.contains(type)) {
                add(
                        "type",
                        node,
                        what + " at opset " + opset() + ", expected " + expected(allowed, node, formal, type));
            } else if (formal.alike()
                    && allowed != null
                    && bound.putIfAbsent(formal.variable(), type) != null
                    && bound.get(formal.variable()) != type) {
                add(
                        "same-type",
                        node,
                        what + ", expected " + bound.get(formal.variable()).label() + " as "
                                + by.get(formal.variable()));
            }
            by.putIfAbsent(formal.variable(), formal.name() + " '" + name + "'");
        }
    }

    private String expected(Set<DataType> allowed, NodeProto node, Formal formal, DataType type) {
        String all = allowed.stream().map(DataType::label).collect(Collectors.joining(", "));
        return schemas.versions(node.getOpType()).stream()
                .filter(s -> s.since() > opset())
                .filter(s -> s.inputs().stream()
                        .filter(f -> f.name().equals(formal.name()))
                        .anyMatch(f ->
                                s.types().getOrDefault(f.variable(), Set.of()).contains(type)))
                .findFirst()
                .map(s -> all + "; or opset " + s.since())
                .orElse(all);
    }
}

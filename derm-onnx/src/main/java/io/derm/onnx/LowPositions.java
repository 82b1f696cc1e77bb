package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.derm.onnx.OperatorSchema.Formal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where a node can take and make 16 bits in place of float32, by its operator's schema.
 *
 * @param inputs places of float32 inputs that may be of 16 bits
 * @param outputs places of float32 outputs that then are
 * @param obstacle why the node stays as it is; empty if it need not
 */
record LowPositions(Set<Integer> inputs, Set<Integer> outputs, String obstacle) {
    /** Their floats are of the type that an attribute says, or float32 without one. */
    private static final Set<String> TYPED_BY_ATTRIBUTE = Set.of(
            "Constant",
            "ConstantOfShape",
            "EyeLike",
            "Bernoulli",
            "Multinomial",
            "RandomNormal",
            "RandomNormalLike",
            "RandomUniform",
            "RandomUniformLike");

    private static final Set<String> NEVER = Set.of("Upsample", "NonMaxSuppression");

    LowPositions {
        inputs = Set.copyOf(inputs);
        outputs = Set.copyOf(outputs);
    }

    static LowPositions of(
            NodeProto node, long opset, DataType low, OperatorSchemas schemas, Map<String, OnnxValue> values) {
        if (!ModelCheck.domain(node.getDomain()).isEmpty()) {
            return none("operators of domain '" + node.getDomain() + "' are not known");
        }
        if (node.getAttributeList().stream()
                .anyMatch(a -> a.getType() == AttributeProto.AttributeType.GRAPH
                        || a.getType() == AttributeProto.AttributeType.GRAPHS)) {
            return none("it holds graphs");
        }
        boolean dequantisesTo =
                node.getOpType().equals("DequantizeLinear") && Attributes.integer(node, "output_dtype", 0) != 0;
        if (TYPED_BY_ATTRIBUTE.contains(node.getOpType()) || dequantisesTo) {
            return none("its type is an attribute");
        }
        if (NEVER.contains(node.getOpType())) {
            return none(node.getOpType() + " always stays");
        }
        Optional<OperatorSchema> schema = schemas.find(node.getOpType(), opset).filter(s -> !s.deprecated());
        if (schema.isEmpty()) {
            return none("ONNX has no " + node.getOpType() + " at opset " + opset);
        }
        return node.getOpType().equals("Cast")
                ? cast(node, values)
                : of(node, schema.get(), opset, low, schemas, values);
    }

    private static LowPositions none(String obstacle) {
        return new LowPositions(Set.of(), Set.of(), obstacle);
    }

    /** A Cast of whole numbers can make another type; one from or to other floats says what it wants. */
    private static LowPositions cast(NodeProto node, Map<String, OnnxValue> values) {
        DataType from = type(node.getInput(0), values);
        boolean makes = from != DataType.UNDEFINED
                && from != DataType.STRING
                && !from.isFloating()
                && Attributes.integer(node, "to", 0) == DataType.FLOAT.number();
        return makes ? new LowPositions(Set.of(), Set.of(0), "") : none("the model casts here");
    }

    private static LowPositions of(
            NodeProto node,
            OperatorSchema schema,
            long opset,
            DataType low,
            OperatorSchemas schemas,
            Map<String, OnnxValue> values) {
        Set<Integer> inputs = places(node.getInputList(), schema.inputs(), schema, low, values);
        Set<Integer> outputs = places(node.getOutputList(), schema.outputs(), schema, low, values);
        Set<Integer> floatInputs = floats(node.getInputList(), values);
        boolean statistics = node.getOutputList().stream().skip(1).anyMatch(o -> !o.isEmpty())
                && (node.getOpType().equals("BatchNormalization")
                        || node.getOpType().equals("LayerNormalization"));
        if (statistics) {
            return none("it makes statistics too");
        }
        boolean first = floatInputs.isEmpty()
                || inputs.contains(floatInputs.stream().min(Integer::compare).orElse(0));
        if (!first || !outputs.equals(floats(node.getOutputList(), values))) {
            String later = schemas.versions(node.getOpType()).stream()
                    .filter(s -> s.since() > opset
                            && floats(node.getOutputList(), values)
                                    .equals(places(node.getOutputList(), s.outputs(), s, low, values))
                            && (floatInputs.isEmpty()
                                    || !places(node.getInputList(), s.inputs(), s, low, values)
                                            .isEmpty()))
                    .findFirst()
                    .map(s -> ", only from " + s.since() + " on")
                    .orElse("");
            return none(node.getOpType() + " has no " + low.label() + " at opset " + opset + later);
        }
        if (node.getOpType().equals("Resize")) {
            // Sizes in pixels and factors, which 16 bits would move.
            inputs.retainAll(Set.of(0));
        }
        return new LowPositions(inputs, outputs, "");
    }

    private static Set<Integer> places(
            List<String> names,
            List<Formal> formals,
            OperatorSchema schema,
            DataType low,
            Map<String, OnnxValue> values) {
        Set<Integer> places = new HashSet<>();
        for (int i : floats(names, values)) {
            if (i < OperatorSchema.most(formals)
                    && schema.types()
                            .getOrDefault(OperatorSchema.at(formals, i).variable(), Set.of())
                            .contains(low)) {
                places.add(i);
            }
        }
        return places;
    }

    private static Set<Integer> floats(List<String> names, Map<String, OnnxValue> values) {
        Set<Integer> places = new HashSet<>();
        for (int i = 0; i < names.size(); i++) {
            if (type(names.get(i), values) == DataType.FLOAT) {
                places.add(i);
            }
        }
        return places;
    }

    private static DataType type(String name, Map<String, OnnxValue> values) {
        OnnxValue v = values.get(name);
        return v == null ? DataType.UNDEFINED : v.type();
    }
}

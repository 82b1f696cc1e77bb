package io.derm.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What an operator of ONNX's default domain takes, yields and is told, from one opset on. Immutable.
 *
 * @param operator its name
 * @param since the opset
 * @param deprecated from that opset on it may not be used
 * @param types that each type variable may stand for; no entry where anything may, e.g. sequences
 * @param attributes by name
 */
record OperatorSchema(
        String operator,
        long since,
        boolean deprecated,
        List<Formal> inputs,
        List<Formal> outputs,
        Map<String, Set<DataType>> types,
        Map<String, Attribute> attributes) {

    private static final String CODES = "_fBbHhiqS?edIQFDE1234UV";

    enum Arity {
        ONE,
        OPTIONAL,
        MANY
    }

    /**
     * A formal input or output.
     *
     * @param least how many of {@link Arity#MANY} there are at least
     * @param alike whether those all have one type
     * @param variable its type, a key of {@code types}
     */
    record Formal(String name, Arity arity, int least, boolean alike, String variable) {}

    record Attribute(AttributeType type, boolean required) {}

    /** A line of operators.txt, whose head explains it. */
    static OperatorSchema parse(String line) {
        String[] parts = line.split("\\|", -1);
        String[] head = parts[0].trim().split(" ", 2);
        long since = Long.parseLong(head[1]);
        if (parts.length == 2) {
            return new OperatorSchema(head[0], since, true, List.of(), List.of(), Map.of(), Map.of());
        }
        Map<String, Set<DataType>> types = new LinkedHashMap<>();
        words(parts[3]).forEach(w -> type(types, w.substring(0, w.indexOf('=')), w.substring(w.indexOf('=') + 1)));
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        words(parts[4])
                .forEach(w ->
                        attributes.put(w.substring(0, w.indexOf(':')), attribute(w.substring(w.indexOf(':') + 1))));
        List<Formal> inputs = words(parts[1]).map(w -> formal(w, types)).toList();
        List<Formal> outputs = words(parts[2]).map(w -> formal(w, types)).toList();
        return new OperatorSchema(head[0], since, false, inputs, outputs, Map.copyOf(types), Map.copyOf(attributes));
    }

    private static Stream<String> words(String part) {
        return part.isBlank() ? Stream.empty() : Stream.of(part.trim().split(" "));
    }

    private static void type(Map<String, Set<DataType>> types, String variable, String codes) {
        if (!codes.equals("*")) {
            Set<DataType> set = EnumSet.noneOf(DataType.class);
            codes.chars().forEach(c -> set.add(DataType.of(CODES.indexOf(c))));
            types.put(variable, set);
        }
    }

    private static Formal formal(String word, Map<String, Set<DataType>> types) {
        int colon = word.indexOf(':');
        String type = word.substring(colon + 1);
        if (type.startsWith("=")) {
            type(types, type, type.substring(1));
        }
        String name = word.substring(0, colon);
        if (name.endsWith("?")) {
            return new Formal(name.substring(0, name.length() - 1), Arity.OPTIONAL, 0, true, type);
        }
        int many = Math.max(name.indexOf('*'), name.indexOf('~'));
        return many < 0
                ? new Formal(name, Arity.ONE, 1, true, type)
                : new Formal(
                        name.substring(0, many),
                        Arity.MANY,
                        Integer.parseInt(name.substring(many + 1)),
                        name.charAt(many) == '*',
                        type);
    }

    private static Attribute attribute(String code) {
        boolean list = code.contains("*");
        AttributeType type =
                switch (code.charAt(0)) {
                    case 'f' -> list ? AttributeType.FLOATS : AttributeType.FLOAT;
                    case 'i' -> list ? AttributeType.INTS : AttributeType.INT;
                    case 's' -> list ? AttributeType.STRINGS : AttributeType.STRING;
                    case 't' -> list ? AttributeType.TENSORS : AttributeType.TENSOR;
                    case 'g' -> list ? AttributeType.GRAPHS : AttributeType.GRAPH;
                    case 'p' -> list ? AttributeType.SPARSE_TENSORS : AttributeType.SPARSE_TENSOR;
                    default -> list ? AttributeType.TYPE_PROTOS : AttributeType.TYPE_PROTO;
                };
        return new Attribute(type, code.endsWith("!"));
    }

    /** How many of these a node has at least: up to the last that is not optional. */
    static int least(List<Formal> formals) {
        int least = 0;
        for (int i = 0; i < formals.size(); i++) {
            Formal f = formals.get(i);
            if (f.arity() == Arity.ONE) {
                least = i + 1;
            } else if (f.arity() == Arity.MANY) {
                least = i + f.least();
            }
        }
        return least;
    }

    /** How many of these a node has at most. */
    static int most(List<Formal> formals) {
        boolean many = !formals.isEmpty() && formals.get(formals.size() - 1).arity() == Arity.MANY;
        return many ? Integer.MAX_VALUE : formals.size();
    }

    /** The formal of place {@code i}, which is within {@link #most}. */
    static Formal at(List<Formal> formals, int i) {
        return formals.get(Math.min(i, formals.size() - 1));
    }
}

package io.derm.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.SessionOptions;
import io.derm.onnx.OperatorSchema.Arity;
import io.derm.onnx.OperatorSchema.Formal;
import io.derm.ort.OrtRuntime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Types that operators take, against what ONNX Runtime takes, and inferred types against the operators' schemas. */
class OperatorTypesTest {
    private static final List<DataType> TYPES = List.of(
            DataType.FLOAT,
            DataType.FLOAT16,
            DataType.BFLOAT16,
            DataType.DOUBLE,
            DataType.INT8,
            DataType.UINT8,
            DataType.INT32,
            DataType.INT64,
            DataType.BOOL);
    /** Those tried for one input alone, the others being float32. */
    private static final Set<DataType> MIXED =
            Set.of(DataType.FLOAT16, DataType.BFLOAT16, DataType.UINT8, DataType.INT64);

    private static final long[] OPSETS = {11, 13, 17, 19, 22};

    /**
     * One node: the operator, its inputs as name and shape, {@code #name} one of int64 that the types do not go through; then its
     * attributes.
     */
    static List<String> operators() {
        return List.of(
                "Conv x:1,4,8,8 w:4,4,3,3 b:4",
                "ConvTranspose x:1,4,8,8 w:4,4,3,3 b:4",
                "BatchNormalization x:1,4,8,8 s:4 b:4 m:4 v:4",
                "LeakyRelu x:2,3",
                "Relu x:2,3",
                "PRelu x:2,3 s:3",
                "Elu x:2,3",
                "Clip x:2,3 a: b:",
                "Sigmoid x:2,3",
                "HardSigmoid x:2,3",
                "HardSwish x:2,3",
                "Softplus x:2,3",
                "Tanh x:2,3",
                "Mish x:2,3",
                "Mul x:2,3 y:3",
                "Add x:2,3 y:3",
                "Sub x:2,3 y:3",
                "Div x:2,3 y:3",
                "Pow x:2,3 y:3",
                "Exp x:2,3",
                "Sqrt x:2,3",
                "Min x:2,3 y:3",
                "Max x:2,3 y:3",
                "MaxPool x:1,4,8,8 kernel_shape=2,2",
                "AveragePool x:1,4,8,8 kernel_shape=2,2",
                "GlobalAveragePool x:1,4,8,8",
                "GlobalMaxPool x:1,4,8,8",
                "Concat x:2,3 y:2,3 axis=0",
                "Slice x:2,3 #starts:1 #ends:1",
                "Reshape x:2,3 #shape:2",
                "Transpose x:2,3",
                "Flatten x:2,3",
                "Squeeze x:1,3",
                "Unsqueeze x:2,3 #axes:1",
                "Gather x:2,3 #i:1",
                "Shape x:2,3",
                "Expand x:2,3 #shape:2",
                "Gemm x:2,3 w:3,4 b:4",
                "MatMul x:2,3 w:3,4",
                "ReduceMean x:2,3",
                "ReduceSum x:2,3",
                "ReduceMax x:2,3",
                "Softmax x:2,3",
                "SpaceToDepth x:1,4,8,8 blocksize=2",
                "DepthToSpace x:1,4,8,8 blocksize=2",
                "Identity x:2,3",
                "Dropout x:2,3",
                "QuantizeLinear x:2,3 s: z:",
                "DequantizeLinear x:2,3 s: z:",
                "DynamicQuantizeLinear x:2,3",
                "ConvInteger x:1,4,8,8 w:4,4,3,3",
                "MatMulInteger x:2,3 w:3,4",
                "QLinearConv x:1,4,8,8 xs: xz: w:4,4,3,3 ws: wz: ys: yz:",
                "QLinearMatMul x:2,3 xs: xz: w:3,4 ws: wz: ys: yz:",
                "Where c:2,3 x:2,3 y:3",
                "Equal x:2,3 y:3",
                "Not x:2,3",
                "ArgMax x:2,3",
                "TopK x:2,3 #k:1",
                "Pad x:2,3 #pads:4 value:",
                "Resize x:1,4,8,8 roi:8 scales:4",
                "NonMaxSuppression boxes:1,6,4 scores:1,1,6",
                "Cast x:2,3 to=1");
    }

    /** What a check says of one node, its inputs having these types. */
    private static OnnxModel node(String operator, long opset, List<DataType> types) {
        SmallGraph g = new SmallGraph(opset, 8);
        List<String> inputs = new ArrayList<>();
        String[] words = operator.split(" ", -1);
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(words[0]);
        int typed = 0;
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals > 0) {
                long[] values = Stream.of(words[i].substring(equals + 1).split(",", -1))
                        .mapToLong(Long::parseLong)
                        .toArray();
                String name = words[i].substring(0, equals);
                node.addAttribute(
                        name.equals("kernel_shape")
                                ? SmallGraph.integers(name, values)
                                : SmallGraph.integer(name, values[0]));
                continue;
            }
            int colon = words[i].indexOf(':');
            String shape = words[i].substring(colon + 1);
            long[] dims = shape.isEmpty()
                    ? new long[0]
                    : Stream.of(shape.split(",", -1)).mapToLong(Long::parseLong).toArray();
            String name = words[i].substring(0, colon);
            g.input(name, name.startsWith("#") ? DataType.INT64 : types.get(typed++ % types.size()), dims);
            inputs.add(name);
        }
        g.graph.addNode(node.addAllInput(inputs).addOutput("out"));
        // Left for ONNX Runtime to infer.
        g.graph.addOutput(ValueInfoProto.newBuilder().setName("out"));
        return g.build();
    }

    private static Set<List<DataType>> assignments(int inputs) {
        Set<List<DataType>> all = new LinkedHashSet<>();
        for (DataType t : TYPES) {
            all.add(Collections.nCopies(inputs, t));
            for (int i = 0; i < inputs && MIXED.contains(t); i++) {
                List<DataType> mixed = new ArrayList<>(Collections.nCopies(inputs, DataType.FLOAT));
                mixed.set(i, t);
                all.add(List.copyOf(mixed));
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("operators")
    void types_areRefused_whereOnnxRuntimeRefusesThem(String operator) {
        int inputs = (int) Stream.of(operator.split(" ", -1))
                .filter(w -> w.contains(":") && !w.startsWith("#"))
                .count();
        List<String> differ = new ArrayList<>();
        for (long opset : OPSETS) {
            for (List<DataType> types : assignments(inputs)) {
                OnnxModel model = node(operator, opset, types);
                List<Finding> findings = ModelCheck.of(model).stream()
                        .filter(f -> !f.rule().equals("value-info"))
                        .toList();
                if (findings.stream().anyMatch(f -> !f.rule().endsWith("type"))) {
                    continue;
                }
                String ort = refusal(model);
                // It may lack a kernel for right types, or refuse those of the functions that it puts in the operator's
                // place.
                String name = operator.substring(0, operator.indexOf(' '));
                boolean refused = ort.contains("Type") && ort.contains("(" + name + ")");
                if (refused == findings.isEmpty()) {
                    differ.add(opset + " " + types + " " + findings + " but " + ort);
                }
            }
        }
        assertThat(differ).isEmpty();
    }

    private static String refusal(OnnxModel model) {
        try {
            new OrtRuntime()
                    .open(
                            Model.of(model.name(), model.proto().toByteArray()),
                            SessionOptions.defaults().withThreads(1))
                    .close();
            return "";
        } catch (ModelException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Whatever types an operator is given, those inferred for what it makes obey its schema. */
    @Test
    void inferredTypes_obeyTheSchemas() {
        List<String> wrong = new ArrayList<>();
        for (OperatorSchema schema : OperatorSchemas.read().all()) {
            if (schema.deprecated()) {
                continue;
            }
            for (int round = 0; round < 3; round++) {
                OnnxModel model = call(schema, round);
                ModelCheck.of(model).stream()
                        .filter(f -> f.rule().endsWith("type"))
                        .forEach(f -> wrong.add(schema.since() + " " + f));
            }
        }
        assertThat(wrong.stream().collect(Collectors.joining("\n"))).isEmpty();
    }

    private static OnnxModel call(OperatorSchema schema, int round) {
        SmallGraph g = new SmallGraph(Math.max(schema.since(), OperatorSchemas.OLDEST_OPSET), 13);
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(schema.operator());
        Map<String, DataType> chosen = new HashMap<>();
        for (Formal f : schema.inputs()) {
            Set<DataType> allowed = schema.types().getOrDefault(f.variable(), Set.of());
            if (!allowed.isEmpty()) {
                // Other variables get other types where they can.
                int at = round * 5 + chosen.size();
                DataType type = chosen.computeIfAbsent(
                        f.variable(), v -> List.copyOf(allowed).get(at % allowed.size()));
                String name = "in" + node.getInputCount();
                g.input(name, type, 2, 3);
                node.addInput(name);
            } else {
                node.addInput("");
            }
        }
        for (Formal f : schema.outputs()) {
            node.addOutput("out" + node.getOutputCount());
            if (f.arity() == Arity.MANY) {
                node.addOutput("out" + node.getOutputCount());
            }
        }
        g.graph.addNode(node);
        return g.build();
    }
}

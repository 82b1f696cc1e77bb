package com.example.device;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.derm.api.ModelException;
import io.derm.onnx.OnnxModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The nodes of a model as steps in their order; what depends on no input is computed once. Confined. */
final class Graph {
    private record Step(Operator operator, List<String> inputs, String output, Room room) {
        Value run(Map<String, Value> values) {
            return operator.run(inputs.stream().map(values::get).toArray(Value[]::new), room);
        }
    }

    private final Map<String, Value> constants = new HashMap<>();
    private final List<Step> steps = new ArrayList<>();

    /**
     * Translates a model.
     *
     * @throws ModelException if it has an operator, or a form of one, that is not known here
     */
    Graph(OnnxModel onnx, boolean parallel) {
        onnx.graph().initialisers().forEach((name, tensor) -> {
            // Whole numbers are shapes and positions, which the operators read when they are made.
            if (tensor.getDataType() != TensorProto.DataType.INT64_VALUE) {
                int[] shape =
                        tensor.getDimsList().stream().mapToInt(Math::toIntExact).toArray();
                constants.put(name, new Value(shape, onnx.floats(tensor)));
            }
        });
        Operators operators = new Operators(onnx, parallel);
        for (NodeProto node : onnx.graph().nodes()) {
            List<String> inputs = node.getInputList().stream()
                    .filter(i -> !operators.isWholeNumbers(i))
                    .toList();
            Step step = new Step(operators.of(node), inputs, node.getOutput(0), new Room());
            if (constants.keySet().containsAll(inputs)) {
                constants.put(step.output(), step.run(constants));
            } else {
                steps.add(step);
            }
        }
    }

    /** Every tensor of the graph by name, valid until the next run. */
    Map<String, Value> run(Map<String, Value> inputs) {
        Map<String, Value> values = new HashMap<>(constants);
        values.putAll(inputs);
        for (Step step : steps) {
            values.put(step.output(), step.run(values));
        }
        return values;
    }
}

package io.derm.samples;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import io.derm.api.Model;
import io.derm.onnx.OnnxModel;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/** A model with some of its weights changed. */
final class Perturbed {
    private OnnxModel model;

    private Perturbed(OnnxModel model) {
        this.model = model;
    }

    static Perturbed of(Model model) {
        return new Perturbed(OnnxModel.read(model.name(), model.bytes()));
    }

    /** Adds to the elements of an initialiser, which becomes float32. */
    Perturbed add(String initialiser, IntToDoubleFunction added) {
        GraphProto.Builder graph = model.proto().getGraph().toBuilder();
        List<TensorProto> tensors = graph.getInitializerList();
        for (int t = 0; t < tensors.size(); t++) {
            if (tensors.get(t).getName().equals(initialiser)) {
                float[] values = model.floats(tensors.get(t));
                TensorProto.Builder changed =
                        tensors.get(t).toBuilder().clearRawData().setDataType(TensorProto.DataType.FLOAT.getNumber());
                for (int i = 0; i < values.length; i++) {
                    changed.addFloatData((float) (values[i] + added.applyAsDouble(i)));
                }
                model = model.withProto(model.proto().toBuilder()
                        .setGraph(graph.setInitializer(t, changed))
                        .build());
                return this;
            }
        }
        throw new IllegalArgumentException("No initialiser is named " + initialiser);
    }

    /** Gives an output another name. */
    Perturbed rename(String output, String name) {
        GraphProto.Builder graph = model.proto().getGraph().toBuilder();
        for (int i = 0; i < graph.getOutputCount(); i++) {
            if (graph.getOutput(i).getName().equals(output)) {
                graph.getOutputBuilder(i).setName(name);
            }
        }
        for (int n = 0; n < graph.getNodeCount(); n++) {
            for (int o = 0; o < graph.getNode(n).getOutputCount(); o++) {
                if (graph.getNode(n).getOutput(o).equals(output)) {
                    graph.getNodeBuilder(n).setOutput(o, name);
                }
            }
        }
        model = model.withProto(model.proto().toBuilder().setGraph(graph).build());
        return this;
    }

    /** Fixes the batch of the first input and the first output, which is the first side of both. */
    Perturbed batch(int n) {
        GraphProto.Builder graph = model.proto().getGraph().toBuilder();
        TensorShapeProto.Dimension side =
                TensorShapeProto.Dimension.newBuilder().setDimValue(n).build();
        graph.getInputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .setDim(0, side);
        graph.getOutputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder()
                .setDim(0, side);
        model = model.withProto(model.proto().toBuilder().setGraph(graph).build());
        return this;
    }

    Path write(Path file) {
        return model.write(file);
    }
}

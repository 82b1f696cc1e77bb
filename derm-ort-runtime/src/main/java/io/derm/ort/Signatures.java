package io.derm.ort;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.derm.api.ElementType;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.Signature;
import io.derm.api.TensorInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads a model's inputs, outputs and metadata from an open ONNX Runtime session. */
final class Signatures {
    private Signatures() {}

    static Signature read(OrtSession session, Model model) throws OrtException {
        Map<String, String> metadata = new HashMap<>(session.getMetadata().getCustomMetadata());
        metadata.putAll(model.overrides());
        return new Signature(
                tensors(session.getInputInfo().values(), "Input", model),
                tensors(session.getOutputInfo().values(), "Output", model),
                metadata);
    }

    private static List<TensorInfo> tensors(Collection<NodeInfo> nodes, String role, Model model) {
        List<TensorInfo> tensors = new ArrayList<>();
        for (NodeInfo node : nodes) {
            if (!(node.getInfo() instanceof ai.onnxruntime.TensorInfo tensor)) {
                throw new ModelException(
                        28,
                        role + " '" + node.getName() + "' of " + model.name() + " is a "
                                + node.getInfo().getClass().getSimpleName() + ", expected a tensor",
                        "Export the model with tensors as inputs and outputs.");
            }
            List<Integer> shape = new ArrayList<>();
            for (long side : tensor.getShape()) {
                shape.add(side < 0 ? -1 : Math.toIntExact(side));
            }
            tensors.add(new TensorInfo(node.getName(), type(tensor, role, node.getName(), model), shape));
        }
        return tensors;
    }

    private static ElementType type(ai.onnxruntime.TensorInfo tensor, String role, String name, Model model) {
        return switch (tensor.onnxType) {
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> ElementType.FLOAT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> ElementType.FLOAT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> ElementType.UINT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> ElementType.INT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> ElementType.INT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> ElementType.INT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> ElementType.BOOL;
            default ->
                throw new ModelException(
                        28,
                        role + " '" + name + "' of " + model.name() + " has elements of type " + tensor.type
                                + ", expected float32, float16, uint8, int8, int32, int64 or bool",
                        "Add a Cast to one of these to the graph.");
        };
    }
}

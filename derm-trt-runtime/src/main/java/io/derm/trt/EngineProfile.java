package io.derm.trt;

import io.derm.api.ElementType;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.Layout;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import io.derm.api.TensorInfo;
import io.derm.onnx.DataType;
import io.derm.onnx.ModelHeader;
import io.derm.onnx.OnnxValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The shapes that an engine is built for: every side fixed but the batch, which may run from 1 to a limit. Immutable.
 *
 * @param signature of the model, the sides of a free image input filled in
 * @param freeBatch whether the inputs leave the batch free
 * @param batch the batch to tune for
 * @param maxBatch the largest batch
 */
record EngineProfile(Signature signature, boolean freeBatch, int batch, int maxBatch) {

    /**
     * The profile of a model.
     *
     * @param batch the batch to tune for where it is free
     * @param maxBatch the largest batch where it is free
     * @throws ModelException if there is a side that nothing says the size of, or a type that derm has no name for
     */
    static EngineProfile of(Model model, ModelHeader header, int batch, int maxBatch) {
        Map<String, String> metadata = new HashMap<>(header.metadata());
        metadata.putAll(model.overrides());
        Signature declared = new Signature(infos(header.inputs(), model), infos(header.outputs(), model), metadata);
        List<TensorInfo> inputs = new ArrayList<>();
        for (TensorInfo input : declared.inputs()) {
            inputs.add(sized(input, declared, model));
        }
        boolean free = inputs.stream().anyMatch(i -> i.rank() > 0 && i.dim(0) < 0);
        int fixed = inputs.isEmpty() || inputs.get(0).rank() == 0
                ? 1
                : Math.max(1, inputs.get(0).dim(0));
        return new EngineProfile(
                new Signature(inputs, declared.outputs(), metadata),
                free,
                free ? Math.min(batch, maxBatch) : fixed,
                free ? maxBatch : fixed);
    }

    private static List<TensorInfo> infos(List<OnnxValue> values, Model model) {
        List<TensorInfo> infos = new ArrayList<>();
        for (OnnxValue v : values) {
            List<Integer> shape = v.shape().dims().stream()
                    .map(d -> d < 0 ? -1 : Math.toIntExact(d))
                    .toList();
            infos.add(new TensorInfo(v.name(), type(v, model), shape));
        }
        return infos;
    }

    private static ElementType type(OnnxValue value, Model model) {
        return switch (value.type()) {
            case FLOAT -> ElementType.FLOAT32;
            case FLOAT16 -> ElementType.FLOAT16;
            case UINT8 -> ElementType.UINT8;
            case INT8 -> ElementType.INT8;
            case INT32 -> ElementType.INT32;
            case INT64 -> ElementType.INT64;
            case BOOL -> ElementType.BOOL;
            default -> throw wrongType(value.name(), value.type(), model);
        };
    }

    private static ModelException wrongType(String name, DataType type, Model model) {
        return new ModelException(
                340,
                "Tensor '" + name + "' of " + model.name() + " has elements of type " + type.label()
                        + ", expected float32, float16, uint8, int8, int32, int64 or bool",
                "Add a Cast to one of these to the graph.");
    }

    /** An input with only its batch left free. */
    private static TensorInfo sized(TensorInfo input, Signature declared, Model model) {
        List<Integer> shape = new ArrayList<>(input.shape());
        if (declared.inputs().size() == 1 && input.rank() == 4 && free(shape)) {
            ImageInput image = ImageInput.yolo(1, 1).adaptedTo(declared, model.name());
            boolean nchw = image.layout() == Layout.NCHW;
            shape.set(nchw ? 1 : 3, 3);
            // A free side that neither graph nor metadata sizes comes back as the single pixel given above.
            fill(shape, nchw ? 2 : 1, image.height());
            fill(shape, nchw ? 3 : 2, image.width());
        }
        if (free(shape)) {
            throw new ModelException(
                    341,
                    "Input " + input + " of " + model.name()
                            + " has free sides besides the batch, and TensorRT builds for given sizes",
                    "State " + ModelKeys.INPUT_SIZE + "=WIDTHxHEIGHT, or export the model with fixed sizes.");
        }
        return new TensorInfo(input.name(), input.type(), shape);
    }

    private static boolean free(List<Integer> shape) {
        return shape.stream().skip(1).anyMatch(side -> side < 0);
    }

    private static void fill(List<Integer> shape, int side, int size) {
        if (shape.get(side) < 0 && size > 1) {
            shape.set(side, size);
        }
    }

    /** The shape of an input in a batch of that many. */
    int[] shape(TensorInfo input, int n) {
        return input.shape().stream().mapToInt(side -> side < 0 ? n : side).toArray();
    }

    /** Its shapes in words, for keys and messages: {@code input=1..8..32x3x224x224}. */
    String text() {
        return signature.inputs().stream()
                .map(i -> i.name() + "="
                        + i.shape().stream()
                                .map(side -> side < 0 ? "1.." + batch + ".." + maxBatch : side.toString())
                                .collect(Collectors.joining("x")))
                .collect(Collectors.joining(" "));
    }
}

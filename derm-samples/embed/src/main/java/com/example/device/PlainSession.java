package com.example.device;

import io.derm.api.Box;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ModelException;
import io.derm.api.RuntimeUse;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import io.derm.onnx.DataType;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.OnnxValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A model in plain Java. Confined, but for {@link #close()}, which waits for a run in flight. */
final class PlainSession implements Session {
    private final String model;
    private final Signature signature;
    private final Graph graph;
    private final boolean freeBatch;
    private final int maxBatch;
    private final Map<String, Room> inputs = new HashMap<>();
    private final Map<String, Tensor> outputs = new HashMap<>();
    private boolean closed;

    PlainSession(OnnxModel onnx, Map<String, String> overrides, SessionOptions options) {
        Map<String, String> metadata = new HashMap<>(onnx.metadata());
        metadata.putAll(overrides);
        this.model = onnx.name();
        this.signature = new Signature(
                onnx.graph().inputs().stream().map(v -> info(onnx, v)).toList(),
                onnx.graph().outputs().stream().map(v -> info(onnx, v)).toList(),
                metadata);
        this.graph = new Graph(onnx, options.threads() != 1);
        signature.inputs().forEach(input -> inputs.put(input.name(), new Room()));
        int batch = signature.inputs().isEmpty() || signature.inputs().get(0).rank() == 0
                ? 1
                : signature.inputs().get(0).dim(0);
        this.freeBatch = batch < 0;
        this.maxBatch = freeBatch ? options.maxBatch() : batch;
    }

    private static TensorInfo info(OnnxModel onnx, OnnxValue value) {
        if (value.type() != DataType.FLOAT) {
            throw new ModelException(
                    902,
                    "'" + value.name() + "' of " + onnx.name() + " is "
                            + value.type().label() + ", expected float32",
                    "Use another runtime, or export the model in float32.");
        }
        return new TensorInfo(
                value.name(),
                ElementType.FLOAT32,
                value.shape().dims().stream().map(Math::toIntExact).toList());
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public int maxBatch() {
        return maxBatch;
    }

    @Override
    public RuntimeUse runtime() {
        return RuntimeUse.of(PlainRuntime.NAME);
    }

    @Override
    public synchronized Tensors run(ImageInput input, Frame frame, List<Box> regions) {
        requireOpen();
        if (regions.isEmpty() || regions.size() > maxBatch) {
            throw new IllegalArgumentException(
                    "Run has " + regions.size() + " regions, expected 1 to " + maxBatch + " for " + model);
        }
        if (signature.inputs().size() != 1 || !input.fits(signature.inputs().get(0))) {
            throw new IllegalArgumentException(input + " does not fit " + signature.inputs() + " of " + model);
        }
        int batch = freeBatch ? regions.size() : maxBatch;
        boolean nchw = input.layout() == ImageInput.Layout.NCHW;
        String name = signature.inputs().get(0).name();
        Value image = nchw
                ? inputs.get(name).of(batch, 3, input.height(), input.width())
                : inputs.get(name).of(batch, input.height(), input.width(), 3);
        Pixels pixels = new Pixels(input, frame);
        for (int i = 0; i < regions.size(); i++) {
            pixels.write(regions.get(i), image.data(), i);
        }
        return run(Map.of(name, image));
    }

    @Override
    public synchronized Tensors run(Tensors given) {
        requireOpen();
        Map<String, Value> values = new HashMap<>();
        for (TensorInfo wanted : signature.inputs()) {
            Tensor tensor = given.get(wanted.name());
            if (!fits(tensor.info(), wanted)) {
                throw new IllegalArgumentException(
                        "Tensor " + tensor + " does not fit input " + wanted + " of " + model);
            }
            int[] shape = tensor.shape().stream().mapToInt(Integer::intValue).toArray();
            Value value = inputs.get(wanted.name()).of(shape);
            tensor.floats().get(0, value.data());
            values.put(wanted.name(), value);
        }
        return run(values);
    }

    private static boolean fits(TensorInfo tensor, TensorInfo wanted) {
        boolean fits = tensor.type() == wanted.type() && tensor.rank() == wanted.rank();
        for (int i = 0; fits && i < wanted.rank(); i++) {
            fits = wanted.dim(i) < 0 || wanted.dim(i) == tensor.dim(i);
        }
        return fits;
    }

    private Tensors run(Map<String, Value> given) {
        Map<String, Value> values = graph.run(given);
        List<Tensor> answers = new ArrayList<>();
        for (TensorInfo output : signature.outputs()) {
            Value value = values.get(output.name());
            Tensor tensor = outputs.get(output.name());
            List<Integer> shape = Arrays.stream(value.shape()).boxed().toList();
            if (tensor == null || !tensor.shape().equals(shape)) {
                tensor = Tensor.allocate(output.name(), ElementType.FLOAT32, value.shape());
                outputs.put(output.name(), tensor);
            }
            tensor.floats().put(0, value.data());
            answers.add(tensor);
        }
        return new Tensors(answers);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("Session of " + model + " is closed");
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}

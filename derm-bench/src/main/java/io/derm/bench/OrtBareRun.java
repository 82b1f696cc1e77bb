package io.derm.bench;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.derm.api.Model;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/** ONNX Runtime as a careful user calls it: an input tensor that is kept, outputs that are pinned. */
final class OrtBareRun implements BareRun {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final Model model;
    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs = new HashMap<>();
    private final Map<String, OnnxTensor> outputs = new HashMap<>();

    OrtBareRun(Model model, int batch, int threads) {
        this.model = model;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            if (threads > 0) {
                options.setIntraOpNumThreads(threads);
            }
            session = environment.createSession(model.bytes(), options);
            bind(batch);
        } catch (OrtException e) {
            throw failed(e);
        }
    }

    private void bind(int batch) throws OrtException {
        for (var input : session.getInputInfo().entrySet()) {
            TensorInfo info = (TensorInfo) input.getValue().getInfo();
            long[] shape = info.getShape().clone();
            shape[0] = shape[0] < 0 ? batch : shape[0];
            ByteBuffer memory = memory(info.type, shape);
            if (info.type == OnnxJavaType.FLOAT) {
                // On zeros alone some kernels take short cuts.
                for (int i = 0; i < memory.capacity() / Float.BYTES; i++) {
                    memory.putFloat(i * Float.BYTES, i % 255 / 255f);
                }
            }
            inputs.put(input.getKey(), OnnxTensor.createTensor(environment, memory, shape, info.type));
        }
        try (OrtSession.Result first = session.run(inputs)) {
            for (var output : first) {
                TensorInfo info = ((OnnxTensor) output.getValue()).getInfo();
                outputs.put(
                        output.getKey(),
                        OnnxTensor.createTensor(
                                environment, memory(info.type, info.getShape()), info.getShape(), info.type));
            }
        }
    }

    private static ByteBuffer memory(OnnxJavaType type, long[] shape) {
        long bytes = type.size;
        for (long side : shape) {
            if (side < 0) {
                throw new NotRunException("an input of the model has free sides beside the batch");
            }
            bytes *= side;
        }
        return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
    }

    @Override
    public void run() {
        try (OrtSession.Result result = session.run(inputs, outputs)) {
            if (result.size() != outputs.size()) {
                throw new IllegalStateException("Expected " + outputs.size() + " outputs");
            }
        } catch (OrtException e) {
            throw failed(e);
        }
    }

    private IllegalStateException failed(OrtException e) {
        return new IllegalStateException("ONNX Runtime does not run " + model + " bare: " + e.getMessage(), e);
    }

    @Override
    public void close() {
        inputs.values().forEach(OnnxTensor::close);
        outputs.values().forEach(OnnxTensor::close);
        try {
            session.close();
        } catch (OrtException e) {
            throw failed(e);
        }
    }
}

package io.derm.bench.gate;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.derm.api.DermException;
import io.derm.api.Model;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.trt.TrtMeter;
import io.derm.trt.TrtRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The least that a model's run costs: kept tensors, no pixels, no decoding. The yardstick of a step. Confined. */
interface Bare extends AutoCloseable {
    void run();

    @Override
    void close();

    /** A bare run of a batch, in TensorRT where the subject runs there, else in ONNX Runtime with as many threads. */
    static Bare of(Subject subject, Model model, int batch, int threads) {
        if (subject.runtime() instanceof TrtRuntime tensorRt) {
            return tensorRt(tensorRt, model, batch, threads);
        }
        try {
            return new OnnxRuntime(model, batch, threads);
        } catch (OrtException e) {
            throw new DermException(
                    707,
                    "Model " + model.name() + " cannot be run bare as a yardstick: " + e.getMessage(),
                    "Leave out limits beside 'bare', or give the detector or classifier an ONNX model().",
                    e);
        }
    }

    private static Bare tensorRt(TrtRuntime runtime, Model model, int batch, int threads) {
        Session session = runtime.open(model, SessionOptions.defaults().withThreads(threads));
        TrtMeter meter = new TrtMeter(session);
        return new Bare() {
            @Override
            public void run() {
                meter.bare(batch);
            }

            @Override
            public void close() {
                try (session) {
                    meter.close();
                }
            }
        };
    }

    /** ONNX Runtime by itself. */
    final class OnnxRuntime implements Bare {
        private final OrtSession session;
        private final Map<String, OnnxTensor> inputs = new HashMap<>();
        private final Map<String, OnnxTensor> outputs = new HashMap<>();
        private int runs = 1;

        OnnxRuntime(Model model, int batch, int threads) throws OrtException {
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
                // As derm's sessions are set, so that the ratio is of derm's own work.
                options.addConfigEntry("session.intra_op.allow_spinning", "0");
                if (threads > 0) {
                    options.setIntraOpNumThreads(threads);
                }
                session = model.path().isPresent()
                        ? environment.createSession(model.path().get().toString(), options)
                        : environment.createSession(model.bytes(), options);
            }
            try {
                for (var input : session.getInputInfo().entrySet()) {
                    TensorInfo info = (TensorInfo) input.getValue().getInfo();
                    long[] shape = info.getShape().clone();
                    if (shape.length > 0) {
                        runs = shape[0] > 0 ? Math.toIntExact((batch + shape[0] - 1) / shape[0]) : 1;
                        shape[0] = shape[0] > 0 ? shape[0] : batch;
                    }
                    inputs.put(input.getKey(), tensor(environment, info.type, shape));
                }
                try (OrtSession.Result first = session.run(inputs)) {
                    for (var output : first) {
                        TensorInfo info = ((OnnxTensor) output.getValue()).getInfo();
                        outputs.put(output.getKey(), tensor(environment, info.type, info.getShape()));
                    }
                }
            } catch (OrtException | RuntimeException e) {
                close();
                throw e;
            }
        }

        private static OnnxTensor tensor(OrtEnvironment environment, OnnxJavaType type, long[] shape)
                throws OrtException {
            int size = type.size;
            for (long side : shape) {
                if (side <= 0) {
                    throw new OrtException("an input has free sides: " + Arrays.toString(shape));
                }
                size = Math.toIntExact(size * side);
            }
            ByteBuffer bytes = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
            for (int i = 0; type == OnnxJavaType.FLOAT && i < size; i += 4) {
                bytes.putFloat(i, i / 4 % 255 / 255f);
            }
            return OnnxTensor.createTensor(environment, bytes, shape, type);
        }

        @Override
        public void run() {
            try {
                for (int i = 0; i < runs; i++) {
                    session.run(inputs, outputs).close();
                }
            } catch (OrtException e) {
                throw new DermException(709, "The bare run failed: " + e.getMessage(), "Check the model.", e);
            }
        }

        @Override
        public void close() {
            inputs.values().forEach(OnnxTensor::close);
            outputs.values().forEach(OnnxTensor::close);
            try {
                session.close();
            } catch (OrtException e) {
                throw new DermException(709, "The bare run failed: " + e.getMessage(), "Check the model.", e);
            }
        }
    }
}

package io.derm.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.derm.api.ElementType;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import io.derm.ort.OrtRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Calibrates, runs and optimises small models, for tests of int8. */
final class Int8Bench {
    static final SessionOptions OPTIONS = SessionOptions.defaults().withThreads(1);

    private Int8Bench() {}

    /** Normally distributed inputs; free sides are 1. */
    static Tensors random(OnnxModel model, long seed) {
        Random random = new Random(seed);
        List<Tensor> all = new ArrayList<>();
        for (OnnxValue input : model.graph().inputs()) {
            int[] shape = input.shape().dims().stream()
                    .mapToInt(d -> (int) Math.abs(d))
                    .toArray();
            Tensor t = Tensor.allocate(input.name(), ElementType.FLOAT32, shape);
            for (int i = 0; i < t.elements(); i++) {
                t.floats().put(i, (float) random.nextGaussian());
            }
            all.add(t);
        }
        return new Tensors(all);
    }

    /** Normally distributed, of seeds from 100 on. */
    static Samples samples(OnnxModel model, int n) {
        List<Tensors> all = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            all.add(random(model, 100 + i));
        }
        return Samples.of(all);
    }

    static Calibration calibrate(OnnxModel model, Samples samples) {
        return Calibration.of(model, new OrtRuntime(), OPTIONS, samples, Progress.NONE);
    }

    static Calibration calibrate(OnnxModel model) {
        return calibrate(model, samples(model, 6));
    }

    /** The float outputs by name. */
    static Map<String, float[]> run(OnnxModel model, Tensors inputs) {
        Map<String, float[]> out = new LinkedHashMap<>();
        int batch =
                Math.max(1, inputs.get(0).shape().isEmpty() ? 1 : inputs.get(0).dim(0));
        try (Session session = new OrtRuntime().open(model.toModel(), OPTIONS.withMaxBatch(batch))) {
            for (Tensor t : session.run(inputs).list()) {
                float[] values = new float[t.elements()];
                t.floats().get(0, values);
                out.put(t.name(), values);
            }
        }
        return out;
    }

    /** Root mean square of the difference over that of the reference. */
    static double error(float[] found, float[] expected) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow((double) found[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / size);
    }

    /** How often each operator is in the graph that ONNX Runtime makes of the model. */
    static Map<String, Integer> optimised(OnnxModel model, Path folder) throws IOException {
        Path file = Files.createTempFile(folder, "optimised", ".onnx");
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            options.setOptimizedModelFilePath(file.toString());
            OrtEnvironment.getEnvironment()
                    .createSession(model.proto().toByteArray(), options)
                    .close();
        } catch (OrtException e) {
            throw new IOException(e);
        }
        return operators(OnnxModel.read(file));
    }

    static Map<String, Integer> operators(OnnxModel model) {
        Map<String, Integer> counts = new TreeMap<>();
        for (NodeProto node : model.graph().nodes()) {
            counts.merge(node.getOpType(), 1, Integer::sum);
        }
        return counts;
    }
}

package io.derm.onnx;

import io.derm.api.ElementType;
import io.derm.api.InferenceRuntime;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * How far the outputs of a changed model are from those of the original on samples: for each output the largest difference over the largest
 * magnitude that the original's has on any of them; of the outputs the worst. Confined.
 */
final class LargestError {
    private final InferenceRuntime runtime;
    private final SessionOptions options;
    private final Samples samples;
    /** By sample and output. */
    private final List<List<float[]>> expected = new ArrayList<>();

    private final List<Double> largest = new ArrayList<>();

    /** Runs the original. */
    LargestError(OnnxModel original, InferenceRuntime runtime, SessionOptions options, Samples samples) {
        this.runtime = runtime;
        this.options = options;
        this.samples = samples;
        try (Session session = Activations.open(runtime, options, original)) {
            for (int i = 0; i < samples.size(); i++) {
                List<float[]> outputs = new ArrayList<>();
                for (Tensor t : samples.run(session, i).list()) {
                    float[] values = floats(t);
                    double most = 0;
                    for (float v : values) {
                        most = Math.max(most, Math.abs(v));
                    }
                    int at = outputs.size();
                    if (i == 0) {
                        largest.add(most);
                    } else {
                        largest.set(at, Math.max(largest.get(at), most));
                    }
                    outputs.add(values);
                }
                expected.add(outputs);
            }
        }
    }

    private static float[] floats(Tensor t) {
        if (t.info().type() != ElementType.FLOAT32) {
            return new float[0];
        }
        float[] values = new float[t.elements()];
        t.floats().get(0, values);
        return values;
    }

    /**
     * The error of a model with the same outputs.
     *
     * @param count how many samples from the first on are run
     * @return infinity where an output has a number that is not finite and the original has not
     */
    double of(OnnxModel changed, int count) {
        double worst = 0;
        try (Session session = Activations.open(runtime, options, changed)) {
            for (int i = 0; i < Math.min(count, samples.size()); i++) {
                List<Tensor> outputs = samples.run(session, i).list();
                for (int o = 0; o < outputs.size(); o++) {
                    double difference =
                            difference(floats(outputs.get(o)), expected.get(i).get(o));
                    worst = Math.max(worst, difference == 0 ? 0 : difference / largest.get(o));
                }
            }
        }
        return worst;
    }

    private static double difference(float[] found, float[] expected) {
        double most = 0;
        for (int i = 0; i < expected.length; i++) {
            double d = Math.abs((double) found[i] - expected[i]);
            most = Math.max(most, found[i] == expected[i] ? 0 : Double.isNaN(d) ? Double.POSITIVE_INFINITY : d);
        }
        return most;
    }
}

package io.derm.onnx;

import io.derm.api.ElementType;
import io.derm.api.InferenceRuntime;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How far the float32 outputs of a model are from those of a reference on the same samples: the root mean square of the difference over that of the
 * reference, of the output where it is largest. 0 is the same, 1 as wrong as no answer; infinite where an output is not finite. The
 * reference is run once. Confined.
 */
public final class OutputError implements ToDoubleFunction<OnnxModel> {
    private final InferenceRuntime runtime;
    private final SessionOptions options;
    private final Samples samples;
    /** By sample and output; copies. */
    private final List<List<float[]>> expected = new ArrayList<>();

    /** Runs the reference on all samples and keeps its outputs in memory. */
    public OutputError(OnnxModel reference, InferenceRuntime runtime, SessionOptions options, Samples samples) {
        this.runtime = runtime;
        this.options = options;
        this.samples = samples;
        try (Session session = Activations.open(runtime, options, reference)) {
            for (int i = 0; i < samples.size(); i++) {
                expected.add(samples.run(session, i).list().stream()
                        .filter(t -> t.info().type() == ElementType.FLOAT32)
                        .map(OutputError::copy)
                        .toList());
            }
        }
    }

    private static float[] copy(Tensor t) {
        float[] values = new float[t.elements()];
        t.floats().get(0, values);
        return values;
    }

    @Override
    public double applyAsDouble(OnnxModel candidate) {
        try (Session session = Activations.open(runtime, options, candidate)) {
            double[] difference = new double
                    [(int) session.signature().outputs().stream()
                            .filter(o -> o.type() == ElementType.FLOAT32)
                            .count()];
            double[] size = new double[difference.length];
            for (int i = 0; i < samples.size(); i++) {
                List<Tensor> found = samples.run(session, i).list().stream()
                        .filter(t -> t.info().type() == ElementType.FLOAT32)
                        .toList();
                for (int o = 0; o < difference.length; o++) {
                    float[] reference = expected.get(i).get(o);
                    FloatBuffer values = found.get(o).floats();
                    for (int j = 0; j < reference.length; j++) {
                        double d = (double) values.get(j) - reference[j];
                        difference[o] += d * d;
                        size[o] += (double) reference[j] * reference[j];
                    }
                }
            }
            double worst = 0;
            for (int o = 0; o < difference.length; o++) {
                double error = Math.sqrt(difference[o] / Math.max(size[o], Double.MIN_NORMAL));
                worst = Double.isFinite(error) ? Math.max(worst, error) : Double.POSITIVE_INFINITY;
            }
            return worst;
        }
    }
}

package io.derm.bench;

import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.api.RuntimeUnavailableException;
import io.derm.api.Runtimes;
import io.derm.onnx.ModelHeader;
import io.derm.samples.DemoModel;
import io.derm.samples.DemoModel.Precision;
import java.nio.file.Path;

/** What benchmarks run, by the names that their parameters give it. */
final class Subjects {
    /** Stands for the model that comes with derm. */
    static final String DEMO = "demo";

    private Subjects() {}

    /**
     * The runtime of that name.
     *
     * @throws NotRunException if it does not work here
     */
    static InferenceRuntime runtime(String name) {
        try {
            return Runtimes.find(name);
        } catch (RuntimeUnavailableException e) {
            throw new NotRunException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * A detector's model: a file, or {@value #DEMO}.
     *
     * @throws NotRunException if the runtime does not compute in that precision
     * @throws IllegalArgumentException if a file is of another precision
     */
    static Model detector(String model, Precision precision, InferenceRuntime runtime) {
        return model(DemoModel.DETECTOR, model, precision, runtime);
    }

    /** As {@link #detector}, of a classifier. */
    static Model classifier(String model, Precision precision, InferenceRuntime runtime) {
        return model(DemoModel.CLASSIFIER, model, precision, runtime);
    }

    private static Model model(DemoModel demo, String model, Precision precision, InferenceRuntime runtime) {
        if (!model.equals(DEMO)) {
            return file(model, precision);
        }
        try {
            return demo.in(precision, runtime.name());
        } catch (IllegalArgumentException e) {
            throw new NotRunException(String.valueOf(e.getMessage()));
        }
    }

    private static Model file(String path, Precision precision) {
        Model model = Model.of(Path.of(path));
        String has = ModelHeader.read(model).metadata().getOrDefault(ModelKeys.PRECISION, Precision.fp32.label());
        if (!has.equals(precision.label())) {
            throw new IllegalArgumentException(
                    "Model " + path + " is " + has + ", expected " + precision.label() + " for precision " + precision);
        }
        return model;
    }
}

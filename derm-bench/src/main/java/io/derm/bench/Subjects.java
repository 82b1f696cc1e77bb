package io.derm.bench;

import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.api.RuntimeUnavailableException;
import io.derm.api.Runtimes;
import io.derm.onnx.ModelHeader;
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
        return model.equals(DEMO) ? precision.detector(runtime.name()) : file(model, precision);
    }

    /** As {@link #detector}, of a classifier. */
    static Model classifier(String model, Precision precision, InferenceRuntime runtime) {
        return model.equals(DEMO) ? precision.classifier(runtime.name()) : file(model, precision);
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

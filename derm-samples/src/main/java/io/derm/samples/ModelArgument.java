package io.derm.samples;

import io.derm.api.Model;
import io.derm.models.DemoModels;
import java.nio.file.Path;

/** A model as it is named on the command line: a file, or one of the models that come with derm. */
final class ModelArgument {
    static final String DETECTOR = "demo:detector";
    static final String CLASSIFIER = "demo:classifier";

    private ModelArgument() {}

    /**
     * The model of that name.
     *
     * @throws io.derm.api.ModelException if there is no such file or it cannot be read
     * @throws IllegalArgumentException if there is no such demo model
     */
    static Model of(String text) {
        if (text.equals(DETECTOR)) {
            return DemoModels.detector();
        }
        if (text.equals(CLASSIFIER)) {
            return DemoModels.classifier();
        }
        if (text.startsWith("demo:")) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no demo model, expected " + DETECTOR + " or " + CLASSIFIER);
        }
        return Model.of(Path.of(text));
    }
}

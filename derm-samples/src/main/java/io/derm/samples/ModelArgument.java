package io.derm.samples;

import io.derm.api.Model;
import io.derm.models.DemoModels;
import java.nio.file.Path;

/** A model as it is named on the command line: a file, or one of the models that come with derm. */
final class ModelArgument {
    static final String DETECTOR = "demo:detector";
    static final String CLASSIFIER = "demo:classifier";
    private static final String DETECTOR_INT8 = "demo:detector-int8";
    private static final String CLASSIFIER_INT8 = "demo:classifier-int8";

    private ModelArgument() {}

    /**
     * The model of that name.
     *
     * @throws io.derm.api.ModelException if there is no such file or it cannot be read
     * @throws IllegalArgumentException if there is no such demo model
     */
    static Model of(String text) {
        return switch (text) {
            case DETECTOR -> DemoModels.detector();
            case CLASSIFIER -> DemoModels.classifier();
            case DETECTOR_INT8 -> DemoInt8.detector();
            case CLASSIFIER_INT8 -> DemoInt8.classifier();
            default -> file(text);
        };
    }

    private static Model file(String text) {
        if (text.startsWith("demo:")) {
            throw new IllegalArgumentException("'" + text + "' is no demo model, expected " + DETECTOR + " or "
                    + CLASSIFIER + ", or " + DETECTOR_INT8 + " or " + CLASSIFIER_INT8);
        }
        return Model.of(Path.of(text));
    }
}

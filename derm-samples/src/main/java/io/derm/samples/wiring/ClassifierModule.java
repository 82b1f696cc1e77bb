package io.derm.samples.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.derm.api.Classifier;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.effnet.LabelMaps;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** Binds an EfficientNet classifier on the bound runtime. */
public final class ClassifierModule extends AbstractModule {
    private final Supplier<Model> model;
    private final Optional<Path> labels;
    private final SessionOptions session;

    /**
     * Binds a classifier that is opened when it is first asked for.
     *
     * @param model read when the classifier is opened
     * @param labels file that says what its classes count as; empty where the model says so itself
     */
    public ClassifierModule(Supplier<Model> model, Optional<Path> labels, SessionOptions session) {
        this.model = model;
        this.labels = labels;
        this.session = session;
    }

    @Provides
    @Singleton
    Classifier classifier(InferenceRuntime runtime) {
        EffnetOptions options = EffnetOptions.defaults();
        if (labels.isPresent()) {
            options = options.withLabels(LabelMaps.read(labels.get()));
        }
        return EffnetClassifier.open(runtime, model.get(), session, options);
    }
}

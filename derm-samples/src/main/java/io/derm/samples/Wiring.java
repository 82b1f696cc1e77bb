package io.derm.samples;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Module;
import com.google.inject.Provides;
import com.google.inject.ProvisionException;
import com.google.inject.Singleton;
import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.effnet.LabelMaps;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** How the parts are put together: one small Guice module a part, so that an application replaces one by binding another. */
final class Wiring {
    private Wiring() {}

    /** A runtime that was found to work here. */
    static final class RuntimeModule extends AbstractModule {
        private final InferenceRuntime runtime;

        RuntimeModule(InferenceRuntime runtime) {
            this.runtime = runtime;
        }

        @Provides
        InferenceRuntime runtime() {
            return runtime;
        }
    }

    /** A YOLO detector; the model is read when the detector is opened. */
    static final class DetectorModule extends AbstractModule {
        private final Supplier<Model> model;
        private final YoloOptions options;
        private final SessionOptions session;

        DetectorModule(Supplier<Model> model, YoloOptions options, SessionOptions session) {
            this.model = model;
            this.options = options;
            this.session = session;
        }

        @Provides
        @Singleton
        Detector detector(InferenceRuntime runtime) {
            return YoloDetector.open(runtime, model.get(), session, options);
        }
    }

    /** An EfficientNet classifier; the model is read when the classifier is opened. */
    static final class ClassifierModule extends AbstractModule {
        private final Supplier<Model> model;
        private final Optional<Path> labels;
        private final SessionOptions session;

        ClassifierModule(Supplier<Model> model, Optional<Path> labels, SessionOptions session) {
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

    static Injector injector(Module... modules) {
        return Guice.createInjector(modules);
    }

    /** Makes a part; what went wrong is thrown as it is rather than in Guice's wrapping. */
    static <T> T get(Injector injector, Class<T> type) {
        try {
            return injector.getInstance(type);
        } catch (ProvisionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }
}

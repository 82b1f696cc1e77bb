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
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.effnet.LabelMaps;
import io.derm.models.DemoModels;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.nio.file.Path;
import java.util.Optional;

/** How the parts are put together: one small Guice module a part, so that an application replaces one by binding another. */
final class Wiring {
    private Wiring() {}

    /** The runtime of that name, or the best one here. */
    static final class RuntimeModule extends AbstractModule {
        private final String name;

        RuntimeModule(String name) {
            this.name = name;
        }

        @Provides
        @Singleton
        InferenceRuntime runtime() {
            return Runtimes.find(name);
        }
    }

    /** A YOLO detector out of a file, or the demo model. */
    static final class DetectorModule extends AbstractModule {
        private final Optional<Path> file;
        private final YoloOptions options;
        private final SessionOptions session;

        DetectorModule(Optional<Path> file, YoloOptions options, SessionOptions session) {
            this.file = file;
            this.options = options;
            this.session = session;
        }

        @Provides
        @Singleton
        Detector detector(InferenceRuntime runtime) {
            Model model = file.map(Model::of).orElseGet(DemoModels::detector);
            return YoloDetector.open(runtime, model, session, options);
        }
    }

    /** An EfficientNet classifier out of a file, or the demo model. */
    static final class ClassifierModule extends AbstractModule {
        private final Optional<Path> file;
        private final Optional<Path> labels;
        private final SessionOptions session;

        ClassifierModule(Optional<Path> file, Optional<Path> labels, SessionOptions session) {
            this.file = file;
            this.labels = labels;
            this.session = session;
        }

        @Provides
        @Singleton
        Classifier classifier(InferenceRuntime runtime) {
            Model model = file.map(Model::of).orElseGet(DemoModels::classifier);
            EffnetOptions options = EffnetOptions.defaults();
            if (labels.isPresent()) {
                options = options.withLabels(LabelMaps.read(labels.get()));
            }
            return EffnetClassifier.open(runtime, model, session, options);
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

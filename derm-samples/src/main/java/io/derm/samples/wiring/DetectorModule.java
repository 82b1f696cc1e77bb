package io.derm.samples.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.derm.api.Detector;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.SessionOptions;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.util.function.Supplier;

/** Binds a YOLO detector on the bound runtime. */
public final class DetectorModule extends AbstractModule {
    private final Supplier<Model> model;
    private final YoloOptions options;
    private final SessionOptions session;

    /**
     * Binds a detector that is opened when it is first asked for.
     *
     * @param model read when the detector is opened
     */
    public DetectorModule(Supplier<Model> model, YoloOptions options, SessionOptions session) {
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

package io.derm.samples.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.derm.api.Detector;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.SessionOptions;
import io.derm.pipeline.DetectorPool;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.util.function.Supplier;

/** Binds a YOLO detector on the bound runtime. */
public final class DetectorModule extends AbstractModule {
    private final Supplier<Model> model;
    private final YoloOptions options;
    private final SessionOptions session;
    private final int detectors;

    /**
     * Binds a detector that is opened when it is first asked for.
     *
     * @param model read when the detector is opened
     */
    public DetectorModule(Supplier<Model> model, YoloOptions options, SessionOptions session) {
        this(model, options, session, 1);
    }

    /**
     * As {@link #DetectorModule(Supplier, YoloOptions, SessionOptions)} for several frames at once.
     *
     * @param detectors how many are opened, 1 or more; several are a {@link DetectorPool}
     */
    public DetectorModule(Supplier<Model> model, YoloOptions options, SessionOptions session, int detectors) {
        this.model = model;
        this.options = options;
        this.session = session;
        this.detectors = detectors;
    }

    @Provides
    @Singleton
    Detector detector(InferenceRuntime runtime) {
        Model read = model.get();
        Supplier<Detector> opener = () -> YoloDetector.open(runtime, read, session, options);
        return detectors == 1 ? opener.get() : DetectorPool.open(detectors, opener);
    }
}

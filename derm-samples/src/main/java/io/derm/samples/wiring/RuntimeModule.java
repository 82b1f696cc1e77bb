package io.derm.samples.wiring;

import com.google.inject.AbstractModule;
import io.derm.api.InferenceRuntime;

/** Binds the runtime that runs the models. */
public final class RuntimeModule extends AbstractModule {
    private final InferenceRuntime runtime;

    /** Binds a runtime that was found to work here, e.g. by {@link io.derm.api.Runtimes#find}. */
    public RuntimeModule(InferenceRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    protected void configure() {
        bind(InferenceRuntime.class).toInstance(runtime);
    }
}

package io.derm.samples.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import io.derm.api.FrameSource;
import java.util.function.Supplier;

/** Binds what frames come from. */
public final class SourceModule extends AbstractModule {
    private final Supplier<FrameSource> opener;

    /**
     * Binds a source that is opened when it is first asked for.
     *
     * @param opener e.g. {@code () -> Sources.open("webcam:0")}
     */
    public SourceModule(Supplier<FrameSource> opener) {
        this.opener = opener;
    }

    @Provides
    @Singleton
    FrameSource source() {
        return opener.get();
    }
}

package io.derm.phantom;

import io.derm.api.Availability;
import io.derm.api.CaptureException;
import io.derm.api.FrameSource;
import io.derm.api.SourceKind;
import io.derm.api.SourceProvider;
import java.util.List;

/** Opens {@code phantom:} sources, see {@link PhantomSource}. Immutable. */
public final class PhantomSourceProvider implements SourceProvider {
    static final String FORM = "phantom:seed=N[&frames=N][&size=WxH][&rate=N][&live=true|false]"
            + "[&lesions=N][&more-things=N][&passers=N]";

    @Override
    public String scheme() {
        return "phantom";
    }

    @Override
    public SourceKind kind() {
        return new SourceKind(
                "phantoms",
                FORM,
                Availability.yes("procedural skin: a camera, or with frames= a recording"),
                List.of());
    }

    /**
     * Paints the skin, which takes a second or two at 1280x720.
     *
     * @throws CaptureException if the URI cannot be understood
     */
    @Override
    public FrameSource open(String uri) {
        return PhantomSource.open(uri);
    }
}

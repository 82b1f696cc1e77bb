package io.derm.samples;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.RowFilter;
import io.derm.api.Session;
import io.derm.api.Signature;
import io.derm.api.Tensors;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Hands runs on to a session and remembers the outputs of the last one, so that one run serves both the decoder and whoever
 * wants the raw numbers. Owns the session. Confined.
 */
final class RecordingSession implements Session {
    private final Session session;
    private @Nullable Tensors last;

    RecordingSession(Session session) {
        this.session = session;
    }

    /** Outputs of the last run, valid until the next; empty where there was none since {@link #forget}. */
    Optional<Tensors> last() {
        return Optional.ofNullable(last);
    }

    void forget() {
        last = null;
    }

    @Override
    public Signature signature() {
        return session.signature();
    }

    @Override
    public int maxBatch() {
        return session.maxBatch();
    }

    @Override
    public Tensors run(ImageInput input, Frame frame, List<Box> regions) {
        forget();
        Tensors outputs = session.run(input, frame, regions);
        last = outputs;
        return outputs;
    }

    @Override
    public Tensors run(Tensors inputs) {
        forget();
        Tensors outputs = session.run(inputs);
        last = outputs;
        return outputs;
    }

    /** Does nothing: whoever wants the raw numbers wants all of them, not those alone that a decoder reads. */
    @Override
    public void filter(List<RowFilter> filters) {}

    @Override
    public void close() {
        forget();
        session.close();
    }
}

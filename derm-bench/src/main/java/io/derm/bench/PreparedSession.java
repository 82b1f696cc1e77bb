package io.derm.bench;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.Session;
import io.derm.api.Signature;
import io.derm.api.Tensors;
import java.util.List;

/** A session that has nothing to run: it gives the same outputs each time, so that what is timed is reading them. Confined. */
final class PreparedSession implements Session {
    private final Signature signature;
    private final Tensors outputs;

    PreparedSession(Signature signature, Tensors outputs) {
        this.signature = signature;
        this.outputs = outputs;
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public int maxBatch() {
        return 1;
    }

    @Override
    public Tensors run(ImageInput input, Frame frame, List<Box> regions) {
        return outputs;
    }

    @Override
    public Tensors run(Tensors inputs) {
        return outputs;
    }

    @Override
    public void close() {}
}

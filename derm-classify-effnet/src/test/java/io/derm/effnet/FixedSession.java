package io.derm.effnet;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.Session;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import java.util.List;

/** A session whose output is given: what the numbers mean does not depend on who computed them. */
final class FixedSession implements Session {
    private final Signature signature;
    private final Tensor output;
    private boolean closed;

    FixedSession(Signature signature, Tensor output) {
        this.signature = signature;
        this.output = output;
    }

    boolean closed() {
        return closed;
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public int maxBatch() {
        return 4;
    }

    @Override
    public Tensors run(ImageInput input, Frame frame, List<Box> regions) {
        return Tensors.of(output);
    }

    @Override
    public Tensors run(Tensors inputs) {
        throw new UnsupportedOperationException("A classifier runs regions");
    }

    @Override
    public void close() {
        closed = true;
    }
}

package io.derm.onnx;

import io.derm.api.Session;
import io.derm.api.Tensors;
import java.util.List;

/**
 * Inputs that a model is run on to see which values its tensors take: pictures of the kind that it will meet. A caller with pictures runs
 * them by {@code session.run(input, frame, regions)}, so that the runtime brings pixels into the tensor as it will later.
 */
public interface Samples {
    /** How many there are. */
    int size();

    /**
     * Runs one of them.
     *
     * @param session of the model, whose outputs may be others than the model's own
     * @param index 0 to size - 1
     * @return the outputs, valid until the session's next run
     */
    Tensors run(Session session, int index);

    /** Ready inputs, one set a sample. */
    static Samples of(List<Tensors> inputs) {
        List<Tensors> kept = List.copyOf(inputs);
        return new Samples() {
            @Override
            public int size() {
                return kept.size();
            }

            @Override
            public Tensors run(Session session, int index) {
                return session.run(kept.get(index));
            }
        };
    }
}

package io.derm.bench;

import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.Session;
import io.derm.ort.OrtRuntime;
import io.derm.trt.TrtMeter;
import io.derm.trt.TrtRuntime;

/**
 * A model alone on what is in its input tensor: no pixels, no decoding, the least that a run of it can cost. The yardstick beside a
 * benchmark. Confined; whoever makes one closes it.
 */
interface BareRun extends AutoCloseable {
    /** Runs the model and waits for its outputs. */
    void run();

    @Override
    void close();

    /**
     * A bare run of a model.
     *
     * @param session of the runtime and the model, which stays its opener's; it must have run a batch of this size
     * @param batch elements of a run, where the model leaves that free
     * @param threads 0 leaves them to the runtime
     * @throws NotRunException if there is no way under that runtime's sessions
     */
    static BareRun of(InferenceRuntime runtime, Session session, Model model, int batch, int threads) {
        return switch (runtime.name()) {
            case OrtRuntime.NAME -> new OrtBareRun(model, batch, threads);
            case TrtRuntime.NAME -> {
                TrtMeter meter = new TrtMeter(session);
                yield new BareRun() {
                    @Override
                    public void run() {
                        meter.bare(batch);
                    }

                    @Override
                    public void close() {
                        meter.close();
                    }
                };
            }
            default -> throw new NotRunException("there is no bare run of runtime " + runtime.name());
        };
    }
}

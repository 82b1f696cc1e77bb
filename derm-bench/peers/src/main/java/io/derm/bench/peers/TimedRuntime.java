package io.derm.bench.peers;

import io.derm.api.Availability;
import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.RowFilter;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Signature;
import io.derm.api.Tensors;
import java.util.List;

/** A runtime that adds up the time of its sessions' runs. Confined. */
final class TimedRuntime implements InferenceRuntime {
    private final InferenceRuntime runtime;
    private long nanos;

    TimedRuntime(InferenceRuntime runtime) {
        this.runtime = runtime;
    }

    /** Time in runs since this was last asked. */
    long takeNanos() {
        long taken = nanos;
        nanos = 0;
        return taken;
    }

    @Override
    public String name() {
        return runtime.name();
    }

    @Override
    public int priority() {
        return runtime.priority();
    }

    @Override
    public Availability availability() {
        return runtime.availability();
    }

    @Override
    public Session open(Model model, SessionOptions options) {
        Session session = runtime.open(model, options);
        return new Session() {
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
                long start = System.nanoTime();
                Tensors outputs = session.run(input, frame, regions);
                nanos += System.nanoTime() - start;
                return outputs;
            }

            @Override
            public Tensors run(Tensors inputs) {
                return session.run(inputs);
            }

            @Override
            public void filter(List<RowFilter> filters) {
                session.filter(filters);
            }

            @Override
            public void close() {
                session.close();
            }
        };
    }
}

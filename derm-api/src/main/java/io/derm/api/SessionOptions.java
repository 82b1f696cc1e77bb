package io.derm.api;

import java.util.Map;

/**
 * How a runtime should run a model. Immutable.
 *
 * @param threads CPU threads a run may use; 0 leaves it to the runtime
 * @param maxBatch the most regions run at once; more are run in several batches by the caller of the session
 * @param properties settings of one runtime, by that runtime's own names
 */
public record SessionOptions(int threads, int maxBatch, Map<String, String> properties) {
    public SessionOptions {
        if (threads < 0 || maxBatch < 1) {
            throw new IllegalArgumentException("Session options have threads=" + threads + " and maxBatch=" + maxBatch
                    + ", expected threads >= 0 and maxBatch >= 1");
        }
        properties = Map.copyOf(properties);
    }

    /** Threads as the runtime sees fit, up to 32 regions at once. */
    public static SessionOptions defaults() {
        return new SessionOptions(0, 32, Map.of());
    }

    public SessionOptions withThreads(int n) {
        return new SessionOptions(n, maxBatch, properties);
    }

    public SessionOptions withMaxBatch(int n) {
        return new SessionOptions(threads, n, properties);
    }
}

package io.derm.api;

import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A runtime whose sessions go on with another one when it fails while it runs. Thread-safe. */
final class FallbackRuntime implements InferenceRuntime {
    private final InferenceRuntime first;
    private final Supplier<List<InferenceRuntime>> others;
    private final System.Logger logger;

    /**
     * Stands before a runtime.
     *
     * @param others asked for when one is needed, in the order in which they are to be tried
     */
    FallbackRuntime(InferenceRuntime first, Supplier<List<InferenceRuntime>> others, System.Logger logger) {
        this.logger = logger;
        this.first = first;
        this.others = others;
    }

    @Override
    public String name() {
        return first.name();
    }

    @Override
    public int priority() {
        return first.priority();
    }

    @Override
    public Availability availability() {
        return first.availability();
    }

    @Override
    public Session open(Model model, SessionOptions options) {
        return new FallbackSession(first.open(model, options), model, options);
    }

    private final class FallbackSession implements Session {
        private final Model model;
        private final SessionOptions options;
        private final int maxBatch;
        private volatile Session current;
        private volatile RuntimeUse use = RuntimeUse.of(first.name());
        private volatile List<RowFilter> filters = List.of();
        /** Null before the first failure. */
        private @Nullable Deque<InferenceRuntime> next;

        private boolean closed;

        FallbackSession(Session session, Model model, SessionOptions options) {
            this.current = session;
            this.model = model;
            this.options = options;
            this.maxBatch = session.maxBatch();
        }

        @Override
        public Signature signature() {
            return current.signature();
        }

        @Override
        public int maxBatch() {
            return maxBatch;
        }

        @Override
        public Tensors run(ImageInput input, Frame frame, List<Box> regions) {
            return run(session -> session.run(input, frame, regions));
        }

        @Override
        public Tensors run(Tensors inputs) {
            return run(session -> session.run(inputs));
        }

        private Tensors run(Run run) {
            InferenceException failure = null;
            while (true) {
                Session session = current;
                try {
                    return run.on(session);
                } catch (InferenceException e) {
                    if (failure == null) {
                        failure = e;
                    } else {
                        failure.addSuppressed(e);
                    }
                    if (!fallBack(session, e)) {
                        throw failure;
                    }
                }
            }
        }

        /** Replaces a session that failed, if there is a runtime left; a close in the meantime waits. */
        private synchronized boolean fallBack(Session failed, InferenceException cause) {
            if (closed) {
                return false;
            }
            if (next == null) {
                next = new ArrayDeque<>(others.get());
            }
            while (!next.isEmpty()) {
                InferenceRuntime runtime = next.remove();
                try {
                    Session session = opened(runtime);
                    String from = use.runtime();
                    current = session;
                    use = new RuntimeUse(runtime.name(), Optional.of(first.name()));
                    close(failed, cause);
                    logger.log(
                            Level.WARNING,
                            "Runtime " + from + " failed while it ran " + model.name() + "; going on with "
                                    + runtime.name() + ". " + cause.getMessage(),
                            cause);
                    return true;
                } catch (RuntimeException e) {
                    cause.addSuppressed(e);
                }
            }
            return false;
        }

        private Session opened(InferenceRuntime runtime) {
            Availability availability = runtime.availability();
            if (!availability.available()) {
                throw new IllegalStateException("Runtime " + runtime.name() + ": " + availability.detail());
            }
            // Properties are by one runtime's own names.
            Session session = runtime.open(model, new SessionOptions(options.threads(), options.maxBatch(), Map.of()));
            try {
                if (session.maxBatch() < maxBatch || !names(session).equals(names(current))) {
                    throw new IllegalStateException("Runtime " + runtime.name() + " runs " + model.name()
                            + " with batches of " + session.maxBatch() + " and outputs " + names(session)
                            + ", expected at least " + maxBatch + " and " + names(current));
                }
                session.filter(filters);
                return session;
            } catch (RuntimeException e) {
                close(session, e);
                throw e;
            }
        }

        private void close(Session session, RuntimeException because) {
            try {
                session.close();
            } catch (RuntimeException e) {
                because.addSuppressed(e);
            }
        }

        private static List<String> names(Session session) {
            return session.signature().outputs().stream().map(TensorInfo::name).toList();
        }

        @Override
        public void filter(List<RowFilter> rows) {
            current.filter(rows);
            filters = List.copyOf(rows);
        }

        @Override
        public RuntimeUse runtime() {
            return use;
        }

        @Override
        public synchronized void close() {
            closed = true;
            current.close();
        }
    }

    private interface Run {
        Tensors on(Session session);
    }
}

package io.derm.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ResourceBundle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A runtime that fails while it runs hands over to the next, with the same frame, and says so. */
class FallbackRuntimeTest {
    private static final ImageInput INPUT = ImageInput.yolo(4, 4);

    private final Model model = Model.of("scores.onnx", new byte[] {1});
    private final Frame frame = Frame.wrap(ByteBuffer.allocateDirect(48), 4, 4, 12, PixelFormat.BGR24);
    private final List<String> logged = new ArrayList<>();
    private final System.Logger logger = new System.Logger() {
        @Override
        public String getName() {
            return "test";
        }

        @Override
        public boolean isLoggable(Level level) {
            return true;
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
            logged.add(level + " " + message);
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String format, Object... values) {
            throw new UnsupportedOperationException();
        }
    };

    @AfterEach
    void close() {
        frame.close();
    }

    private static float answer(Session session, Frame frame) {
        return session.run(INPUT, frame, List.of(frame.bounds()))
                .get(0)
                .floats()
                .get(0);
    }

    private Session open(SessionOptions options, Scripted first, Scripted... others) {
        return new FallbackRuntime(first, () -> List.of(others), logger).open(model, options);
    }

    @Test
    void run_ofAGoodRuntime_staysThere() {
        Scripted gpu = new Scripted("gpu", 1);
        Scripted cpu = new Scripted("cpu", 2);
        try (Session session = open(SessionOptions.defaults(), gpu, cpu)) {
            assertThat(answer(session, frame)).isEqualTo(1);
            assertThat(session.runtime()).isEqualTo(RuntimeUse.of("gpu"));
            assertThat(session.runtime().fellBack()).isFalse();
        }
        assertThat(cpu.opened).isEmpty();
        assertThat(gpu.closed).isEqualTo(1);
        assertThat(logged).isEmpty();
    }

    @Test
    void run_ofARuntimeThatFails_isAnsweredByTheNextAvailable_fromThenOn() {
        Scripted gpu = new Scripted("gpu", 1);
        Scripted absent = new Scripted("absent", 9);
        absent.availability = Availability.no("no device", "Plug one in.");
        Scripted cpu = new Scripted("cpu", 2);
        RowFilter filter = RowFilter.of(Scripted.OUTPUT, 1, 1, 0, 1, 0.5f, 0);
        SessionOptions options = new SessionOptions(3, 5, Map.of("gpu.tactics", "all"));
        try (Session session = open(options, gpu, absent, cpu)) {
            session.filter(List.of(filter));
            assertThat(answer(session, frame)).isEqualTo(1);
            gpu.failure = new InferenceException(199, "The device is lost", "Restart.");
            assertThat(answer(session, frame)).isEqualTo(2);
            gpu.failure = null;
            assertThat(answer(session, frame)).isEqualTo(2);
            assertThat(session.runtime()).hasToString("cpu instead of gpu");
            assertThat(session.runtime().fellBack()).isTrue();
            assertThat(session.maxBatch()).isEqualTo(5);
        }
        assertThat(cpu.opened).containsExactly(new SessionOptions(3, 5, Map.of()));
        assertThat(cpu.filters).containsExactly(filter);
        assertThat(absent.opened).isEmpty();
        assertThat(gpu.closed).isEqualTo(1);
        assertThat(cpu.closed).isEqualTo(1);
        assertThat(logged).hasSize(1);
        assertThat(logged.get(0))
                .startsWith("WARNING ")
                .contains("gpu", "scores.onnx", "cpu", "[DERM-199] The device is lost");
    }

    @Test
    void run_whereTheNextCannotOpenTheModel_goesOnToTheOneAfter() {
        Scripted gpu = new Scripted("gpu", 1);
        gpu.failure = new InferenceException(199, "The device is lost", "Restart.");
        Scripted picky = new Scripted("picky", 3);
        picky.refusal = new ModelException(1, "An operator is missing", "Use another.");
        Scripted small = new Scripted("small", 4);
        small.maxBatch = 1;
        Scripted cpu = new Scripted("cpu", 2);
        try (Session session = open(SessionOptions.defaults(), gpu, picky, small, cpu)) {
            assertThat(answer(session, frame)).isEqualTo(2);
        }
        assertThat(small.closed).isEqualTo(1);
    }

    @Test
    void run_whereNoneIsLeft_throwsTheFirstFailure() {
        Scripted gpu = new Scripted("gpu", 1);
        gpu.failure = new InferenceException(199, "The device is lost", "Restart.");
        Scripted cpu = new Scripted("cpu", 2);
        cpu.failure = new InferenceException(198, "The CPU is lost", "Restart.");
        try (Session session = open(SessionOptions.defaults(), gpu, cpu)) {
            assertThatThrownBy(() -> answer(session, frame))
                    .isSameAs(gpu.failure)
                    .hasSuppressedException(cpu.failure);
        }
    }

    @Test
    void run_ofACallersMistake_isThrownAsItIs() {
        Scripted gpu = new Scripted("gpu", 1);
        gpu.failure = new IllegalArgumentException("0 regions");
        Scripted cpu = new Scripted("cpu", 2);
        try (Session session = open(SessionOptions.defaults(), gpu, cpu)) {
            assertThatThrownBy(() -> answer(session, frame)).isSameAs(gpu.failure);
        }
        assertThat(cpu.opened).isEmpty();
    }

    @Test
    void run_afterClose_opensNothing() {
        Scripted gpu = new Scripted("gpu", 1);
        gpu.failure = new InferenceException(199, "The device is lost", "Restart.");
        Scripted cpu = new Scripted("cpu", 2);
        Session session = open(SessionOptions.defaults(), gpu, cpu);
        session.close();
        session.close();
        assertThatThrownBy(() -> answer(session, frame)).isSameAs(gpu.failure);
        assertThat(cpu.opened).isEmpty();
    }

    @Test
    void open_ofAModelThatTheFirstCannotRead_throws() {
        Scripted gpu = new Scripted("gpu", 1);
        gpu.refusal = new ModelException(1, "An operator is missing", "Use another.");
        assertThatThrownBy(() -> open(SessionOptions.defaults(), gpu, new Scripted("cpu", 2)))
                .isSameAs(gpu.refusal);
    }

    @Test
    void after_aRuntime_comeThoseOfLowerPriorityInOrder() {
        Scripted best = new Scripted("best", 1);
        best.priority = 10;
        Scripted middle = new Scripted("middle", 1);
        middle.priority = 5;
        Scripted last = new Scripted("last", 1);
        assertThat(Runtimes.after(middle, List.of(best, middle, last))).containsExactly(last);
        assertThat(Runtimes.after(best, List.of(best, middle, last))).containsExactly(middle, last);
    }

    /** A runtime whose sessions give one number, or fail as told. */
    private static final class Scripted implements InferenceRuntime {
        static final TensorInfo OUTPUT = new TensorInfo("scores", ElementType.FLOAT32, List.of(1, 1));

        final String name;
        final Tensor scores = Tensor.allocate("scores", ElementType.FLOAT32, 1, 1);
        final List<SessionOptions> opened = new ArrayList<>();
        Availability availability = Availability.yes("here");
        RuntimeException failure;
        RuntimeException refusal;
        int maxBatch = 32;
        int priority;
        List<RowFilter> filters = List.of();
        int closed;

        Scripted(String name, float score) {
            this.name = name;
            scores.floats().put(0, score);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public int priority() {
            return priority;
        }

        @Override
        public Availability availability() {
            return availability;
        }

        @Override
        public Session open(Model model, SessionOptions options) {
            if (refusal != null) {
                throw refusal;
            }
            opened.add(options);
            return new Session() {
                private boolean over;

                @Override
                public Signature signature() {
                    return new Signature(List.of(), List.of(OUTPUT), Map.of());
                }

                @Override
                public int maxBatch() {
                    return Math.min(maxBatch, options.maxBatch());
                }

                @Override
                public Tensors run(ImageInput input, Frame frame, List<Box> regions) {
                    if (failure != null) {
                        throw failure;
                    }
                    return Tensors.of(scores);
                }

                @Override
                public Tensors run(Tensors inputs) {
                    throw new UnsupportedOperationException();
                }

                @Override
                public void filter(List<RowFilter> rows) {
                    filters = rows;
                }

                @Override
                public void close() {
                    closed += over ? 0 : 1;
                    over = true;
                }
            };
        }
    }
}

package io.derm.ort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Box;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.Fit;
import io.derm.api.ImageInput.Layout;
import io.derm.api.ImageInput.PerChannel;
import io.derm.api.Model;
import io.derm.api.Runtimes;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import io.derm.api.contract.TestFrames;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class OrtModelSessionTest {
    private static final ImageInput STRETCH_8 = ImageInput.yolo(8, 8).withFit(Fit.STRETCH);

    private static Session open(String model) {
        return new OrtRuntime().open(TestModels.model(model), SessionOptions.defaults());
    }

    /** A [n,3,8,8] input of {@code i * step + first}. */
    private static Tensor ramp(int n, float first, float step) {
        Tensor tensor = Tensor.allocate("image", ElementType.FLOAT32, n, 3, 8, 8);
        for (int i = 0; i < tensor.elements(); i++) {
            tensor.floats().put(i, i * step + first);
        }
        return tensor;
    }

    @Test
    void serviceLoader_onTheClassPath_findsTheRuntime() {
        assertThat(Runtimes.find("onnxruntime")).isInstanceOf(OrtRuntime.class);
        assertThat(Runtimes.find(Runtimes.AUTO).availability().detail()).startsWith("ONNX Runtime 1.");
    }

    @Test
    void signature_initializersAmongTheInputs_areLeftOut() {
        Model model = TestModels.model("initializer_input").with("derm.task", "classify");
        try (Session session = new OrtRuntime().open(model, SessionOptions.defaults())) {
            assertThat(session.signature())
                    .isEqualTo(new Signature(
                            List.of(new TensorInfo("image", ElementType.FLOAT32, List.of(1, 3, 8, 8))),
                            List.of(new TensorInfo("scaled", ElementType.FLOAT32, List.of(1, 3, 8, 8))),
                            Map.of("derm.name", "scaler", "derm.task", "classify")));
            assertThat(session.maxBatch()).isEqualTo(1);
        }
    }

    @Test
    void runFrame_eachTypeAndLayout_putsThePixelsIn() {
        Map<String, ImageInput> inputs = Map.of(
                "echo_nchw_f32", STRETCH_8,
                "echo_nhwc_f32", STRETCH_8.withLayout(Layout.NHWC),
                "echo_nchw_f16", STRETCH_8.withType(ElementType.FLOAT16),
                "echo_nchw_u8",
                        STRETCH_8.withType(ElementType.UINT8).withNormalisation(PerChannel.all(0), PerChannel.all(1)));
        Frame frame = TestFrames.noise(8, 8, 5);
        inputs.forEach((name, input) -> {
            try (Session session = open(name)) {
                for (int round = 0; round < 3; round++) {
                    Tensor echo =
                            session.run(input, frame, List.of(frame.bounds())).get("echo");
                    for (int c = 0; c < 3; c++) {
                        for (int i = 0; i < 64; i++) {
                            int level = frame.pixels().get(3 * i + 2 - c) & 0xFF;
                            int at = input.layout() == Layout.NCHW ? 64 * c + i : 3 * i + c;
                            if (input.type() == ElementType.UINT8) {
                                assertThat(echo.bytes().get(at) & 0xFF).isEqualTo(level);
                            } else {
                                float off = input.type() == ElementType.FLOAT16 ? 0.0003f : 0;
                                assertThat(echo.floats().get(at)).isCloseTo(level / 255f, within(off));
                            }
                        }
                    }
                }
            }
        });
    }

    @Test
    void runFrame_fixedBatch_padsTheRest() {
        Frame frame = TestFrames.solid(8, 8, 255, 255, 255);
        try (Session session = open("echo_fixed_4")) {
            assertThat(session.maxBatch()).isEqualTo(4);
            for (int n = 1; n <= 4; n++) {
                Tensor echo = session.run(STRETCH_8, frame, Collections.nCopies(n, frame.bounds()))
                        .get("echo");
                assertThat(echo.shape()).containsExactly(4, 3, 8, 8);
                for (int i = 0; i < n * 192; i++) {
                    assertThat(echo.floats().get(i)).isEqualTo(1);
                }
            }
            assertThatThrownBy(() -> session.run(STRETCH_8, frame, Collections.nCopies(5, frame.bounds())))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Run has 5 regions, expected 1 to 4 for echo_fixed_4.onnx");
        }
    }

    @Test
    void runFrame_batchSizesUpAndDown_keepEachRegionInItsPlace() {
        Frame frame = TestFrames.noise(64, 48, 8);
        try (Session session = open("echo_nchw_f32")) {
            for (int n : new int[] {1, 3, 2, 7, 1, 7, 3, 20, 2, 20}) {
                List<Box> regions = new ArrayList<>();
                for (int i = 0; i < n; i++) {
                    regions.add(Box.ofSize(2 * i, i, 8, 8));
                }
                Tensor echo = session.run(STRETCH_8, frame, regions).get("echo");
                assertThat(echo.dim(0)).isEqualTo(n);
                for (int b = 0; b < n; b++) {
                    for (int i = 0; i < 64; i++) {
                        int at = (b + i / 8) * frame.stride() + 3 * (2 * b + i % 8) + 1;
                        assertThat(echo.floats().get(192 * b + 64 + i))
                                .isEqualTo((frame.pixels().get(at) & 0xFF) / 255f);
                    }
                }
            }
        }
    }

    @Test
    void runFrame_freeSize_takesTheInputs() {
        Frame frame = TestFrames.solid(8, 8, 51, 51, 51);
        try (Session session = open("echo_nchw_f32")) {
            for (int side : new int[] {8, 32, 16, 8}) {
                Tensor echo = session.run(ImageInput.yolo(side, side), frame, List.of(frame.bounds()))
                        .get(0);
                assertThat(echo.shape()).containsExactly(1, 3, side, side);
                assertThat(echo.floats().get(echo.elements() - 1)).isEqualTo(0.2f);
            }
        }
    }

    @Test
    void runFrame_afterTensors_padsAgain() {
        Frame frame = TestFrames.solid(16, 4, 255, 255, 255);
        try (Session session = open("echo_nchw_f32")) {
            for (int round = 0; round < 2; round++) {
                session.run(Tensors.of(ramp(1, -5, 0)));
                Tensor echo = session.run(ImageInput.yolo(8, 8), frame, List.of(frame.bounds()))
                        .get("echo");
                assertThat(echo.floats().get(0)).isEqualTo(114 / 255f);
                assertThat(echo.floats().get(3 * 8)).isEqualTo(1);
            }
        }
    }

    @Test
    void runTensors_everyOutputType_isMapped() {
        try (Session session = open("types")) {
            for (int round = 0; round < 3; round++) {
                Tensors out = session.run(Tensors.of(ramp(1, round, 0.5f)));
                for (int i = 0; i < 192; i++) {
                    float x = i * 0.5f + round;
                    assertThat(out.get("f32").floats().get(i)).isEqualTo(x);
                    assertThat(out.get("f16").floats().get(i)).isEqualTo(x);
                    assertThat(out.get("u8").bytes().get(i)).isEqualTo((byte) x);
                    assertThat(out.get("i8").bytes().get(i)).isEqualTo((byte) x);
                    assertThat(out.get("i32").ints().get(i)).isEqualTo((int) x);
                    assertThat(out.get("i64").longs().get(i)).isEqualTo((long) x);
                    assertThat(out.get("bool").bytes().get(i)).isEqualTo((byte) (x == 0 ? 0 : 1));
                }
            }
            assertThat(session.signature().outputs().get(1).type()).isEqualTo(ElementType.FLOAT16);
        }
    }

    @Test
    void runTensors_outputShapeThatDependsOnTheData_followsIt() {
        try (Session session = open("nonzero")) {
            float total = 0;
            for (int positive : new int[] {10, 10, 0, 192, 3, 0, 50, 50}) {
                Tensor in = Tensor.allocate("image", ElementType.FLOAT32, 1, 3, 8, 8);
                for (int i = 0; i < positive; i++) {
                    in.floats().put(191 - i, 2);
                }
                Tensors out = session.run(Tensors.of(in));
                assertThat(out.get("where").shape()).containsExactly(4, positive);
                for (int i = 0; i < positive; i++) {
                    assertThat(out.get("where").longs().get(3 * positive + i)).isEqualTo((192 - positive + i) % 8);
                }
                total = out.get("total").floats().get(0);
                assertThat(total).isEqualTo(2 * positive);
            }
        }
    }

    @Test
    void runTensors_outputThatIsAnInputOrAConstant_isCurrent() {
        try (Session session = open("passthrough")) {
            for (int round = 0; round < 3; round++) {
                Tensors out = session.run(Tensors.of(ramp(1, round, 1)));
                assertThat(out.get("image").floats().get(1)).isEqualTo(round + 1);
                assertThat(out.get("echo").floats().get(1)).isEqualTo(round + 1);
                assertThat(out.get("seven").floats().get(1)).isEqualTo(7.5f);
            }
        }
    }

    @Test
    void runTensors_severalInputs_goByName() {
        try (Session session = open("two_inputs")) {
            Tensor left = Tensor.allocate("left", ElementType.FLOAT32, 2, 3, 8, 8);
            Tensor right = Tensor.allocate("right", ElementType.FLOAT32, 2, 3, 8, 8);
            left.floats().put(383, 5);
            right.floats().put(383, 6);
            assertThat(session.run(Tensors.of(right, left)).get("sum").floats().get(383))
                    .isEqualTo(11);
        }
    }

    @Test
    void run_outputs_stayReadableAfterClose() {
        Tensor echo;
        try (Session session = open("echo_nchw_f32")) {
            session.run(Tensors.of(ramp(1, 1, 1)));
            echo = session.run(Tensors.of(ramp(1, 3, 1))).get("echo");
        }
        assertThat(echo.floats().get(2)).isEqualTo(5);
    }

    @Test
    void close_whileRunsGoOn_waitsForTheOneInFlight() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            for (int round = 0; round < 50; round++) {
                Session session = open("types");
                Tensors in = Tensors.of(ramp(64, 0, 1));
                CountDownLatch running = new CountDownLatch(3);
                Future<?> runs = thread.submit(() -> {
                    while (true) {
                        session.run(in);
                        running.countDown();
                    }
                });
                running.await();
                session.close();
                session.close();
                assertThatThrownBy(runs::get)
                        .isInstanceOf(ExecutionException.class)
                        .cause()
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("Session of types.onnx is closed");
            }
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void options_configEntries_reachOnnxRuntime() {
        // A value that ONNX Runtime refuses shows that the entry arrived.
        SessionOptions options =
                new SessionOptions(1, 4, Map.of("session.intra_op_thread_affinities", "not a list of processors"));
        assertThatThrownBy(() -> new OrtRuntime()
                        .open(TestModels.model("types"), options.withThreads(2))
                        .close())
                .isInstanceOf(io.derm.api.ModelException.class);
    }

    @Test
    void options_noConfigEntry_isRefused() {
        SessionOptions options = new SessionOptions(1, 4, Map.of("allow_spinning", "1"));
        assertThatThrownBy(() -> new OrtRuntime()
                        .open(TestModels.model("types"), options)
                        .close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Property 'allow_spinning' is no config entry of ONNX Runtime, expected a name that begins"
                        + " with ep., mlas., optimization., session.");
    }
}

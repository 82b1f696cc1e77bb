package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.derm.api.Box;
import io.derm.api.DermException;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.Fit;
import io.derm.api.InferenceException;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.RowFilter;
import io.derm.api.RuntimeUnavailableException;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import io.derm.api.contract.InferenceRuntimeContract;
import io.derm.api.contract.TestFrames;
import io.derm.onnx.OnnxModel;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Order, ownership, counts and numbers of sessions on the emulated device. */
@Tag("emulated")
@Timeout(300)
class EmulatedSessionTest {
    private static final Model AFFINE = InferenceRuntimeContract.AFFINE;
    private static final ImageInput INPUT = ImageInput.yolo(8, 8).withFit(Fit.STRETCH);
    private static final int ERROR_MEMORY = 2;
    private static final int ERROR_UNKNOWN = 999;

    @TempDir
    Path cache;

    private final TrtRuntime runtime = new TrtRuntime();

    @BeforeAll
    static void load() {
        EmulatedDevice.load();
    }

    @BeforeEach
    void countFromZero() {
        EmulatedDevice.reset();
    }

    @AfterEach
    void leavesNothingBehind() {
        EmulatedDevice.assertClean();
    }

    private SessionOptions options(String... more) {
        Map<String, String> properties = new HashMap<>(Map.of(TrtOptions.CACHE, cache.toString()));
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        return new SessionOptions(0, 8, properties);
    }

    private Session open(String... more) {
        return runtime.open(AFFINE, options(more));
    }

    /** Lends frames whose memory is used again and again, as sources do. */
    private static FramePool pool(int frames) {
        return new FramePool(frames);
    }

    private static Frame fill(FramePool pool, long sequence) {
        Frame frame;
        try {
            frame = pool.lease(64, 48, PixelFormat.BGR24, sequence, sequence, System.nanoTime());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        for (int i = 0; i < frame.stride() * frame.height(); i++) {
            frame.pixels().put(i, (byte) (31 * i + 7 * sequence));
        }
        return frame;
    }

    /** What y = 2x + 1 of the pixel gives that a region of 8 x 8 at (left, 0) puts at (0, 0), in red. */
    private static float expected(Frame frame, int left) {
        return 2 * (frame.pixels().get(3 * left + 2) & 0xFF) / 255f + 1;
    }

    private static void assertRight(Tensors out, Frame frame, int... lefts) {
        Tensor y = out.get("output");
        assertThat(y.shape()).containsExactly(lefts.length, 3, 8, 8);
        for (int b = 0; b < lefts.length; b++) {
            assertThat(y.floats().get(b * 192)).isCloseTo(expected(frame, lefts[b]), within(2e-3f));
        }
    }

    private static List<Box> regions(int... lefts) {
        List<Box> regions = new ArrayList<>();
        for (int left : lefts) {
            regions.add(Box.ofSize(left, 0, 8, 8));
        }
        return regions;
    }

    @Test
    void run_oneFrameInSeveralSessions_isUploadedOnce() {
        try (Session detector = open();
                Session classifier = open();
                FramePool pool = pool(2)) {
            for (int n = 0; n < 5; n++) {
                try (Frame frame = fill(pool, n);
                        Frame retained = frame.retain()) {
                    long before = EmulatedDevice.counter("h2d.bytes");
                    assertRight(detector.run(INPUT, frame, regions(3)), frame, 3);
                    assertRight(classifier.run(INPUT, retained, regions(9, 17)), frame, 9, 17);
                    assertRight(classifier.run(INPUT, retained, regions(1)), frame, 1);
                    long uploaded = EmulatedDevice.counter("h2d.bytes") - before;
                    if (n > 0) {
                        long jobs = ImageJob.bytes(1) + ImageJob.bytes(2) + ImageJob.bytes(1);
                        assertThat(uploaded).isEqualTo(64 * 48 * 3 + jobs);
                    }
                }
            }
        }
    }

    @Test
    void run_steadyState_isOneGraphAndAllocatesNothing() {
        try (Session session = open();
                FramePool pool = pool(3)) {
            List<Box> one = regions(5);
            List<Box> three = regions(1, 2, 3);
            for (int n = 0; n < 40; n++) {
                try (Frame frame = fill(pool, n)) {
                    session.run(INPUT, frame, one);
                    session.run(INPUT, frame, three);
                }
            }
            Map<String, Long> before = EmulatedDevice.counters();
            com.sun.management.ThreadMXBean threads =
                    (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            long heap = 0;
            int runs = 200;
            for (int n = 0; n < runs; n++) {
                try (Frame frame = fill(pool, 40 + n)) {
                    long start = threads.getCurrentThreadAllocatedBytes();
                    Tensors out = session.run(INPUT, frame, n % 2 == 0 ? one : three);
                    heap += threads.getCurrentThreadAllocatedBytes() - start;
                    assertThat(out.get(0).dim(0)).isEqualTo(n % 2 == 0 ? 1 : 3);
                }
            }
            Map<String, Long> after = EmulatedDevice.counters();
            for (String call : List.of(
                    "cudaMalloc",
                    "cudaHostAlloc",
                    "cudaHostRegister",
                    "cudaFree",
                    "cudaStreamCreateWithFlags",
                    "cudaEventCreateWithFlags",
                    "cudaGraphInstantiate",
                    "cudaStreamBeginCapture")) {
                assertThat(grown(before, after, "calls." + call)).as(call).isZero();
            }
            assertThat(grown(before, after, "calls.cudaGraphLaunch")).isEqualTo(runs);
            assertThat(grown(before, after, "kernels.derm_image")).isEqualTo(runs);
            // A frame and its regions go up, the output comes down.
            assertThat(grown(before, after, "h2d.copies")).isEqualTo(2L * runs);
            assertThat(grown(before, after, "d2h.copies")).isEqualTo(runs);
            assertThat(heap / runs).isLessThanOrEqualTo(2048);
        }
    }

    private static long grown(Map<String, Long> before, Map<String, Long> after, String counter) {
        return after.getOrDefault(counter, 0L) - before.getOrDefault(counter, 0L);
    }

    @Test
    void run_everyBatch_isRightInALaneThatIsLargeEnough() {
        try (Session session = open();
                FramePool pool = pool(1);
                Frame frame = fill(pool, 1)) {
            int[] lefts = {0, 5, 10, 15, 20, 25, 30, 35};
            for (int n = 1; n <= 8; n++) {
                int[] some = java.util.Arrays.copyOf(lefts, n);
                assertRight(session.run(INPUT, frame, regions(some)), frame, some);
            }
            // One to ask for shapes, and those of 1, 2, 4 and 8.
            assertThat(EmulatedDevice.counter("calls.createExecutionContext")).isEqualTo(5);
        }
    }

    @Test
    void run_outputsThatAreNotOneForEachElement_haveALaneForEachBatch() {
        ModelProto.Builder model = OnnxModel.read("affine.onnx", AFFINE.bytes()).proto().toBuilder();
        GraphProto.Builder graph = model.getGraphBuilder();
        graph.getNodeBuilder(graph.getNodeCount() - 1).setOutput(0, "y");
        graph.addNode(NodeProto.newBuilder()
                .setName("turn")
                .setOpType("Transpose")
                .addInput("y")
                .addOutput("output")
                .addAttribute(AttributeProto.newBuilder()
                        .setName("perm")
                        .setType(AttributeProto.AttributeType.INTS)
                        .addAllInts(List.of(1L, 0L, 2L, 3L))));
        var shape = graph.getOutputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .getShapeBuilder();
        var batch = shape.getDim(0);
        shape.setDim(0, shape.getDim(1)).setDim(1, batch);
        try (Session session =
                        runtime.open(OnnxModel.of("turned.onnx", model.build()).toModel(), options());
                FramePool pool = pool(1);
                Frame frame = fill(pool, 1)) {
            int[] lefts = {0, 5, 10};
            for (int n : new int[] {1, 3, 2, 3}) {
                Tensor y = session.run(INPUT, frame, regions(java.util.Arrays.copyOf(lefts, n)))
                        .get("output");
                assertThat(y.shape()).containsExactly(3, n, 8, 8);
                for (int b = 0; b < n; b++) {
                    assertThat(y.floats().get(64 * b)).isCloseTo(expected(frame, lefts[b]), within(2e-3f));
                }
            }
        }
    }

    @Test
    void open_firstRunOfALaneFails_leavesNothing() {
        open().close();
        for (int nth = 1; nth <= 4; nth++) {
            EmulatedDevice.fail("enqueueV3", nth, 1);
            assertThatThrownBy(this::open)
                    .isInstanceOf(InferenceException.class)
                    .hasMessageStartingWith("[DERM-382] ");
            EmulatedDevice.assertClean();
            EmulatedDevice.reset();
        }
    }

    @Test
    void run_withoutGraphs_givesTheSame() {
        try (Session session = open(TrtOptions.CUDA_GRAPH, "false", TrtOptions.WAIT, "block");
                FramePool pool = pool(1);
                Frame frame = fill(pool, 1)) {
            assertRight(session.run(INPUT, frame, regions(4, 6)), frame, 4, 6);
            assertThat(EmulatedDevice.counter("calls.cudaGraphLaunch")).isZero();
        }
    }

    @Test
    void run_captureRefused_goesOnPieceByPiece() {
        try (Session session = open();
                FramePool pool = pool(1);
                Frame frame = fill(pool, 1)) {
            for (int n = 1; n <= 3; n++) {
                EmulatedDevice.fail("cudaGraphInstantiate", n, ERROR_UNKNOWN);
            }
            assertRight(session.run(INPUT, frame, regions(4)), frame, 4);
            assertRight(session.run(INPUT, frame, regions(6)), frame, 6);
            assertThat(EmulatedDevice.counter("calls.cudaGraphLaunch")).isZero();
        }
    }

    @Test
    void run_pooledFrames_arePinnedWhereTheyLie() {
        try (Session session = open();
                FramePool pool = pool(3)) {
            List<Frame> frames = new ArrayList<>();
            for (int n = 0; n < 12; n++) {
                Frame frame = fill(pool, n);
                frames.add(frame);
                assertRight(session.run(INPUT, frame, regions(n)), frame, n);
                if (frames.size() == 3) {
                    frames.forEach(Frame::close);
                    frames.clear();
                }
            }
            assertThat(EmulatedDevice.counter("live.registered")).isEqualTo(3);
        }
        assertThat(EmulatedDevice.counter("live.registered")).isZero();
    }

    @Test
    void run_bufferThatCannotBePinned_isCopied() {
        try (Session session = open();
                FramePool pool = pool(1);
                Frame frame = fill(pool, 1)) {
            EmulatedDevice.fail("cudaHostRegister", 1, ERROR_MEMORY);
            assertRight(session.run(INPUT, frame, regions(4)), frame, 4);
            assertThat(EmulatedDevice.counter("live.registered")).isZero();
        }
    }

    @Test
    void run_framesThatAreNotPooled_areSeenAnew() {
        try (Session session = open()) {
            for (int seed = 0; seed < 20; seed++) {
                try (Frame frame = TestFrames.noise(32 + seed, 24, seed)) {
                    assertRight(session.run(INPUT, frame, regions(2)), frame, 2);
                }
            }
            assertThat(EmulatedDevice.counter("live.registered")).isZero();
        }
    }

    @Test
    void filter_rowsOverTheThreshold_comeBackAlone() {
        try (Session session = open();
                FramePool pool = pool(1)) {
            Session plain = open();
            Tensor shape;
            try (Frame frame = fill(pool, 0)) {
                shape = plain.run(INPUT, frame, regions(0)).get(0);
            }
            // Rows of three with a plane of 64: the three channels of a pixel; the first decides.
            RowFilter filter = RowFilter.of(shape.info(), 3, 64, 0, 1, 2.5f, -1);
            session.filter(List.of(filter));
            for (int n = 1; n < 6; n++) {
                try (Frame frame = fill(pool, n)) {
                    long before = EmulatedDevice.counter("d2h.bytes");
                    Tensor whole = plain.run(INPUT, frame, regions(n)).get(0);
                    long dense = EmulatedDevice.counter("d2h.bytes") - before;
                    Tensor some = session.run(INPUT, frame, regions(n)).get(0);
                    assertThat(dense).isEqualTo(192 * 4);
                    int kept = 0;
                    for (int row = 0; row < 64; row++) {
                        float score = whole.floats().get(row);
                        if (score > 2.5f) {
                            kept++;
                            for (int e = 0; e < 3; e++) {
                                assertThat(some.floats().get(row + 64 * e))
                                        .isEqualTo(whole.floats().get(row + 64 * e));
                            }
                        } else {
                            assertThat(some.floats().get(row)).isEqualTo(-1);
                        }
                    }
                    assertThat(kept).isBetween(1, 63);
                }
            }
            assertThat(EmulatedDevice.counter("kernels.derm_rows")).isGreaterThanOrEqualTo(5);
            plain.close();
        }
    }

    @Test
    void filter_moreRowsThanAreBroughtBack_readsTheOutputWhole() {
        Model large = affine(64, 64, TensorProto.DataType.FLOAT_VALUE);
        ImageInput input = ImageInput.yolo(64, 64).withFit(Fit.STRETCH);
        try (Session session = runtime.open(large, options());
                FramePool pool = pool(1)) {
            Frame first = fill(pool, 0);
            Tensor shape = session.run(input, first, List.of(first.bounds())).get(0);
            first.close();
            session.filter(List.of(RowFilter.of(shape.info(), 3, 64 * 64, 0, 1, 0.5f, 0)));
            for (int n = 1; n < 4; n++) {
                try (Frame frame = fill(pool, n)) {
                    // y = 2x + 1 is over the threshold everywhere: 4096 rows.
                    Tensor y =
                            session.run(input, frame, List.of(frame.bounds())).get(0);
                    for (int i = 0; i < y.elements(); i++) {
                        assertThat(y.floats().get(i)).isGreaterThanOrEqualTo(0.99f);
                    }
                }
            }
        }
    }

    @Test
    void filter_tooManyRowsAndThenFew_givesWhatEachRunHas() {
        Model large = affine(64, 64, TensorProto.DataType.FLOAT_VALUE);
        ImageInput input = ImageInput.yolo(64, 64).withFit(Fit.STRETCH);
        try (Session session = runtime.open(large, options());
                FramePool pool = pool(1)) {
            Tensor y = null;
            for (int n = 0; n < 6; n++) {
                boolean bright = n % 2 == 0;
                try (Frame frame = fill(pool, n)) {
                    for (int i = 0; i < frame.stride() * frame.height(); i++) {
                        frame.pixels().put(i, (byte) (bright ? 200 + n : i < 3 ? 255 : 0));
                    }
                    y = session.run(input, frame, List.of(frame.bounds())).get(0);
                }
                if (n == 0) {
                    session.filter(List.of(RowFilter.of(y.info(), 3, 64 * 64, 0, 1, 2, -1)));
                }
                // y = 2x + 1: all rows are over 2 in the bright frames, those of the one bright pixel in the others.
                assertThat(y.floats().get(0)).isCloseTo(bright ? 2 * (200 + n) / 255f + 1 : 3, within(2e-3f));
                assertThat(y.floats().get(64 * 64 - 1))
                        .isCloseTo(bright ? 2 * (200 + n) / 255f + 1 : -1, within(2e-3f));
            }
        }
    }

    @Test
    void run_halfPrecisionInAndOut_isWidenedOnTheDevice() {
        Model half = affine(8, 8, TensorProto.DataType.FLOAT16_VALUE);
        ImageInput input = INPUT.withType(ElementType.FLOAT16);
        try (Session session = runtime.open(half, options());
                FramePool pool = pool(1);
                Frame frame = fill(pool, 3)) {
            Tensor y = session.run(input, frame, regions(5)).get(0);
            assertThat(y.info().type()).isEqualTo(ElementType.FLOAT32);
            assertThat(y.floats().get(0)).isCloseTo(expected(frame, 5), within(3e-3f));
            assertThat(EmulatedDevice.counter("kernels.derm_widen")).isPositive();
        }
    }

    /** y = 2x + 1 of images of that size and one at a time. */
    private static Model affine(int width, int height, int type) {
        ModelProto.Builder model = OnnxModel.read("affine.onnx", AFFINE.bytes()).proto().toBuilder();
        for (ValueInfoProto.Builder value : List.of(
                model.getGraphBuilder().getInputBuilder(0),
                model.getGraphBuilder().getOutputBuilder(0))) {
            var tensor = value.getTypeBuilder().getTensorTypeBuilder().setElemType(type);
            tensor.getShapeBuilder().getDimBuilder(0).setDimValue(1);
            tensor.getShapeBuilder().getDimBuilder(2).setDimValue(height);
            tensor.getShapeBuilder().getDimBuilder(3).setDimValue(width);
        }
        if (type == TensorProto.DataType.FLOAT16_VALUE) {
            for (TensorProto.Builder t : model.getGraphBuilder().getInitializerBuilderList()) {
                OnnxModel source = OnnxModel.read("affine.onnx", AFFINE.bytes());
                float value = source.floats(source.graph().initialisers().get(t.getName()))[0];
                assertThat(value).isIn(1f, 2f);
                int bits = value == 1 ? 0x3C00 : 0x4000;
                t.clearFloatData()
                        .setDataType(type)
                        .setRawData(ByteString.copyFrom(new byte[] {(byte) bits, (byte) (bits >> 8)}));
            }
        }
        return OnnxModel.of("affine-" + width + ".onnx", model.build()).toModel();
    }

    @Test
    void open_memoryRunsOutAnywhere_isOneClearLineAndLeavesNothing() {
        open().close();
        int failures = 0;
        for (String call : List.of("cudaMalloc", "cudaHostAlloc")) {
            for (int nth = 1; nth < 100; nth++) {
                EmulatedDevice.reset();
                EmulatedDevice.fail(call, nth, ERROR_MEMORY);
                try (Session session = open();
                        FramePool pool = pool(1);
                        Frame frame = fill(pool, 1)) {
                    session.run(INPUT, frame, regions(1));
                    break;
                } catch (DermException e) {
                    assertThat(e).isInstanceOf(InferenceException.class).hasMessageStartingWith("[DERM-381] ");
                    failures++;
                }
                EmulatedDevice.assertClean();
            }
        }
        assertThat(failures).isBetween(6, 60);
    }

    @Test
    void run_modelFails_isOneClearLineAndTheNextRunWorks() {
        try (Session session = open(TrtOptions.CUDA_GRAPH, "false");
                FramePool pool = pool(1);
                Frame frame = fill(pool, 1)) {
            EmulatedDevice.fail("enqueueV3", 1, 1);
            assertThatThrownBy(() -> session.run(INPUT, frame, regions(1)))
                    .isInstanceOf(InferenceException.class)
                    .hasMessageStartingWith("[DERM-382] TensorRT failed to run the model");
            assertRight(session.run(INPUT, frame, regions(1)), frame, 1);
        }
    }

    @Test
    void run_inManyThreadsWithSessionsOfTheirOwn_staysRight() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (FramePool pool = pool(8)) {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int thread = t;
                all.add(threads.submit(() -> {
                    try (Session session = open()) {
                        for (int n = 0; n < 30; n++) {
                            try (Frame frame = fill(pool, 100L * thread + n)) {
                                assertRight(session.run(INPUT, frame, regions(n, thread)), frame, n, thread);
                            }
                        }
                    }
                }));
            }
            for (Future<?> one : all) {
                one.get(120, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void openAndClose_manyTimes_isFlat() {
        for (int n = 0; n < 100; n++) {
            try (Session session = open();
                    FramePool pool = pool(1);
                    Frame frame = fill(pool, n)) {
                assertRight(session.run(INPUT, frame, regions(1)), frame, 1);
            }
            assertThat(EmulatedDevice.live()).isEmpty();
        }
        assertThat(EmulatedDevice.counter("calls.buildSerializedNetwork")).isEqualTo(1);
    }

    @Test
    void keepWarm_whileIdle_runsTheModelAndLeavesTheOutputAlone() throws InterruptedException {
        try (Session session = open(TrtOptions.KEEP_WARM_MILLIS, "10");
                FramePool pool = pool(1);
                Frame frame = fill(pool, 2)) {
            Tensors out = session.run(INPUT, frame, regions(7));
            long before = EmulatedDevice.counter("calls.enqueueV3");
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (EmulatedDevice.counter("calls.enqueueV3") < before + 3 && System.nanoTime() < end) {
                Thread.sleep(5);
            }
            assertThat(EmulatedDevice.counter("calls.enqueueV3")).isGreaterThanOrEqualTo(before + 3);
            assertRight(out, frame, 7);
        }
    }

    @Test
    void open_validatedPlan_neverBuilds() {
        Path plan = cache.resolve("affine.plan");
        TrtRuntime.BuiltPlan built = runtime.build(AFFINE, options(), plan, (elapsed, lastTime) -> {});
        EmulatedDevice.reset();
        try (Session session = open(TrtOptions.PLAN, plan.toString(), TrtOptions.PLAN_SHA256, built.sha256());
                FramePool pool = pool(1);
                Frame frame = fill(pool, 1)) {
            assertRight(session.run(INPUT, frame, regions(1)), frame, 1);
        }
        assertThatThrownBy(() -> open(TrtOptions.PLAN, plan.toString(), TrtOptions.PLAN_SHA256, "0".repeat(64))
                        .close())
                .hasMessageStartingWith("[DERM-365] ");
        assertThat(EmulatedDevice.counter("calls.buildSerializedNetwork")).isZero();
    }

    @Test
    void open_interrupted_endsTheWaitAndKeepsTheEngine() throws InterruptedException {
        String[] other = {TrtOptions.OPTIMIZATION_LEVEL, "1"};
        try (Session holdsTheDevice = open()) {
            Map<String, Long> alive = EmulatedDevice.live();
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> open(other).close())
                    .isInstanceOf(RuntimeUnavailableException.class)
                    .hasMessageStartingWith("[DERM-352] ")
                    .hasMessageContaining("affine.onnx");
            assertThat(Thread.interrupted()).isTrue();
            for (int i = 0; i < 3000 && EmulatedDevice.counter("calls.buildSerializedNetwork") < 2; i++) {
                Thread.sleep(10);
            }
            // It waits for the build, as it wants the same engine.
            open(other).close();
            assertThat(EmulatedDevice.counter("calls.buildSerializedNetwork")).isEqualTo(2);
            for (int i = 0; i < 3000 && !EmulatedDevice.live().equals(alive); i++) {
                Thread.sleep(10);
            }
            assertThat(EmulatedDevice.live()).isEqualTo(alive);
        }
    }

    @Test
    void run_afterClose_fromAnotherThread_isIllegalState() throws Exception {
        Session session = open();
        Thread closer = new Thread(session::close);
        closer.start();
        closer.join();
        try (Frame frame = TestFrames.noise(16, 16, 1)) {
            assertThatThrownBy(() -> session.run(INPUT, frame, regions(1))).isInstanceOf(IllegalStateException.class);
        }
    }
}

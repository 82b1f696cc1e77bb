package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.Fit;
import io.derm.api.InferenceException;
import io.derm.api.PixelFormat;
import io.derm.api.RuntimeUnavailableException;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.contract.InferenceRuntimeContract;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a real GPU does and a healthy emulated one does not, told by faults. */
@Tag("emulated")
@Timeout(300)
class EmulatedFailuresTest {
    private static final ImageInput INPUT = ImageInput.yolo(8, 8).withFit(Fit.STRETCH);
    private static final int NO_RESOURCE = 6;
    private static final int OUT_OF_MEMORY = 2;
    private static final int CAPTURE_INVALIDATED = 901;
    private static final int ERROR_UNKNOWN = 999;

    @TempDir
    Path cache;

    private final FramePool pool = new FramePool(4);
    private long frames;

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
        pool.close();
        EmulatedDevice.assertClean();
    }

    private TrtSession open(String... more) {
        Map<String, String> properties = new HashMap<>(Map.of(TrtOptions.CACHE, cache.toString()));
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        return (TrtSession)
                new TrtRuntime().open(InferenceRuntimeContract.AFFINE, new SessionOptions(0, 2, properties));
    }

    /** Runs a new picture and holds the answer to y = 2x + 1 of its first red value. */
    private void assertRuns(Session session) throws InterruptedException {
        frames++;
        try (Frame frame = pool.lease(16, 16, PixelFormat.BGR24, frames, 0, 0)) {
            for (int i = 0; i < frame.stride() * frame.height(); i++) {
                frame.pixels().put(i, (byte) (31 * i + 7 * frames));
            }
            float red = (frame.pixels().get(2) & 0xFF) / 255f;
            assertThat(session.run(INPUT, frame, List.of(Box.ofSize(0, 0, 8, 8)))
                            .get(0)
                            .floats()
                            .get(0))
                    .isCloseTo(2 * red + 1, within(2e-3f));
        }
    }

    private static long launches() {
        return EmulatedDevice.counter("calls.cudaGraphLaunch");
    }

    @Test
    void capture_brokenOffOnce_isTriedAgain() throws InterruptedException {
        try (TrtSession session = open()) {
            // Of the two enqueues, the plain one and the captured one, the second.
            EmulatedDevice.fail("enqueueV3", 2, 1);
            assertRuns(session);
            assertThat(launches()).isEqualTo(1);
        }
    }

    @Test
    void capture_thatEndsInvalidated_leavesNoErrorToTensorRt() throws InterruptedException {
        try (TrtSession session = open()) {
            EmulatedDevice.fail("enqueueV3", 2, 1);
            EmulatedDevice.fail("cudaStreamEndCapture", 1, CAPTURE_INVALIDATED);
            assertRuns(session);
            assertThat(launches()).isEqualTo(1);
        }
    }

    @Test
    void capture_thatAlwaysFails_isGivenUpWithOneWarning() throws InterruptedException {
        try (TrtSession session = open();
                CapturedLog log = new CapturedLog(TrtSession.class)) {
            for (int n = 1; n <= 20; n++) {
                EmulatedDevice.fail("cudaStreamEndCapture", n, CAPTURE_INVALIDATED);
            }
            assertRuns(session);
            assertRuns(session);
            assertThat(launches()).isZero();
            assertThat(EmulatedDevice.counter("calls.cudaStreamEndCapture")).isEqualTo(3);
            assertThat(log.warnings())
                    .singleElement()
                    .asString()
                    .contains("piece by piece")
                    .contains("end a graph");
        }
    }

    @Test
    void capture_graphThatCannotBeUploaded_isDestroyed() throws InterruptedException {
        try (TrtSession session = open()) {
            EmulatedDevice.fail("cudaGraphUpload", 1, ERROR_UNKNOWN);
            assertRuns(session);
            assertThat(launches()).isEqualTo(1);
        }
    }

    @Test
    void capture_whileAModelIsOpened_isLeftToALaterRun() throws InterruptedException {
        try (TrtSession session = open()) {
            session.device().changing().lock();
            try {
                assertRuns(session);
                assertThat(EmulatedDevice.counter("calls.cudaStreamBeginCapture"))
                        .isZero();
            } finally {
                session.device().changing().unlock();
            }
            assertRuns(session);
            assertThat(launches()).isEqualTo(1);
        }
    }

    @Test
    void run_copyBegunAndEventRefused_waitsForTheCopy() throws InterruptedException {
        try (TrtSession session = open()) {
            assertRuns(session);
            long copies = EmulatedDevice.counter("h2d.copies");
            EmulatedDevice.fail("cudaEventRecord", 1, ERROR_UNKNOWN);
            assertThatThrownBy(() -> assertRuns(session)).hasMessageStartingWith("[DERM-380] CUDA failed to record");
            assertThat(EmulatedDevice.counter("h2d.copies")).isEqualTo(copies + 1);
            assertRuns(session);
        }
    }

    @Test
    void run_launchRefused_waitsForTheCopyThatBegan() throws InterruptedException {
        try (TrtSession session = open()) {
            assertRuns(session);
            long copies = EmulatedDevice.counter("h2d.copies");
            EmulatedDevice.fail("cudaGraphLaunch", 1, ERROR_UNKNOWN);
            assertThatThrownBy(() -> assertRuns(session)).hasMessageStartingWith("[DERM-380] CUDA failed to launch");
            assertThat(EmulatedDevice.counter("h2d.copies")).isEqualTo(copies + 1);
            assertRuns(session);
        }
    }

    @Test
    void open_withoutTheBuildersResourceForTheGpu_namesItAndTheRemedy() {
        EmulatedDevice.fail("createInferBuilder", 1, NO_RESOURCE);
        assertThatThrownBy(this::open)
                .isInstanceOf(RuntimeUnavailableException.class)
                .hasMessage(
                        "[DERM-332] A library that TensorRT needs to build engines on this GPU is missing or does not load:"
                                + " libnvinfer_builder_resource_sm86.so.10.15.1. Remedy: Install libnvinfer of this very version from"
                                + " NVIDIA's apt repository or its archive, as the redist jars lack it, or run a plan built elsewhere on the"
                                + " same kind of GPU (trt.plan); see docs/tensorrt.md.");
    }

    @Test
    void open_gpuFullWhenTheKeptEngineIsLoaded_saysSoAndBuildsNone() {
        open().close();
        EmulatedDevice.fail("deserializeCudaEngine", 1, OUT_OF_MEMORY);
        assertThatThrownBy(this::open)
                .isInstanceOf(InferenceException.class)
                .hasMessageStartingWith("[DERM-381] The GPU has no memory left to load an engine: ");
        assertThat(EmulatedDevice.counter("calls.buildSerializedNetwork")).isEqualTo(1);
    }

    @Test
    void open_gpuFullWhenAContextIsMade_saysSo() {
        open().close();
        EmulatedDevice.fail("createExecutionContext", 1, OUT_OF_MEMORY);
        assertThatThrownBy(this::open)
                .isInstanceOf(InferenceException.class)
                .hasMessageStartingWith("[DERM-381] The GPU has no memory left to make an execution context: ");
    }

    @Test
    void run_lastErrorsOfTensorRtAreOld_areNotTold() throws InterruptedException {
        try (TrtSession session = open(TrtOptions.CUDA_GRAPH, "false")) {
            for (int n : new int[] {7, 8}) {
                EmulatedDevice.fail("enqueueV3", 1, n);
                assertThatThrownBy(() -> assertRuns(session)).hasMessageContaining("emulated failure " + n);
            }
        }
    }

    @Test
    void open_inAPointerScope_outlivesIt() throws InterruptedException {
        TrtSession session;
        try (PointerScope scope = new PointerScope()) {
            // Without graphs the arguments of kernels are read at every launch.
            session = open(TrtOptions.CUDA_GRAPH, "false");
            assertRuns(session);
        }
        try (session) {
            assertRuns(session);
        }
    }

    @Test
    void kernelCall_madeInAPointerScope_keepsItsArguments() {
        KernelCall call;
        LongPointer cell;
        try (PointerScope scope = new PointerScope()) {
            cell = new LongPointer(1).put(42);
            call = new KernelCall("none", new CUfunc_st(), Launch.row(1), cell);
        }
        assertThat(cell.isNull()).isFalse();
        assertThat(cell.get()).isEqualTo(42);
        call.close();
        assertThat(cell.isNull()).isTrue();
    }

    @Test
    void open_whereJavaCppAllowsNoMemory_isOneClearLine() throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dorg.bytedeco.javacpp.maxPhysicalBytes=1m",
                        "-Dbasedir="
                                + Path.of(System.getProperty("basedir", "")).toAbsolutePath(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SmallMemory.class.getName(),
                        cache.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(output)
                .contains(
                        "OPEN [DERM-353] Java has no memory left to load TensorRT: OutOfMemoryError: Physical memory usage is"
                                + " too high: physicalBytes (")
                .contains("AVAILABLE false")
                .contains("-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");
    }

    /** Asks for TensorRT where JavaCPP's limit on the memory of the process is passed. */
    static final class SmallMemory {
        private SmallMemory() {}

        /** @param args the folder of the cache */
        public static void main(String[] args) {
            EmulatedDevice.load();
            TrtRuntime runtime = new TrtRuntime();
            System.out.println("AVAILABLE " + runtime.availability().available());
            try {
                runtime.open(
                                InferenceRuntimeContract.AFFINE,
                                new SessionOptions(0, 1, Map.of(TrtOptions.CACHE, args[0])))
                        .close();
                System.out.println("OPENED");
            } catch (RuntimeUnavailableException e) {
                System.out.println("OPEN " + e.getMessage());
            }
        }
    }
}

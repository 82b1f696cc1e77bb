package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Box;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.Fit;
import io.derm.api.PixelFormat;
import io.derm.api.RowFilter;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import io.derm.api.contract.InferenceRuntimeContract;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What sessions have in common: frames on the GPU and in locked memory, threads, and devices other than the first. */
@Tag("emulated")
@Timeout(300)
class EmulatedSharingTest {
    private static final ImageInput INPUT = ImageInput.yolo(8, 8).withFit(Fit.STRETCH);
    private static final List<Box> CORNER = List.of(Box.ofSize(0, 0, 8, 8));
    private static final int KEPT_FRAMES = 16;
    private static final int LOCKED_BUFFERS = 64;
    private static final int ERROR_UNKNOWN = 999;

    @TempDir
    Path cache;

    private final List<Frame> held = new ArrayList<>();
    private FramePool pool = new FramePool(1);

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
        held.forEach(Frame::close);
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

    /** Different pictures in different memory, all of them held. */
    private List<Frame> frames(int n) throws InterruptedException {
        pool = new FramePool(n);
        for (int k = 0; k < n; k++) {
            Frame frame = pool.lease(16, 16, PixelFormat.BGR24, k, 0, 0);
            for (int i = 0; i < frame.stride() * frame.height(); i++) {
                frame.pixels().put(i, (byte) (31 * i + 3 * k));
            }
            held.add(frame);
        }
        return held;
    }

    /** Runs, and holds the answer to y = 2x + 1 of the frame's first red value. */
    private static void assertRuns(Session session, Frame frame) {
        assertRight(session.run(INPUT, frame, CORNER), frame);
    }

    private static void assertRight(Tensors out, Frame frame) {
        float red = (frame.pixels().get(2) & 0xFF) / 255f;
        assertThat(out.get(0).floats().get(0)).isCloseTo(2 * red + 1, within(2e-3f));
    }

    /** What runs of a frame upload of it. */
    private static int uploads(TrtSession session, Frame frame) {
        long before = session.device().frames().uploads();
        assertRuns(session, frame);
        return Math.toIntExact(session.device().frames().uploads() - before);
    }

    private static <T> T inAThreadOfItsOwn(Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task);
        thread.start();
        T result = task.get(60, TimeUnit.SECONDS);
        thread.join();
        return result;
    }

    private static Tensors ones() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(3 * 8 * 8 * Float.BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < 3 * 8 * 8; i++) {
            bytes.putFloat(Float.BYTES * i, 1);
        }
        TensorInfo info = new TensorInfo("input", ElementType.FLOAT32, List.of(1, 3, 8, 8));
        return new Tensors(List.of(new Tensor(info, bytes)));
    }

    @Test
    void everyCall_onASecondDeviceFromAThreadOfItsOwn_worksOnThatDevice() throws Exception {
        EmulatedDevice.devices(2);
        Frame frame = frames(1).get(0);
        TrtSession session = inAThreadOfItsOwn(() -> open(TrtOptions.DEVICE, "1"));
        TrtSession second = inAThreadOfItsOwn(() -> open(TrtOptions.DEVICE, "1"));
        assertThat(second.device()).isSameAs(session.device());
        TensorInfo output =
                inAThreadOfItsOwn(() -> session.run(INPUT, frame, CORNER).get(0).info());
        assertThat(inAThreadOfItsOwn(() -> session.run(ones()).get(0).floats().get(0)))
                .isEqualTo(3);
        inAThreadOfItsOwn(() -> {
            session.filter(List.of(RowFilter.of(output, 3, 64, 0, 1, 0.5f, -1)));
            return output;
        });
        inAThreadOfItsOwn(() -> {
            assertRuns(session, frame);
            return output;
        });
        try (TrtMeter meter = inAThreadOfItsOwn(() -> new TrtMeter(second))) {
            assertThat(inAThreadOfItsOwn(() -> meter.bare(1)).wallNanos()).isPositive();
        }
        inAThreadOfItsOwn(() -> {
            session.close();
            return output;
        });
        // What the two share is there as long as one is open.
        inAThreadOfItsOwn(() -> {
            assertRuns(second, frame);
            second.close();
            return output;
        });
    }

    @Test
    void sessions_onTwoDevices_shareNothing() throws InterruptedException {
        EmulatedDevice.devices(2);
        Frame frame = frames(1).get(0);
        try (TrtSession first = open()) {
            try (TrtSession second = open(TrtOptions.DEVICE, "1")) {
                assertThat(uploads(first, frame)).isEqualTo(1);
                assertThat(uploads(second, frame)).isEqualTo(1);
                // CUDA locks no memory twice; the second device's frames are copied instead.
                assertThat(EmulatedDevice.violations())
                        .singleElement()
                        .asString()
                        .contains("registered already");
                EmulatedDevice.forgetViolations();
                assertThat(second.device().gpu().ordinal()).isEqualTo(1);
            }
            assertThat(uploads(first, frame)).isZero();
        }
    }

    @Test
    void frame_stillOnItsWayInAnotherStream_isWaitedFor() throws InterruptedException {
        List<Frame> both = frames(2);
        Frame frame = both.get(0);
        try (TrtSession first = open();
                TrtSession second = open()) {
            assertRuns(first, both.get(1));
            assertRuns(second, both.get(1));
            DeviceFrames shared = first.device().frames();
            DeviceFrames.Held[] on = new DeviceFrames.Held[1];
            first.exclusively(stream -> {
                on[0] = shared.acquire(frame, stream);
                // Nothing has waited for the first stream yet.
                assertRuns(second, frame);
            });
            shared.release(on[0]);
            assertThat(shared.uploads()).isEqualTo(2);
        }
    }

    @Test
    void frames_moreThanAreKept_giveUpTheOneUnusedForLongest() throws InterruptedException {
        List<Frame> all = frames(KEPT_FRAMES + 2);
        try (TrtSession session = open()) {
            for (Frame frame : all.subList(0, KEPT_FRAMES)) {
                assertThat(uploads(session, frame)).isEqualTo(1);
            }
            long memory = EmulatedDevice.counter("live.device");
            assertThat(uploads(session, all.get(0))).isZero();
            assertThat(uploads(session, all.get(KEPT_FRAMES))).isEqualTo(1);
            assertThat(EmulatedDevice.counter("live.device")).isEqualTo(memory);
            assertThat(uploads(session, all.get(0))).isZero();
            assertThat(uploads(session, all.get(2))).isZero();
            assertThat(uploads(session, all.get(1))).isEqualTo(1);
        }
    }

    @Test
    void frame_whoseMemoryAFailedUploadTook_isUploadedAgain() throws InterruptedException {
        List<Frame> all = frames(KEPT_FRAMES + 1);
        try (TrtSession session = open()) {
            for (Frame frame : all.subList(0, KEPT_FRAMES)) {
                assertRuns(session, frame);
            }
            EmulatedDevice.fail("cudaEventRecord", 1, ERROR_UNKNOWN);
            assertThatThrownBy(() -> assertRuns(session, all.get(KEPT_FRAMES))).hasMessageContaining("record an event");
            assertThat(uploads(session, all.get(0))).isEqualTo(1);
        }
    }

    @Test
    void frame_inUse_isNotGivenUp() throws InterruptedException {
        List<Frame> all = frames(2 * KEPT_FRAMES);
        try (TrtSession session = open()) {
            DeviceFrames shared = session.device().frames();
            DeviceFrames.Held[] on = new DeviceFrames.Held[1];
            session.exclusively(stream -> on[0] = shared.acquire(all.get(0), stream));
            for (Frame frame : all.subList(1, all.size())) {
                assertRuns(session, frame);
            }
            assertThat(uploads(session, all.get(0))).isZero();
            shared.release(on[0]);
            for (Frame frame : all.subList(1, 2 + KEPT_FRAMES)) {
                assertRuns(session, frame);
            }
            assertThat(uploads(session, all.get(0))).isEqualTo(1);
        }
    }

    @Test
    void frames_thatGrow_takeMemoryOfTheirSize() throws InterruptedException {
        try (TrtSession session = open()) {
            for (int k = 0; k < 2 * KEPT_FRAMES; k++) {
                int side = 16 + 8 * k;
                ByteBuffer pixels = ByteBuffer.allocateDirect(3 * side * side);
                for (int i = 0; i < pixels.capacity(); i++) {
                    pixels.put(i, (byte) (i + k));
                }
                try (Frame frame = Frame.wrap(pixels, side, side, 3 * side, PixelFormat.BGR24)) {
                    assertRuns(session, frame);
                }
            }
        }
    }

    @Test
    void buffers_moreThanAreLocked_giveUpTheOneUnusedForLongest() throws InterruptedException {
        List<Frame> all = frames(LOCKED_BUFFERS + 6);
        try (TrtSession session = open()) {
            for (Frame frame : all) {
                assertRuns(session, frame);
            }
            assertThat(EmulatedDevice.counter("live.registered")).isEqualTo(LOCKED_BUFFERS);
            long locked = EmulatedDevice.counter("calls.cudaHostRegister");
            assertThat(uploads(session, all.get(6))).isEqualTo(1);
            assertThat(EmulatedDevice.counter("calls.cudaHostRegister")).isEqualTo(locked);
            assertThat(uploads(session, all.get(0))).isEqualTo(1);
            assertThat(EmulatedDevice.counter("calls.cudaHostRegister")).isEqualTo(locked + 1);
        }
    }

    @Test
    void buffer_thatIsBeingRead_staysLocked() throws InterruptedException {
        List<Frame> all = frames(LOCKED_BUFFERS + 6);
        try (TrtSession first = open();
                TrtSession second = open()) {
            DeviceFrames shared = first.device().frames();
            DeviceFrames.Held[] on = new DeviceFrames.Held[1];
            first.exclusively(stream -> {
                on[0] = shared.acquire(all.get(0), stream);
                // The copy has not run: nothing has waited for the first stream.
                for (Frame frame : all.subList(1, all.size())) {
                    assertRuns(second, frame);
                }
            });
            shared.release(on[0]);
            // Others take its place on the GPU, so that it is uploaded again: out of memory that is still locked.
            for (Frame frame : all.subList(all.size() - KEPT_FRAMES, all.size())) {
                assertRuns(first, frame);
            }
            for (Frame frame : all.subList(LOCKED_BUFFERS / 2, LOCKED_BUFFERS / 2 + KEPT_FRAMES)) {
                assertRuns(first, frame);
            }
            long locked = EmulatedDevice.counter("calls.cudaHostRegister");
            assertThat(uploads(first, all.get(0))).isEqualTo(1);
            assertThat(EmulatedDevice.counter("calls.cudaHostRegister")).isEqualTo(locked);
        }
    }

    @Test
    void filteredRun_afterOneThatReadAll_leavesNoneOfItsScores() throws InterruptedException {
        Frame frame = frames(1).get(0);
        try (TrtSession session = open()) {
            Tensor whole = session.run(INPUT, frame, CORNER).get(0);
            float[] scores = new float[64];
            whole.floats().get(0, scores);
            session.filter(List.of(RowFilter.of(whole.info(), 3, 64, 0, 1, 2, -1)));
            List<Supplier<Tensors>> readAll = List.of(
                    () -> session.run(ones()),
                    () -> session.run(INPUT, frame, List.of(Box.ofSize(8, 8, 8, 8), Box.ofSize(4, 4, 8, 8))));
            for (Supplier<Tensors> run : readAll) {
                for (int again = 0; again < 2; again++) {
                    Tensor some = session.run(INPUT, frame, CORNER).get(0);
                    for (int row = 0; row < 64; row++) {
                        assertThat(some.floats().get(row)).isEqualTo(scores[row] > 2 ? scores[row] : -1);
                    }
                    Tensor all = run.get().get(0);
                    for (int i = 0; i < all.elements(); i++) {
                        assertThat(all.floats().get(i)).isGreaterThanOrEqualTo(0.99f);
                    }
                }
            }
            assertThat(IntStream.range(0, 64).filter(row -> scores[row] > 2).count())
                    .isBetween(1L, 63L);
        }
    }

    @Test
    void close_ofASessionThatIsKeptWarm_endsItsThread() throws InterruptedException {
        open(TrtOptions.KEEP_WARM_MILLIS, "5").close();
        List<Thread> warm = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("derm-keep-warm-"))
                .toList();
        for (Thread thread : warm) {
            thread.join(TimeUnit.SECONDS.toMillis(20));
            assertThat(thread.isAlive()).isFalse();
        }
    }

    @Test
    void buffersThatCannotBeLocked_leaveNoErrorToTensorRt() throws InterruptedException {
        try (TrtSession session = open(TrtOptions.CUDA_GRAPH, "false")) {
            EmulatedDevice.fail("cudaHostRegister", 1, ERROR_UNKNOWN);
            assertRuns(session, frames(1).get(0));
        }
    }
}

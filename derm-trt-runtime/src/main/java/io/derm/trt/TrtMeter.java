package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaDriverGetVersion;
import static org.bytedeco.cuda.global.cudart.cudaEventCreate;
import static org.bytedeco.cuda.global.cudart.cudaEventDestroy;
import static org.bytedeco.cuda.global.cudart.cudaEventElapsedTime;
import static org.bytedeco.cuda.global.cudart.cudaEventRecord;
import static org.bytedeco.cuda.global.cudart.cudaEventSynchronize;
import static org.bytedeco.cuda.global.cudart.cudaMemGetInfo;
import static org.bytedeco.cuda.global.cudart.cudaRuntimeGetVersion;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.Session;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * Measures what lies under a run of a TensorRT session: the model alone, the upload, the image kernel. The yardsticks of benchmarks. Confined
 * to one thread at a time along with its session, which stays its opener's.
 */
public final class TrtMeter implements AutoCloseable {
    private final TrtSession session;
    private final CUevent_st begin = new CUevent_st();
    private final CUevent_st end = new CUevent_st();
    private final float[] millis = new float[1];

    /**
     * How long something took.
     *
     * @param wallNanos on the CPU's clock, from the call to the end of the wait
     * @param gpuMillis between CUDA events around it
     */
    public record Timing(long wallNanos, double gpuMillis) {}

    /**
     * A GPU and what drives it.
     *
     * @param name as the driver gives it
     * @param computeCapability e.g. {@code 9.0}
     * @param multiprocessors number of them
     * @param tensorRt version of the library with its build
     * @param cudaDriver newest CUDA that the driver takes, e.g. {@code 13.1}
     * @param cudaRuntime CUDA of the runtime library
     */
    public record Device(
            String name,
            String computeCapability,
            int multiprocessors,
            String tensorRt,
            String cudaDriver,
            String cudaRuntime) {}

    /**
     * Memory of a GPU, of all programs together.
     *
     * @param free bytes
     * @param total bytes
     */
    public record Memory(long free, long total) {}

    /**
     * A meter for a session.
     *
     * @param session that {@link TrtRuntime#open} gave
     * @throws IllegalArgumentException if it is another runtime's
     */
    public TrtMeter(Session session) {
        if (!(session instanceof TrtSession trt)) {
            throw new IllegalArgumentException("Session is " + session + ", expected one of " + TrtRuntime.NAME);
        }
        this.session = trt;
        trt.exclusively(stream -> {
            Cuda.check(cudaEventCreate(begin), "create an event");
            Cuda.check(cudaEventCreate(end), "create an event");
        });
    }

    /** The model alone on what is in its input memory: TensorRT's {@code enqueueV3} and the wait for it, no graph. */
    public Timing bare(int batch) {
        Lane lane = session.lane(batch);
        return time(lane::enqueue);
    }

    /**
     * The upload of a frame, which must not be on the GPU yet.
     *
     * @throws IllegalArgumentException if it is
     */
    public Timing upload(Frame frame) {
        DeviceFrames frames = session.device().frames();
        DeviceFrames.Held[] held = new DeviceFrames.Held[1];
        long before = frames.uploads();
        Timing timing;
        try {
            timing = time(stream -> held[0] = frames.acquire(frame, stream));
        } finally {
            if (held[0] != null) {
                frames.release(held[0]);
            }
        }
        if (frames.uploads() == before) {
            throw new IllegalArgumentException(frame + " is on the GPU already, expected another for each measurement");
        }
        return timing;
    }

    /** The image kernel on a frame, uploaded before where it is not on the GPU yet. */
    public Timing image(ImageInput input, Frame frame, List<Box> regions) {
        DeviceFrames frames = session.device().frames();
        DeviceFrames.Held[] held = new DeviceFrames.Held[1];
        KernelCall[] call = new KernelCall[1];
        session.exclusively(stream -> held[0] = frames.acquire(frame, stream));
        try {
            session.exclusively(stream -> call[0] = session.imageCall(input, frame, held[0], regions));
            try (KernelCall kernel = call[0]) {
                return time(kernel::launch);
            }
        } finally {
            frames.release(held[0]);
        }
    }

    private Timing time(Consumer<CUstream_st> work) {
        long[] wall = new long[1];
        session.exclusively(stream -> {
            long start = System.nanoTime();
            Cuda.check(cudaEventRecord(begin, stream), "record an event");
            work.accept(stream);
            Cuda.check(cudaEventRecord(end, stream), "record an event");
            Cuda.check(cudaEventSynchronize(end), "wait for the GPU");
            wall[0] = System.nanoTime() - start;
            Cuda.check(cudaEventElapsedTime(millis, begin, end), "read a time");
        });
        return new Timing(wall[0], millis[0]);
    }

    /** Frames that all sessions on this GPU have uploaded so far. */
    public long uploads() {
        return session.device().frames().uploads();
    }

    /** The GPU that the session runs on. */
    public Device device() {
        return describe(session.device().gpu());
    }

    /** The GPU of that number. */
    public static Device device(int ordinal) {
        TrtLibraries.require();
        return describe(Gpu.of(ordinal));
    }

    private static Device describe(Gpu gpu) {
        int[] driver = new int[1];
        int[] runtime = new int[1];
        Cuda.check(cudaDriverGetVersion(driver), "ask for the driver's version");
        Cuda.check(cudaRuntimeGetVersion(runtime), "ask for the runtime's version");
        return new Device(
                gpu.name(),
                gpu.major() + "." + gpu.minor(),
                gpu.multiprocessors(),
                TrtVersion.ofLibrary(),
                cuda(driver[0]),
                cuda(runtime[0]));
    }

    private static String cuda(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    /** Memory of the GPU that the session runs on. */
    public Memory memory() {
        return memory(session.device().gpu().ordinal());
    }

    /** Memory of the GPU of that number. */
    public static Memory memory(int ordinal) {
        TrtLibraries.require();
        Gpu.of(ordinal);
        try (SizeTPointer free = new SizeTPointer(1);
                SizeTPointer total = new SizeTPointer(1)) {
            Cuda.check(cudaMemGetInfo(free, total), "ask for its memory");
            return new Memory(free.get(), total.get());
        }
    }

    /** Layers of the engine after fusion. */
    public int layers() {
        return session.engine().layers();
    }

    /** What TensorRT tells of the engine's layers, as JSON. */
    public String layerInformation() {
        return session.engine().layerInformation();
    }

    @Override
    public void close() {
        Closer closer = new Closer();
        closer.add(() -> Cuda.check(cudaEventDestroy(begin), "destroy an event"));
        closer.add(() -> Cuda.check(cudaEventDestroy(end), "destroy an event"));
        session.device().makeCurrent();
        closer.close();
    }
}

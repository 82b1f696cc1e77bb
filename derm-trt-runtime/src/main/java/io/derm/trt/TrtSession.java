package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaEventBlockingSync;
import static org.bytedeco.cuda.global.cudart.cudaEventCreateWithFlags;
import static org.bytedeco.cuda.global.cudart.cudaEventDestroy;
import static org.bytedeco.cuda.global.cudart.cudaEventDisableTiming;
import static org.bytedeco.cuda.global.cudart.cudaEventRecord;
import static org.bytedeco.cuda.global.cudart.cudaEventSynchronize;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;
import static org.bytedeco.cuda.global.cudart.cudaStreamCreateWithFlags;
import static org.bytedeco.cuda.global.cudart.cudaStreamDestroy;
import static org.bytedeco.cuda.global.cudart.cudaStreamNonBlocking;
import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.RowFilter;
import io.derm.api.Session;
import io.derm.api.Signature;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model open in TensorRT. A run uploads the frame unless it is on the GPU already, and launches one CUDA graph: the regions' parameters up,
 * the image kernel, the model, the rows worth reading down.
 */
final class TrtSession implements Session {
    private static final Logger LOG = LoggerFactory.getLogger(TrtSession.class);
    /** A thread of somebody else's that waits for the whole GPU breaks a capture off, so one failure says little. */
    private static final int CAPTURES = 3;

    private final Model model;
    private final EngineProfile profile;
    private final GpuDevice device;
    private final Engine engine;
    /** Held by a run, so that closing waits for it. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Closer closer = new Closer();
    private final CUstream_st stream;
    private final @Nullable CUevent_st done;
    private final DeviceMemory deviceJob;
    private final PinnedMemory hostJob;
    private final Lanes lanes;
    private final ReadyInputs readyInputs;
    private final RowFilters filters = new RowFilters();
    private final @Nullable KeepWarm keepWarm;

    private boolean graphs;
    private @Nullable ImageInput input;
    private volatile long lastRunNanos = System.nanoTime();
    private boolean closed;

    /**
     * Makes an engine ready to run.
     *
     * @param device a lease that the session ends when it is closed, and not if this fails
     * @param engine closed with the session, and not if this fails
     */
    TrtSession(Model model, EngineProfile profile, TrtOptions options, GpuDevice device, Engine engine) {
        this.model = model;
        this.profile = profile;
        this.device = device;
        this.engine = engine;
        this.graphs = options.cudaGraph();
        this.readyInputs = closer.own(new ReadyInputs(model, profile));
        try {
            this.stream = stream();
            this.done = options.waiting() == TrtOptions.Wait.BLOCK ? event() : null;
            this.deviceJob = closer.own(DeviceMemory.allocate(ImageJob.bytes(profile.maxBatch())));
            this.hostJob = closer.own(PinnedMemory.allocate(ImageJob.bytes(profile.maxBatch())));
            this.lanes = closer.own(new Lanes(model, profile, engine, stream));
        } catch (RuntimeException | Error e) {
            closer.closeAfter(e);
            throw e;
        }
        this.keepWarm = options.keepWarmMillis() > 0
                ? new KeepWarm(model.name(), options.keepWarmMillis(), () -> lastRunNanos, this::keepWarm)
                : null;
        if (keepWarm != null) {
            keepWarm.start();
        }
    }

    private CUstream_st stream() {
        CUstream_st made = new CUstream_st();
        Cuda.check(cudaStreamCreateWithFlags(made, cudaStreamNonBlocking), "create a stream");
        closer.add(() -> Cuda.check(cudaStreamDestroy(made), "destroy a stream"));
        return made;
    }

    private CUevent_st event() {
        CUevent_st made = new CUevent_st();
        Cuda.check(cudaEventCreateWithFlags(made, cudaEventBlockingSync | cudaEventDisableTiming), "create an event");
        closer.add(() -> Cuda.check(cudaEventDestroy(made), "destroy an event"));
        return made;
    }

    @Override
    public Signature signature() {
        return profile.signature();
    }

    @Override
    public int maxBatch() {
        return profile.maxBatch();
    }

    @Override
    public Tensors run(ImageInput image, Frame frame, List<Box> regions) {
        lock.lock();
        try {
            requireOpen();
            int n = regions.size();
            requireBatch(n);
            device.makeCurrent();
            if (!image.equals(input)) {
                requireFit(image);
                prepare(image);
            }
            Lane lane = lanes.lane(n);
            boolean filter = n == 1 && !filters.isEmpty();
            DeviceFrames.Held held = device.frames().acquire(frame, stream);
            try {
                ImageJob.write(hostJob.bytes(), image, frame, held.address(), regions);
                launch(lane, image, filter);
                await();
                if (filter) {
                    collect(lane);
                } else {
                    markWhole();
                }
            } catch (RuntimeException | Error e) {
                // The frame may be overwritten once it is released, so what was begun has to end first.
                cudaStreamSynchronize(stream);
                throw e;
            } finally {
                device.frames().release(held);
                lastRunNanos = System.nanoTime();
            }
            return lanes.view(n);
        } finally {
            lock.unlock();
        }
    }

    /** Captures the graphs for a way of feeding the model, so that no later frame has to. */
    private void prepare(ImageInput image) {
        input = null;
        // Work is tried before it is captured, and the frame of the last run may be gone.
        ImageJob.clear(hostJob.bytes());
        for (Lane lane : lanes.all()) {
            lane.image(imageCall(image, lane));
            capture(lane, false);
        }
        input = image;
    }

    private KernelCall imageCall(ImageInput image, Lane lane) {
        return device.kernels()
                .image(image, lane.batch(), deviceJob.address(), lanes.input(0).address());
    }

    private void launch(Lane lane, ImageInput image, boolean filter) {
        if (lane.image() == null) {
            lane.image(imageCall(image, lane));
        }
        if (lane.graph(filter) == null && graphs) {
            capture(lane, filter);
        }
        CUgraphExec_st graph = lane.graph(filter);
        if (graph != null) {
            Lane.launch(graph, stream);
        } else {
            work(lane, filter);
        }
    }

    private void capture(Lane lane, boolean filter) {
        // While a model is opened or closed, which can take minutes, runs are launched piece by piece; a later one
        // captures.
        if (!graphs || !device.capturing().tryLock()) {
            return;
        }
        try {
            RuntimeException failure = null;
            for (int tried = 0; tried < CAPTURES; tried++) {
                // Whatever allocates at its first use does so here and not under the capture.
                work(lane, filter);
                await();
                try {
                    lane.graph(filter, Lane.capture(stream, () -> work(lane, filter)));
                    return;
                } catch (RuntimeException e) {
                    failure = e;
                }
            }
            graphs = false;
            LOG.warn(
                    "{} cannot be captured as a CUDA graph and is launched piece by piece: {}",
                    model.name(),
                    failure == null ? "" : failure.getMessage());
        } finally {
            device.capturing().unlock();
        }
    }

    /** All of a run but the frame's upload, put on the stream. */
    private void work(Lane lane, boolean filter) {
        copyJob(lane);
        KernelCall call = lane.image();
        if (call != null) {
            call.launch(stream);
        }
        lane.enqueue(stream);
        if (filter) {
            filters.enqueue(stream);
        }
        for (int i = 0; i < lanes.outputs().size(); i++) {
            if (!filter || !filters.concern(lanes.outputs().get(i))) {
                copy(i, lane);
            }
        }
    }

    private void copyJob(Lane lane) {
        Cuda.check(
                cudaMemcpyAsync(
                        deviceJob.pointer(),
                        hostJob.pointer(),
                        ImageJob.bytes(lane.batch()),
                        cudaMemcpyHostToDevice,
                        stream),
                "copy regions to the GPU");
    }

    private void copy(int output, Lane lane) {
        lanes.outputs().get(output).copy(lane.elements(output), device.kernels(), stream);
    }

    /** Puts filtered rows in their places; reads an output whole that has more of them than were brought back. */
    private void collect(Lane lane) {
        if (filters.collect()) {
            return;
        }
        for (int i = 0; i < lanes.outputs().size(); i++) {
            Output output = lanes.outputs().get(i);
            if (filters.overflowed(output)) {
                copy(i, lane);
                output.whole(true);
            }
        }
        await();
    }

    private void markWhole() {
        for (int i = 0; i < lanes.outputs().size(); i++) {
            lanes.outputs().get(i).whole(true);
        }
    }

    private void await() {
        if (done != null) {
            Cuda.check(cudaEventRecord(done, stream), "record an event");
            Cuda.check(cudaEventSynchronize(done), "run " + model.name());
        } else {
            Cuda.check(cudaStreamSynchronize(stream), "run " + model.name());
        }
    }

    private void requireBatch(int n) {
        if (n < 1 || n > profile.maxBatch()) {
            throw new IllegalArgumentException(
                    "Run has " + n + " regions, expected 1 to " + profile.maxBatch() + " for " + model.name());
        }
    }

    private void requireFit(ImageInput image) {
        List<TensorInfo> in = profile.signature().inputs();
        if (in.size() != 1 || in.get(0).rank() != 4) {
            throw new ModelException(
                    345,
                    "Model " + model.name() + " has inputs " + in
                            + ", expected a single batch of images, e.g. [1,3,416,416]",
                    "Export the model with a single image input.");
        }
        TensorInfo tensor = in.get(0);
        if (!image.fits(tensor)) {
            throw new IllegalArgumentException("Image input is " + image.type() + " " + image.layout() + " "
                    + image.width() + "x" + image.height() + ", which does not fit input " + tensor + " of "
                    + model.name());
        }
    }

    @Override
    public void filter(List<RowFilter> wanted) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            device.makeCurrent();
            Closer dropped = new Closer();
            dropped.own(filters);
            lanes.all().forEach(lane -> dropped.add(lane::dropFiltered));
            dropped.close();
            markWhole();
            filters.set(wanted, lanes, device.kernels());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Tensors run(Tensors given) {
        lock.lock();
        try {
            requireOpen();
            int n = readyInputs.batch(given);
            device.makeCurrent();
            readyInputs.upload(given, lanes, stream);
            Lane lane = lanes.lane(n);
            lane.enqueue(stream);
            for (int i = 0; i < lanes.outputs().size(); i++) {
                copy(i, lane);
            }
            await();
            markWhole();
            lastRunNanos = System.nanoTime();
            return lanes.view(n);
        } finally {
            lock.unlock();
        }
    }

    private void keepWarm() {
        if (lock.tryLock()) {
            try {
                if (!closed) {
                    device.makeCurrent();
                    // The GPU's memory alone changes: what the last run gave stays.
                    lanes.lane(1).enqueue(stream);
                    await();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("Session of " + model.name() + " is closed");
        }
    }

    /** For measurements: has the session to itself, with its stream at rest. */
    void exclusively(Consumer<CUstream_st> work) {
        lock.lock();
        try {
            requireOpen();
            device.makeCurrent();
            work.accept(stream);
            await();
        } finally {
            lock.unlock();
        }
    }

    /** For measurements: the lane that runs so many regions. */
    Lane lane(int n) {
        requireBatch(n);
        device.makeCurrent();
        return lanes.lane(n);
    }

    /** For measurements: the image kernel, its parameters on the GPU; the caller closes it and holds the frame. */
    KernelCall imageCall(ImageInput image, Frame frame, DeviceFrames.Held held, List<Box> regions) {
        requireFit(image);
        Lane lane = lane(regions.size());
        ImageJob.write(hostJob.bytes(), image, frame, held.address(), regions);
        copyJob(lane);
        return imageCall(image, lane);
    }

    GpuDevice device() {
        return device;
    }

    Engine engine() {
        return engine;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (keepWarm != null) {
                keepWarm.interrupt();
            }
            device.makeCurrent();
            Closer all = new Closer();
            all.add(device::release);
            device.changing().lock();
            all.add(device.changing()::unlock);
            all.own(engine);
            all.own(closer);
            all.own(filters);
            all.add(() -> Cuda.check(cudaStreamSynchronize(stream), "end the work of " + model.name()));
            all.close();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "TrtSession[" + model + " on " + device.gpu().name() + "]";
    }
}

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
import io.derm.api.ImageInput.Layout;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.RowFilter;
import io.derm.api.Session;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model open in TensorRT. A run uploads the frame unless it is on the GPU already, and launches one CUDA graph: the regions' parameters up,
 * the image kernel, the model, the rows worth reading down.
 *
 * <p>A model of free batch has a lane for each power of two up to the session's limit; a run takes the smallest that is large enough.
 */
final class TrtSession implements Session {
    private static final Logger LOG = LoggerFactory.getLogger(TrtSession.class);

    private final Model model;
    private final EngineProfile profile;
    private final TrtOptions options;
    private final GpuDevice device;
    private final Closer closer;
    /** Held by a run, so that closing waits for it. */
    private final ReentrantLock lock = new ReentrantLock();

    private final CUstream_st stream;
    private final @Nullable CUevent_st done;
    private final Engine engine;
    private final DeviceMemory contextMemory;
    private final DeviceMemory[] inputs;
    private final @Nullable PinnedMemory[] hostInputs;
    private final Output[] outputs;
    private final DeviceMemory deviceJob;
    private final PinnedMemory hostJob;
    private final List<Lane> lanes = new ArrayList<>();
    private final List<FilteredRows> filters = new ArrayList<>();
    private final @Nullable Tensors[] views;
    /** Whether the outputs of a batch are those of its elements one after the other, so that a larger lane can run fewer. */
    private boolean separable = true;

    private boolean graphs;
    private @Nullable ImageInput input;
    private volatile long lastRunNanos = System.nanoTime();
    private @Nullable KeepWarm keepWarm;
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
        this.options = options;
        this.device = device;
        this.engine = engine;
        this.graphs = options.cudaGraph();
        List<TensorInfo> in = profile.signature().inputs();
        this.inputs = new DeviceMemory[in.size()];
        this.hostInputs = new PinnedMemory[in.size()];
        this.outputs = new Output[profile.signature().outputs().size()];
        this.views = new Tensors[profile.maxBatch() + 1];
        this.closer = new Closer();
        try {
            this.stream = stream();
            this.done = options.waiting() == TrtOptions.Wait.BLOCK ? event() : null;
            this.contextMemory = closer.own(DeviceMemory.allocate(engine.contextMemory()));
            for (int i = 0; i < inputs.length; i++) {
                long elements = elements(profile.shape(in.get(i), profile.maxBatch()));
                inputs[i] = closer.own(
                        DeviceMemory.allocate(elements * in.get(i).type().bytes()));
            }
            this.deviceJob = closer.own(DeviceMemory.allocate(ImageJob.bytes(profile.maxBatch())));
            this.hostJob = closer.own(PinnedMemory.allocate(ImageJob.bytes(profile.maxBatch())));
            openLanes();
            if (options.keepWarmMillis() > 0) {
                keepWarm = new KeepWarm(options.keepWarmMillis());
                keepWarm.start();
            }
        } catch (RuntimeException | Error e) {
            closeLanes();
            closer.closeAfter(e);
            throw e;
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

    /** Makes the lanes, the largest first, as it tells how large outputs get, and runs each once: TensorRT sets itself up in a first run. */
    private void openLanes() {
        IExecutionContext largest = context(profile.maxBatch());
        try {
            for (int i = 0; i < outputs.length; i++) {
                TensorInfo output = profile.signature().outputs().get(i);
                long elements = elements(shape(largest, output.name()));
                outputs[i] = closer.own(new Output(output.name(), engine.type(output.name(), model), elements));
            }
            separable = isSeparable(largest);
        } finally {
            TrtObjects.delete(largest);
        }
        if (!separable) {
            LOG.debug("Outputs of {} are not one for each batch element; each batch has a lane of its own", model.name());
        } else {
            for (int batch = 1; batch < profile.maxBatch() && profile.freeBatch(); batch *= 2) {
                openLane(batch);
            }
        }
        openLane(profile.maxBatch());
    }

    private boolean isSeparable(IExecutionContext context) {
        if (!profile.freeBatch()) {
            return true;
        }
        int most = profile.maxBatch();
        int[][] large = new int[outputs.length][];
        for (int i = 0; i < large.length; i++) {
            large[i] = shape(context, outputs[i].name());
        }
        setShapes(context, 1);
        for (int i = 0; i < large.length; i++) {
            int[] small = shape(context, outputs[i].name());
            boolean first = small.length > 0 && small[0] == 1 && large[i][0] == most;
            if (!first || !Arrays.equals(small, 1, small.length, large[i], 1, large[i].length)) {
                return false;
            }
        }
        return true;
    }

    private IExecutionContext context(int batch) {
        IExecutionContext context = engine.context();
        try {
            context.setDeviceMemoryV2(contextMemory.pointer(), contextMemory.bytes());
            setShapes(context, batch);
            return context;
        } catch (RuntimeException e) {
            TrtObjects.delete(context);
            throw e;
        }
    }

    private void setShapes(IExecutionContext context, int batch) {
        for (TensorInfo in : profile.signature().inputs()) {
            try (Dims64 dims = NetworkBuilder.dims(profile.shape(in, batch))) {
                if (!context.setInputShape(in.name(), dims)) {
                    throw TrtErrors.running("take a batch of " + batch);
                }
            }
        }
    }

    private int[] shape(IExecutionContext context, String output) {
        try (Dims64 dims = context.getTensorShape(output)) {
            int[] shape = new int[Math.max(0, dims.nbDims())];
            for (int i = 0; i < shape.length; i++) {
                shape[i] = Math.toIntExact(dims.d(i));
                if (shape[i] < 0) {
                    throw new ModelException(
                            344,
                            "Output '" + output + "' of " + model.name()
                                    + " has a size that depends on the picture, expected one that the input's size decides",
                            "Export the model without its own suppression or selection of boxes.");
                }
            }
            return shape;
        }
    }

    private Lane openLane(int batch) {
        IExecutionContext context = context(batch);
        int[] elements = new int[outputs.length];
        try {
            for (int i = 0; i < outputs.length; i++) {
                elements[i] = Math.toIntExact(elements(shape(context, outputs[i].name())));
            }
        } catch (RuntimeException e) {
            TrtObjects.delete(context);
            throw e;
        }
        Lane lane = new Lane(batch, context, elements);
        lanes.add(lane);
        for (int i = 0; i < inputs.length; i++) {
            setAddress(lane, profile.signature().inputs().get(i).name(), inputs[i]);
        }
        for (Output output : outputs) {
            setAddress(lane, output.name(), output.device());
        }
        lane.enqueue(stream);
        await();
        return lane;
    }

    private static void setAddress(Lane lane, String tensor, DeviceMemory memory) {
        if (!lane.context().setTensorAddress(tensor, memory.pointer())) {
            throw TrtErrors.running("take the memory of tensor " + tensor);
        }
    }

    /** The smallest lane for that many; one of its own where outputs cannot be told apart. */
    private Lane lane(int n) {
        Lane found = null;
        for (int i = 0; i < lanes.size(); i++) {
            Lane lane = lanes.get(i);
            boolean fits = separable ? lane.batch() >= n : lane.batch() == n;
            if (fits && (found == null || lane.batch() < found.batch())) {
                found = lane;
            }
        }
        return found == null ? openLane(n) : found;
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
            if (n < 1 || n > profile.maxBatch()) {
                throw new IllegalArgumentException("Run has " + n + " regions, expected 1 to " + profile.maxBatch()
                        + " for " + model.name());
            }
            device.makeCurrent();
            if (!image.equals(input)) {
                requireFit(image);
                prepare(image);
            }
            Lane lane = lane(profile.freeBatch() ? n : profile.maxBatch());
            KernelCall call = lane.image();
            if (call == null) {
                call = imageCall(image, lane);
                lane.image(call);
            }
            boolean filter = n == 1 && !filters.isEmpty();
            DeviceFrames.Held held = device.frames().acquire(frame, stream);
            try {
                ImageJob.write(hostJob.bytes(), image, frame, held.address(), regions);
                launch(lane, filter);
                await();
                if (filter) {
                    collect(lane);
                } else {
                    markWhole();
                }
            } catch (RuntimeException e) {
                // The frame may be overwritten once it is released, so what was begun has to end first.
                cudaStreamSynchronize(stream);
                throw e;
            } finally {
                device.frames().release(held);
                lastRunNanos = System.nanoTime();
            }
            return view(n, lane);
        } finally {
            lock.unlock();
        }
    }

    /** Captures the graphs for a way of feeding the model, so that no later frame has to. */
    private void prepare(ImageInput image) {
        input = null;
        // Graphs are tried before they are captured, and the frame of the last run may be gone.
        ImageJob.clear(hostJob.bytes());
        for (Lane lane : lanes) {
            lane.image(imageCall(image, lane));
            capture(lane, false);
        }
        input = image;
    }

    private KernelCall imageCall(ImageInput image, Lane lane) {
        return device.kernels().image(image, lane.batch(), deviceJob.address(), inputs[0].address());
    }

    private void capture(Lane lane, boolean filter) {
        if (!graphs) {
            return;
        }
        // Whatever allocates at its first use does so here and not under the capture.
        work(lane, filter);
        await();
        try {
            lane.graph(filter, Lane.capture(stream, () -> work(lane, filter)));
        } catch (RuntimeException e) {
            graphs = false;
            LOG.warn("{} cannot be captured as a CUDA graph and is launched piece by piece: {}", model.name(), e.getMessage());
        }
    }

    private void launch(Lane lane, boolean filter) {
        CUgraphExec_st graph = lane.graph(filter);
        if (graph == null && graphs) {
            capture(lane, filter);
            graph = lane.graph(filter);
        }
        if (graph != null) {
            Lane.launch(graph, stream);
        } else {
            work(lane, filter);
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
        for (int i = 0; filter && i < filters.size(); i++) {
            filters.get(i).enqueue(stream);
        }
        for (int i = 0; i < outputs.length; i++) {
            if (!filter || !isFiltered(outputs[i])) {
                copy(i, lane);
            }
        }
    }

    private void copy(int output, Lane lane) {
        outputs[output].copy(lane.elements(output), device.kernels(), stream);
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

    private boolean isFiltered(Output output) {
        for (int i = 0; i < filters.size(); i++) {
            if (filters.get(i).concerns(output)) {
                return true;
            }
        }
        return false;
    }

    /** Puts filtered rows in their places; reads an output whole that has more of them than were brought back. */
    private void collect(Lane lane) {
        for (int i = 0; i < filters.size(); i++) {
            FilteredRows rows = filters.get(i);
            if (rows.collect()) {
                continue;
            }
            for (int k = 0; k < outputs.length; k++) {
                if (rows.concerns(outputs[k])) {
                    copy(k, lane);
                    outputs[k].whole(true);
                }
            }
            await();
        }
    }

    private void markWhole() {
        for (Output output : outputs) {
            output.whole(true);
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

    private Tensors view(int n, Lane lane) {
        int key = profile.freeBatch() ? n : profile.maxBatch();
        Tensors view = views[key];
        if (view == null) {
            List<Tensor> list = new ArrayList<>();
            for (Output output : outputs) {
                int[] shape = shape(lane.context(), output.name());
                if (separable && profile.freeBatch()) {
                    shape[0] = n;
                }
                list.add(output.view(Arrays.stream(shape).boxed().toList()));
            }
            view = new Tensors(list);
            views[key] = view;
        }
        return view;
    }

    private void requireFit(ImageInput image) {
        List<TensorInfo> in = profile.signature().inputs();
        if (in.size() != 1 || in.get(0).rank() != 4) {
            throw new ModelException(
                    345,
                    "Model " + model.name() + " has inputs " + in + ", expected a single batch of images, e.g. [1,3,416,416]",
                    "Export the model with a single image input.");
        }
        TensorInfo tensor = in.get(0);
        boolean nchw = image.layout() == Layout.NCHW;
        boolean fits = image.type() == tensor.type()
                && tensor.dim(nchw ? 1 : 3) == 3
                && tensor.dim(nchw ? 2 : 1) == image.height()
                && tensor.dim(nchw ? 3 : 2) == image.width();
        if (!fits) {
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
            Set<String> named = new HashSet<>();
            for (RowFilter f : wanted) {
                boolean again = !named.add(f.output().name());
                again |= f.companion().isPresent() && !named.add(f.companion().get().name());
                if (again) {
                    throw new IllegalArgumentException("Row filters " + wanted + " name an output twice");
                }
            }
            dropFilters();
            Tensors one = view(1, lane(profile.freeBatch() ? 1 : profile.maxBatch()));
            for (RowFilter f : wanted) {
                Output scores = output(f.output(), one);
                Output companion = f.companion().map(c -> output(c, one)).orElse(null);
                if (scores != null && (companion != null || f.companion().isEmpty())) {
                    filters.add(new FilteredRows(f, scores, companion, device.kernels()));
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** The output that a run of one region gives exactly so. */
    private @Nullable Output output(TensorInfo info, Tensors one) {
        for (int i = 0; i < outputs.length; i++) {
            if (one.get(i).info().equals(info)) {
                return outputs[i];
            }
        }
        return null;
    }

    private void dropFilters() {
        Closer dropped = new Closer();
        filters.forEach(dropped::own);
        filters.clear();
        lanes.forEach(lane -> dropped.add(lane::dropFiltered));
        dropped.close();
        markWhole();
    }

    @Override
    public Tensors run(Tensors given) {
        lock.lock();
        try {
            requireOpen();
            int n = batch(given);
            device.makeCurrent();
            for (int i = 0; i < inputs.length; i++) {
                upload(i, given.get(profile.signature().inputs().get(i).name()));
            }
            Lane lane = lane(n);
            lane.enqueue(stream);
            for (int i = 0; i < outputs.length; i++) {
                copy(i, lane);
            }
            await();
            markWhole();
            lastRunNanos = System.nanoTime();
            return view(n, lane);
        } finally {
            lock.unlock();
        }
    }

    /** The batch that ready-made tensors have. */
    private int batch(Tensors given) {
        List<TensorInfo> wanted = profile.signature().inputs();
        if (given.size() != wanted.size()) {
            throw new IllegalArgumentException(
                    "Run of " + model.name() + " has inputs " + given.list() + ", expected " + wanted);
        }
        int n = profile.freeBatch() ? 0 : profile.maxBatch();
        for (TensorInfo info : wanted) {
            Tensor tensor = given.get(info.name());
            boolean fits = tensor.info().type() == info.type() && tensor.info().rank() == info.rank();
            for (int d = 0; fits && d < info.rank(); d++) {
                if (info.dim(d) < 0) {
                    n = n == 0 ? tensor.dim(d) : n;
                    fits = tensor.dim(d) == n && n >= 1 && n <= profile.maxBatch();
                } else {
                    fits = tensor.dim(d) == info.dim(d);
                }
            }
            if (!fits) {
                throw new IllegalArgumentException("Input " + tensor + " does not fit " + info + " of " + model.name()
                        + " with a batch of at most " + profile.maxBatch());
            }
        }
        return Math.max(1, n);
    }

    private void upload(int index, Tensor tensor) {
        PinnedMemory staging = hostInputs[index];
        if (staging == null) {
            staging = closer.own(PinnedMemory.allocate(inputs[index].bytes()));
            hostInputs[index] = staging;
        }
        int size = tensor.bytes().limit();
        staging.bytes().put(0, tensor.bytes(), 0, size);
        Cuda.check(
                cudaMemcpyAsync(
                        inputs[index].pointer(), staging.pointer(), size, cudaMemcpyHostToDevice, stream),
                "copy input " + tensor.name() + " to the GPU");
    }

    private static long elements(int[] shape) {
        long elements = 1;
        for (int side : shape) {
            elements = Math.multiplyExact(elements, side);
        }
        return elements;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("Session of " + model.name() + " is closed");
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            device.makeCurrent();
            if (keepWarm != null) {
                keepWarm.interrupt();
            }
            Closer all = new Closer();
            all.add(device::release);
            all.own(engine);
            all.own(closer);
            all.add(this::closeLanes);
            all.add(() -> Cuda.check(cudaStreamSynchronize(stream), "end the work of " + model.name()));
            all.close();
        } finally {
            lock.unlock();
        }
    }

    private void closeLanes() {
        Closer all = new Closer();
        filters.forEach(all::own);
        lanes.forEach(all::own);
        filters.clear();
        lanes.clear();
        all.close();
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
    Lane laneFor(int n) {
        if (n < 1 || n > profile.maxBatch()) {
            throw new IllegalArgumentException("Batch is " + n + ", expected 1 to " + profile.maxBatch());
        }
        return lane(profile.freeBatch() ? n : profile.maxBatch());
    }

    /** For measurements: a frame held on the GPU. */
    final class Hold implements AutoCloseable {
        private final Frame frame;
        private final DeviceFrames.Held held;

        private Hold(Frame frame, DeviceFrames.Held held) {
            this.frame = frame;
            this.held = held;
        }

        @Override
        public void close() {
            device.frames().release(held);
        }
    }

    /** For measurements: has a frame on the GPU once the stream comes to it. */
    Hold hold(Frame frame, CUstream_st on) {
        return new Hold(frame, device.frames().acquire(frame, on));
    }

    /** For measurements: has a frame on the GPU. */
    Hold hold(Frame frame) {
        Hold[] hold = new Hold[1];
        exclusively(on -> hold[0] = hold(frame, on));
        return hold[0];
    }

    /** For measurements: the image kernel with its parameters on the GPU. */
    KernelCall imageCall(ImageInput image, Hold hold, List<Box> regions) {
        Lane lane = laneFor(regions.size());
        exclusively(on -> {
            ImageJob.write(hostJob.bytes(), image, hold.frame, hold.held.address(), regions);
            copyJob(lane);
        });
        return imageCall(image, lane);
    }

    GpuDevice device() {
        return device;
    }

    Engine engine() {
        return engine;
    }

    /** Runs the model now and then while nobody else does: a GPU at rest lowers its clocks and takes milliseconds to raise them again. */
    private final class KeepWarm extends Thread {
        private final long idleNanos;

        private KeepWarm(int idleMillis) {
            super("derm-keep-warm-" + model.name());
            idleNanos = idleMillis * 1_000_000L;
            setDaemon(true);
        }

        // Whatever goes wrong here will go wrong in the next run too, and is reported there.
        @Override
        @SuppressWarnings("CatchAndPrintStackTrace")
        public void run() {
            try {
                while (!isInterrupted()) {
                    long idle = System.nanoTime() - lastRunNanos;
                    TimeUnit.NANOSECONDS.sleep(idle >= idleNanos ? idleNanos : idleNanos - idle);
                    if (System.nanoTime() - lastRunNanos >= idleNanos && lock.tryLock()) {
                        try {
                            if (closed) {
                                return;
                            }
                            device.makeCurrent();
                            // The GPU's memory alone changes: what the last run gave stays.
                            lane(1).enqueue(stream);
                            await();
                        } finally {
                            lock.unlock();
                        }
                    }
                }
            } catch (InterruptedException e) {
                interrupt();
            } catch (RuntimeException e) {
                LOG.debug("{} is no longer kept warm", model.name(), e);
            }
        }
    }

    @Override
    public String toString() {
        return "TrtSession[" + model + " on " + device.gpu().name() + "]";
    }
}

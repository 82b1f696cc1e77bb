package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;

import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lanes of a session, with the memory that they share: inputs, outputs, and what TensorRT needs to work in. A model of free batch has a lane for
 * each power of two up to the limit, and runs in the smallest that is large enough; no two run at once. Confined to its session.
 */
final class Lanes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);

    private final Model model;
    private final EngineProfile profile;
    private final Engine engine;
    private final CUstream_st stream;
    private final Closer closer = new Closer();
    private final DeviceMemory contextMemory;
    private final List<DeviceMemory> inputs = new ArrayList<>();
    private final List<Output> outputs = new ArrayList<>();
    private final List<Lane> lanes = new ArrayList<>();
    private final @Nullable Tensors[] views;
    /** Whether the outputs of a batch are those of its elements one after the other, so that a larger lane can run fewer. */
    private boolean separable = true;

    /** Makes the lanes and runs each once: TensorRT sets itself up in a first run. */
    Lanes(Model model, EngineProfile profile, Engine engine, CUstream_st stream) {
        this.model = model;
        this.profile = profile;
        this.engine = engine;
        this.stream = stream;
        this.views = new Tensors[profile.maxBatch() + 1];
        try {
            contextMemory = closer.own(DeviceMemory.allocate(engine.contextMemory()));
            for (TensorInfo in : profile.signature().inputs()) {
                long elements = elements(profile.shape(in, profile.maxBatch()));
                inputs.add(closer.own(DeviceMemory.allocate(elements * in.type().bytes())));
            }
            allocateOutputs();
            if (separable) {
                for (int batch = 1; batch < profile.maxBatch() && profile.freeBatch(); batch *= 2) {
                    open(batch);
                }
            } else {
                LOG.debug("Outputs of {} are not one for each batch element; each batch size has a lane", model.name());
            }
            open(profile.maxBatch());
        } catch (RuntimeException | Error e) {
            closer.closeAfter(e);
            throw e;
        }
    }

    /** Allocates outputs for the largest batch, and finds out how they go with it. */
    private void allocateOutputs() {
        IExecutionContext context = context(profile.maxBatch());
        try {
            List<int[]> large = new ArrayList<>();
            for (TensorInfo output : profile.signature().outputs()) {
                int[] shape = shape(context, output.name());
                large.add(shape);
                outputs.add(closer.own(new Output(output.name(), engine.type(output.name(), model), elements(shape))));
            }
            if (profile.freeBatch()) {
                setShapes(context, 1);
                for (int i = 0; i < large.size(); i++) {
                    separable &= isBatchOf(shape(context, outputs.get(i).name()), large.get(i), profile.maxBatch());
                }
            }
        } finally {
            TrtObjects.delete(context);
        }
    }

    private static boolean isBatchOf(int[] one, int[] many, int n) {
        return one.length > 0
                && one.length == many.length
                && one[0] == 1
                && many[0] == n
                && Arrays.equals(one, 1, one.length, many, 1, many.length);
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

    private Lane open(int batch) {
        IExecutionContext context = context(batch);
        try {
            List<List<Integer>> shapes = new ArrayList<>();
            for (int i = 0; i < inputs.size(); i++) {
                setAddress(context, profile.signature().inputs().get(i).name(), inputs.get(i));
            }
            for (Output output : outputs) {
                setAddress(context, output.name(), output.device());
                shapes.add(Arrays.stream(shape(context, output.name())).boxed().toList());
            }
            Lane lane = closer.own(new Lane(batch, context, shapes));
            lanes.add(lane);
            lane.enqueue(stream);
            Cuda.check(cudaStreamSynchronize(stream), "run " + model.name());
            return lane;
        } catch (RuntimeException e) {
            if (lanes.stream().noneMatch(lane -> lane.context() == context)) {
                TrtObjects.delete(context);
            }
            throw e;
        }
    }

    private static void setAddress(IExecutionContext context, String tensor, DeviceMemory memory) {
        if (!context.setTensorAddress(tensor, memory.pointer())) {
            throw TrtErrors.running("take the memory of tensor " + tensor);
        }
    }

    /** The lane that runs so many: the smallest that can, or one of its own where outputs cannot be told apart. */
    Lane lane(int n) {
        int wanted = profile.freeBatch() ? n : profile.maxBatch();
        Lane found = null;
        for (int i = 0; i < lanes.size(); i++) {
            Lane lane = lanes.get(i);
            boolean fits = separable ? lane.batch() >= wanted : lane.batch() == wanted;
            if (fits && (found == null || lane.batch() < found.batch())) {
                found = lane;
            }
        }
        return found == null ? open(wanted) : found;
    }

    List<Lane> all() {
        return lanes;
    }

    DeviceMemory input(int index) {
        return inputs.get(index);
    }

    List<Output> outputs() {
        return outputs;
    }

    /** The outputs of a run of so many; the same object each time. */
    Tensors view(int n) {
        int key = profile.freeBatch() ? n : profile.maxBatch();
        Tensors view = views[key];
        if (view == null) {
            Lane lane = lane(n);
            List<Tensor> list = new ArrayList<>();
            for (int i = 0; i < outputs.size(); i++) {
                List<Integer> shape = new ArrayList<>(lane.shape(i));
                if (separable && profile.freeBatch()) {
                    shape.set(0, n);
                }
                list.add(outputs.get(i).view(shape));
            }
            view = new Tensors(list);
            views[key] = view;
        }
        return view;
    }

    private static long elements(int[] shape) {
        return Arrays.stream(shape).asLongStream().reduce(1, Math::multiplyExact);
    }

    @Override
    public void close() {
        closer.close();
    }
}

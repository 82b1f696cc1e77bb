package io.derm.trt;

import io.derm.api.ElementType;
import io.derm.api.Model;
import io.derm.api.ModelException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvinfer.DataType;
import org.bytedeco.tensorrt.global.nvinfer.ExecutionContextAllocationStrategy;
import org.bytedeco.tensorrt.global.nvinfer.LayerInformationFormat;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IEngineInspector;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.bytedeco.tensorrt.nvinfer.IRuntime;

/** A plan made ready to run on the current GPU. Owns TensorRT's runtime and engine; contexts are closed before it. Confined. */
final class Engine implements AutoCloseable {
    private final IRuntime runtime;
    private final ICudaEngine engine;

    private Engine(IRuntime runtime, ICudaEngine engine) {
        this.runtime = runtime;
        this.engine = engine;
    }

    /**
     * Loads a plan whose origin has been checked: a plan is native code.
     *
     * @param plan a direct buffer; not needed afterwards
     * @return empty if TensorRT does not take it, as one of another version or another kind of GPU; its reason is in {@link TrtLogger}
     * @throws io.derm.api.InferenceException if the GPU has no memory left for it
     */
    static Optional<Engine> load(ByteBuffer plan) {
        TrtLogger.instance().forget();
        IRuntime runtime = nvinfer.createInferRuntime(TrtLogger.instance());
        if (runtime == null || runtime.isNull()) {
            return Optional.empty();
        }
        Pointer bytes = new Pointer(plan);
        ICudaEngine engine = runtime.deserializeCudaEngine(bytes, plan.remaining());
        if (engine == null || engine.isNull()) {
            TrtObjects.delete(runtime);
            // The plan is as good as it was, so nothing is gained by building another.
            if (TrtErrors.outOfMemory()) {
                throw TrtErrors.memory("load an engine");
            }
            return Optional.empty();
        }
        return Optional.of(new Engine(runtime, engine));
    }

    /** A context whose memory the caller gives it, so that contexts that never run at once can share it. */
    IExecutionContext context() {
        TrtLogger.instance().forget();
        IExecutionContext context = engine.createExecutionContext(ExecutionContextAllocationStrategy.kUSER_MANAGED);
        if (context == null || context.isNull()) {
            throw TrtErrors.running("make an execution context");
        }
        return context;
    }

    /** Bytes of device memory that a context needs for any shape of the profile. */
    long contextMemory() {
        return engine.getDeviceMemorySizeV2();
    }

    /** Type of an input's or output's elements. */
    ElementType type(String tensor, Model model) {
        // What native code returns is an enumerator of its own, which stands for the constant of its value.
        DataType type = engine.getTensorDataType(tensor).intern();
        return switch (type) {
            case kFLOAT -> ElementType.FLOAT32;
            case kHALF -> ElementType.FLOAT16;
            case kINT8 -> ElementType.INT8;
            case kUINT8 -> ElementType.UINT8;
            case kINT32 -> ElementType.INT32;
            case kINT64 -> ElementType.INT64;
            case kBOOL -> ElementType.BOOL;
            default ->
                throw new ModelException(
                        340,
                        "Tensor '" + tensor + "' of " + model.name() + " has elements of type " + type
                                + " in its engine, expected float32, float16, uint8, int8, int32, int64 or bool",
                        "Add a Cast to one of these to the graph.");
        };
    }

    /** Layers after fusion. */
    int layers() {
        return engine.getNbLayers();
    }

    /** What TensorRT tells of its layers, as JSON. */
    String layerInformation() {
        IEngineInspector inspector = engine.createEngineInspector();
        try {
            return inspector.getEngineInformation(LayerInformationFormat.kJSON);
        } finally {
            TrtObjects.delete(inspector);
        }
    }

    @Override
    public void close() {
        TrtObjects.delete(engine);
        TrtObjects.delete(runtime);
    }
}

package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaGraphDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphExecDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphInstantiate;
import static org.bytedeco.cuda.global.cudart.cudaGraphLaunch;
import static org.bytedeco.cuda.global.cudart.cudaGraphUpload;
import static org.bytedeco.cuda.global.cudart.cudaStreamBeginCapture;
import static org.bytedeco.cuda.global.cudart.cudaStreamCaptureModeThreadLocal;
import static org.bytedeco.cuda.global.cudart.cudaStreamEndCapture;

import java.util.List;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.jspecify.annotations.Nullable;

/**
 * One batch size of a session: an execution context of its own, as a captured graph holds on to its context's state, and the work of a run as
 * CUDA graphs. Confined to its session.
 */
final class Lane implements AutoCloseable {
    private final int batch;
    private final IExecutionContext context;
    private final List<List<Integer>> shapes;
    private final int[] elements;
    private @Nullable KernelCall image;
    private @Nullable CUgraphExec_st whole;
    private @Nullable CUgraphExec_st filtered;

    /**
     * Takes a context whose shapes and addresses are set.
     *
     * @param batch elements that it runs
     * @param shapes of its outputs
     */
    Lane(int batch, IExecutionContext context, List<List<Integer>> shapes) {
        this.batch = batch;
        this.context = context;
        this.shapes = List.copyOf(shapes);
        this.elements = shapes.stream()
                .mapToInt(shape -> shape.stream().reduce(1, Math::multiplyExact))
                .toArray();
    }

    /** Shape of an output, the whole batch together. */
    List<Integer> shape(int output) {
        return shapes.get(output);
    }

    /** Elements of an output, the whole batch together. */
    int elements(int output) {
        return elements[output];
    }

    int batch() {
        return batch;
    }

    IExecutionContext context() {
        return context;
    }

    /** Puts the model on the stream. */
    void enqueue(CUstream_st stream) {
        TrtLogger.instance().forget();
        if (!context.enqueueV3(stream)) {
            throw TrtErrors.running("run the model");
        }
    }

    @Nullable
    KernelCall image() {
        return image;
    }

    /** Another image kernel; graphs with the one before are gone. */
    void image(KernelCall call) {
        dropGraphs();
        if (image != null) {
            image.close();
        }
        image = call;
    }

    @Nullable
    CUgraphExec_st graph(boolean filter) {
        return filter ? filtered : whole;
    }

    void graph(boolean filter, CUgraphExec_st graph) {
        if (filter) {
            filtered = graph;
        } else {
            whole = graph;
        }
    }

    /** Gives up the graph of filtered runs. */
    void dropFiltered() {
        if (filtered != null) {
            CUgraphExec_st graph = filtered;
            filtered = null;
            Cuda.check(cudaGraphExecDestroy(graph), "destroy a graph");
        }
    }

    private void dropGraphs() {
        dropFiltered();
        if (whole != null) {
            CUgraphExec_st graph = whole;
            whole = null;
            Cuda.check(cudaGraphExecDestroy(graph), "destroy a graph");
        }
    }

    /**
     * Records work as a graph instead of doing it.
     *
     * @param work puts the work on the stream; allocates nothing and waits for nothing
     */
    static CUgraphExec_st capture(CUstream_st stream, Runnable work) {
        // Other threads may allocate meanwhile: it is theirs to say what they do.
        Cuda.check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "begin a graph");
        CUgraph_st graph = new CUgraph_st();
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            // Ends the capture; what it gives is of no use.
            cudaStreamEndCapture(stream, graph);
            if (!graph.isNull()) {
                cudaGraphDestroy(graph);
            }
            // TensorRT asks for the last error after its launches and would take this one for its own.
            cudaGetLastError();
            throw e;
        }
        Cuda.check(cudaStreamEndCapture(stream, graph), "end a graph");
        CUgraphExec_st executable = new CUgraphExec_st();
        try {
            Cuda.check(cudaGraphInstantiate(executable, graph, 0), "prepare a graph");
        } finally {
            Cuda.check(cudaGraphDestroy(graph), "destroy a graph");
        }
        try {
            Cuda.check(cudaGraphUpload(executable, stream), "bring a graph to the GPU");
        } catch (RuntimeException e) {
            cudaGraphExecDestroy(executable);
            throw e;
        }
        return executable;
    }

    static void launch(CUgraphExec_st graph, CUstream_st stream) {
        Cuda.check(cudaGraphLaunch(graph, stream), "launch a graph");
    }

    @Override
    public void close() {
        Closer closer = new Closer();
        closer.add(() -> TrtObjects.delete(context));
        if (image != null) {
            closer.own(image);
        }
        closer.add(this::dropGraphs);
        closer.close();
    }
}

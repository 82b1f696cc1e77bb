package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cuModuleGetFunction;
import static org.bytedeco.cuda.global.cudart.cuModuleLoadData;
import static org.bytedeco.cuda.global.cudart.cuModuleUnload;
import static org.bytedeco.cuda.global.cudart.cudaFree;
import static org.bytedeco.cuda.global.cudart.cudaGetLastError;
import static org.bytedeco.cuda.global.cudart.cudaSuccess;

import io.derm.api.ImageInput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernels of {@code kernels.cu} on one GPU. They are compiled for it the first time and kept in the cache folder, so that NVRTC is not
 * needed again. Thread-safe.
 */
final class Kernels implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Kernels.class);

    private final CUmod_st module;
    private final CUfunc_st image;
    private final CUfunc_st rows;
    private final CUfunc_st widen;
    private boolean closed;

    private Kernels(CUmod_st module) {
        this.module = module;
        this.image = function(module, KernelSource.IMAGE);
        this.rows = function(module, KernelSource.ROWS);
        this.widen = function(module, KernelSource.WIDEN);
    }

    /**
     * Loads the kernels on the current GPU.
     *
     * @param cache folder that keeps them compiled
     * @throws io.derm.api.RuntimeUnavailableException if they are not kept there and cannot be compiled
     */
    static Kernels load(Gpu gpu, Path cache) {
        // The driver's calls need a context, which the runtime makes at its first use.
        Cuda.check(cudaFree(new Pointer()), "make a context");
        KernelSource source = KernelSource.load();
        SealedStore store = new EngineCache(cache).store();
        String name = "kernels-" + source.sha256().substring(0, 16) + "-" + gpu.architecture() + ".cubin";
        String header = "source=" + source.sha256() + "\narchitecture=" + gpu.architecture() + "\n";
        if (store.read(name, header) instanceof SealedStore.Sealed sealed) {
            Optional<CUmod_st> module = module(sealed.payload());
            if (module.isPresent()) {
                return new Kernels(module.get());
            }
        }
        long start = System.nanoTime();
        byte[] cubin = KernelCompiler.cubin(source, gpu.major(), gpu.minor());
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        ByteBuffer bytes = ByteBuffer.allocateDirect(cubin.length)
                .order(ByteOrder.nativeOrder())
                .put(0, cubin);
        try {
            store.write(name, header, took, bytes);
        } catch (IOException e) {
            LOG.debug("Compiled kernels cannot be kept in {}", cache, e);
        }
        CUmod_st module = new CUmod_st();
        Cuda.check(cuModuleLoadData(module, new Pointer(bytes)), "load its kernels");
        return new Kernels(module);
    }

    private static Optional<CUmod_st> module(ByteBuffer cubin) {
        CUmod_st module = new CUmod_st();
        if (cuModuleLoadData(module, new Pointer(cubin)) == cudaSuccess) {
            return Optional.of(module);
        }
        cudaGetLastError();
        return Optional.empty();
    }

    private static CUfunc_st function(CUmod_st module, String name) {
        CUfunc_st function = new CUfunc_st();
        Cuda.check(cuModuleGetFunction(function, module, name), "find kernel " + name);
        return function;
    }

    /**
     * Brings regions of a frame into a tensor.
     *
     * @param job device address of the {@link ImageJob}
     * @param tensor device address of the batch
     */
    KernelCall image(ImageInput input, int batch, long job, long tensor) {
        BytePointer by = new BytePointer(ImageJob.INPUT_BYTES);
        ImageJob.writeInput(by.asByteBuffer().order(ByteOrder.nativeOrder()), input);
        return new KernelCall(KernelSource.IMAGE, image, ImageJob.launch(input, batch), cell(job), cell(tensor), by);
    }

    /** Brings rows over a threshold together. */
    KernelCall rows(RowJob job) {
        BytePointer by = new BytePointer(RowJob.BYTES);
        job.write(by.asByteBuffer().order(ByteOrder.nativeOrder()));
        return new KernelCall(KernelSource.ROWS, rows, job.launch(), by);
    }

    /** Turns float16 numbers into float32. */
    KernelCall widen(long halves, long floats, int count) {
        return new KernelCall(
                KernelSource.WIDEN, widen, Launch.row(count), cell(halves), cell(floats), new IntPointer(1).put(count));
    }

    private static LongPointer cell(long value) {
        return new LongPointer(1).put(value);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Cuda.check(cuModuleUnload(module), "unload its kernels");
        }
    }
}

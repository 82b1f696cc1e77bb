package io.derm.trt;

import static org.bytedeco.cuda.global.cudart.cudaMemcpyAsync;
import static org.bytedeco.cuda.global.cudart.cudaMemcpyHostToDevice;

import io.derm.api.Model;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.util.List;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.jspecify.annotations.Nullable;

/** Ready-made input tensors: held to the profile, and brought to the GPU through pinned memory of their own. Confined to its session. */
final class ReadyInputs implements AutoCloseable {
    private final Model model;
    private final EngineProfile profile;
    private final @Nullable PinnedMemory[] staging;

    ReadyInputs(Model model, EngineProfile profile) {
        this.model = model;
        this.profile = profile;
        this.staging = new PinnedMemory[profile.signature().inputs().size()];
    }

    /**
     * The batch that the tensors have.
     *
     * @throws IllegalArgumentException if one is missing, is too many, or does not fit the model
     */
    int batch(Tensors given) {
        List<TensorInfo> wanted = profile.signature().inputs();
        if (given.size() != wanted.size()) {
            throw new IllegalArgumentException(
                    "Run of " + model.name() + " has inputs " + given.list() + ", expected " + wanted);
        }
        int n = 0;
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

    /** Puts the copies on the stream; the tensors are not needed afterwards. The stream's earlier work must have ended. */
    void upload(Tensors given, Lanes lanes, CUstream_st stream) {
        for (int i = 0; i < staging.length; i++) {
            Tensor tensor = given.get(profile.signature().inputs().get(i).name());
            DeviceMemory to = lanes.input(i);
            PinnedMemory from = staging[i];
            if (from == null) {
                from = PinnedMemory.allocate(to.bytes());
                staging[i] = from;
            }
            int size = tensor.bytes().limit();
            from.bytes().put(0, tensor.bytes(), 0, size);
            Cuda.check(
                    cudaMemcpyAsync(to.pointer(), from.pointer(), size, cudaMemcpyHostToDevice, stream),
                    "copy input " + tensor.name() + " to the GPU");
        }
    }

    @Override
    public void close() {
        Closer closer = new Closer();
        for (int i = 0; i < staging.length; i++) {
            PinnedMemory memory = staging[i];
            if (memory != null) {
                closer.own(memory);
                staging[i] = null;
            }
        }
        closer.close();
    }
}

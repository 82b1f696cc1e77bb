package io.derm.ort;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.Layout;
import io.derm.api.InferenceException;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A model open in ONNX Runtime, with its kept tensors and the kernel that fills its image input. */
final class OrtModelSession implements Session {
    private final Model model;
    private final Signature signature;
    private final int maxBatch;
    private final boolean freeBatch;
    private final OrtSession session;
    private final OrtSession.SessionOptions ortOptions;
    private final KeptTensors kept;
    /** Held by a run, so that closing waits for it: ONNX Runtime crashes when a session goes away under a run. */
    private final ReentrantLock lock = new ReentrantLock();

    private @Nullable ImageKernel kernel;
    private @Nullable ByteBuffer kernelMemory;
    private boolean closed;

    OrtModelSession(
            Model model,
            Signature signature,
            SessionOptions options,
            OrtEnvironment env,
            OrtSession session,
            OrtSession.SessionOptions ortOptions) {
        this.model = model;
        this.signature = signature;
        this.session = session;
        this.ortOptions = ortOptions;
        TensorInfo first =
                signature.inputs().isEmpty() ? null : signature.inputs().get(0);
        int batch = first == null || first.rank() == 0 ? 1 : first.dim(0);
        this.freeBatch = batch < 0;
        this.maxBatch = freeBatch ? options.maxBatch() : Math.max(1, batch);
        this.kept = new KeptTensors(model, signature, env, session);
    }

    @Override
    public Signature signature() {
        return signature;
    }

    @Override
    public int maxBatch() {
        return maxBatch;
    }

    @Override
    public Tensors run(ImageInput input, Frame frame, List<Box> regions) {
        lock.lock();
        try {
            requireOpen();
            int n = regions.size();
            if (n < 1 || n > maxBatch) {
                throw new IllegalArgumentException(
                        "Run has " + n + " regions, expected 1 to " + maxBatch + " for " + model.name());
            }
            ImageKernel k = kernel;
            if (k == null || !k.input().equals(input)) {
                requireFit(input);
            }
            int batch = freeBatch ? n : maxBatch;
            KeptTensors.Binding binding = input.layout() == Layout.NCHW
                    ? kept.image(batch, 3, input.height(), input.width())
                    : kept.image(batch, input.height(), input.width(), 3);
            ByteBuffer memory = kept.inputMemory(0);
            if (k == null || kernelMemory != memory || !k.input().equals(input)) {
                k = new ImageKernel(input, memory);
                kernel = k;
                kernelMemory = memory;
            }
            for (int i = 0; i < n; i++) {
                k.write(frame, regions.get(i), i);
            }
            return kept.run(binding);
        } finally {
            lock.unlock();
        }
    }

    private void requireFit(ImageInput input) {
        if (signature.inputs().size() != 1) {
            throw new ModelException(
                    26,
                    "Model " + model.name() + " has inputs " + signature.inputs() + ", expected a single image",
                    "Export the model with a single image input.");
        }
        TensorInfo tensor = signature.inputs().get(0);
        if (tensor.rank() != 4) {
            throw new ModelException(
                    27,
                    "Input " + tensor + " of " + model.name() + " has rank " + tensor.rank()
                            + ", expected 4, e.g. [1,3,416,416]",
                    "Export the model for a batch of images.");
        }
        if (!input.fits(tensor)) {
            throw new IllegalArgumentException("Image input is " + input.type() + " " + input.layout() + " "
                    + input.width() + "x" + input.height() + ", which does not fit input " + tensor + " of "
                    + model.name());
        }
    }

    @Override
    public Tensors run(Tensors inputs) {
        lock.lock();
        try {
            requireOpen();
            KeptTensors.Binding binding = kept.tensors(inputs);
            // The kernel counts on its padding, which is now overwritten.
            kernel = null;
            for (int i = 0; i < signature.inputs().size(); i++) {
                Tensor tensor = inputs.get(signature.inputs().get(i).name());
                kept.inputMemory(i).put(0, tensor.bytes(), 0, tensor.bytes().limit());
            }
            return kept.run(binding);
        } finally {
            lock.unlock();
        }
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
            try (ortOptions) {
                try (session) {
                    kept.close();
                }
            } catch (OrtException e) {
                throw new InferenceException(
                        112,
                        "ONNX Runtime failed to close " + model.name() + ": " + e.getMessage(),
                        "Restart the process before opening the model again.",
                        e);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "OrtModelSession[" + model + "]";
    }
}

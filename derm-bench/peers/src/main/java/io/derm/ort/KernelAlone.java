package io.derm.ort;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/**
 * derm's image kernel outside of a session, so that its share of {@code Session.run}, which brings pixels into the tensor and runs the model in
 * one call, can be told. Lies in this package to reach it. Confined.
 */
public final class KernelAlone {
    private final ByteBuffer tensor;
    private final ImageKernel kernel;

    /** A kernel with a float32 tensor of its own. */
    public KernelAlone(ImageInput input, int batch) {
        tensor = ByteBuffer.allocateDirect(batch * 3 * input.width() * input.height() * Float.BYTES)
                .order(ByteOrder.nativeOrder());
        kernel = new ImageKernel(input, tensor);
    }

    public void write(Frame frame, Box region, int slot) {
        kernel.write(frame, region, slot);
    }

    public FloatBuffer tensor() {
        return tensor.asFloatBuffer();
    }
}

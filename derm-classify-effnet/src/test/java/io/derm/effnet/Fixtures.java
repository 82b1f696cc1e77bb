package io.derm.effnet;

import io.derm.api.Assessment;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** What the tests share. */
final class Fixtures {
    private Fixtures() {}

    static Model model() {
        return Model.of("model.onnx", new byte[] {8, 8});
    }

    static Tensor scores(String name, float... values) {
        Tensor tensor = Tensor.allocate(name, ElementType.FLOAT32, 1, values.length);
        tensor.floats().put(0, values);
        return tensor;
    }

    static Signature signature(Map<String, String> metadata, TensorInfo output) {
        return new Signature(
                List.of(new TensorInfo("input", ElementType.FLOAT32, List.of(-1, 3, 224, 224))),
                List.of(output),
                metadata);
    }

    static EffnetClassifier classifier(Map<String, String> metadata, EffnetOptions options, Tensor output) {
        return new EffnetClassifier(new FixedSession(signature(metadata, output.info()), output), model(), options);
    }

    /** One region's assessment. */
    static Assessment classify(EffnetClassifier classifier) {
        try (classifier;
                Frame frame = Frame.wrap(ByteBuffer.allocateDirect(3 * 64), 8, 8, 24, PixelFormat.BGR24)) {
            return classifier.classify(frame, List.of(frame.bounds())).get(0);
        }
    }

    static float[] floats(String text) {
        double[] d = Arrays.stream(text.trim().split(" "))
                .mapToDouble(Float::parseFloat)
                .toArray();
        float[] f = new float[d.length];
        for (int i = 0; i < d.length; i++) {
            f[i] = (float) d[i];
        }
        return f;
    }
}

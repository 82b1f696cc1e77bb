package io.derm.trt.gpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.derm.api.Availability;
import io.derm.api.Model;
import io.derm.onnx.DataType;
import io.derm.onnx.MixedPrecision;
import io.derm.onnx.OnnxModel;
import io.derm.trt.TrtRuntime;

/** Models as TensorRT runs them best, where it runs. */
final class GpuModels {
    private GpuModels() {}

    /** Skips the test that asks where there is no GPU. */
    static void needGpu() {
        Availability availability = new TrtRuntime().availability();
        assumeTrue(availability.available(), () -> "TensorRT is not available: " + availability.detail());
    }

    static Model float16(Model model) {
        return MixedPrecision.to(DataType.FLOAT16)
                .convert(OnnxModel.read(model.name(), model.bytes()))
                .model()
                .toModel();
    }
}

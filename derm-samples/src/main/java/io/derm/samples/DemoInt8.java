package io.derm.samples;

import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.models.DemoModels;
import io.derm.onnx.Calibration;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.Quantiser;

/**
 * The demo models in int8 for ONNX Runtime, made of their float32 weights and the ranges that come with them. Stateless; a call takes some
 * tenths of a second.
 */
public final class DemoInt8 {
    private DemoInt8() {}

    /** {@link DemoModels#detector()} in int8. */
    public static Model detector() {
        return int8(DemoModels.detector(), DemoModels.detectorCalibration());
    }

    /** {@link DemoModels#classifier()} in int8. */
    public static Model classifier() {
        return int8(DemoModels.classifier(), DemoModels.classifierCalibration());
    }

    private static Model int8(Model model, String calibration) {
        OnnxModel onnx = OnnxModel.read(model.name().replace(".onnx", ".int8.onnx"), model.bytes());
        return Quantiser.to(Quantiser.Target.ONNX_RUNTIME)
                .quantise(Calibration.parse(onnx, calibration))
                .withMetadata(ModelKeys.PRECISION, "int8")
                .toModel();
    }
}

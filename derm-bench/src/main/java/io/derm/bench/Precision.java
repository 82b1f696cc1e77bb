package io.derm.bench;

import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.models.DemoModels;
import io.derm.onnx.Calibration;
import io.derm.onnx.DataType;
import io.derm.onnx.MixedPrecision;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.Quantiser;
import io.derm.samples.DemoInt8;
import io.derm.trt.TrtRuntime;

/** What models are run in. */
public enum Precision {
    fp32("float32"),
    fp16("float16"),
    int8("int8");

    private final String label;

    Precision(String label) {
        this.label = label;
    }

    /** As {@link ModelKeys#PRECISION} has it. */
    String label() {
        return label;
    }

    /** The demo detector, written for a runtime of that name. */
    Model detector(String runtime) {
        return switch (this) {
            case fp32 -> DemoModels.detector();
            case fp16 -> half(DemoModels.detector(), runtime);
            case int8 ->
                runtime.equals(TrtRuntime.NAME)
                        ? quantised(DemoModels.detector(), DemoModels.detectorCalibration())
                        : DemoInt8.detector();
        };
    }

    /** The demo classifier, written for a runtime of that name. */
    Model classifier(String runtime) {
        return switch (this) {
            case fp32 -> DemoModels.classifier();
            case fp16 -> half(DemoModels.classifier(), runtime);
            case int8 ->
                runtime.equals(TrtRuntime.NAME)
                        ? quantised(DemoModels.classifier(), DemoModels.classifierCalibration())
                        : DemoInt8.classifier();
        };
    }

    private static Model half(Model model, String runtime) {
        if (!runtime.equals(TrtRuntime.NAME)) {
            // ONNX Runtime drops the casts on the CPU: a number of it would be float32's under another name.
            throw new NotRunException(
                    "fp16 is computed in float32 by " + runtime + ", expected runtime " + TrtRuntime.NAME + " for it");
        }
        return sixteenBits(onnx(model, fp16), fp16);
    }

    private static Model quantised(Model model, String calibration) {
        OnnxModel onnx = onnx(model, int8);
        return sixteenBits(
                Quantiser.to(Quantiser.Target.TENSORRT).quantise(Calibration.parse(onnx, calibration)), int8);
    }

    private static OnnxModel onnx(Model model, Precision to) {
        return OnnxModel.read(model.name().replace(".onnx", "." + to + ".onnx"), model.bytes());
    }

    private static Model sixteenBits(OnnxModel onnx, Precision to) {
        return MixedPrecision.to(DataType.FLOAT16)
                .convert(onnx)
                .model()
                .withMetadata(ModelKeys.PRECISION, to.label)
                .toModel();
    }
}

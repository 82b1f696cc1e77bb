package io.derm.samples;

import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.models.DemoModels;
import io.derm.onnx.Calibration;
import io.derm.onnx.DataType;
import io.derm.onnx.MixedPrecision;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.Quantiser;
import io.derm.trt.TrtRuntime;

/** A model that comes with derm, in any precision and as the runtime that is to run it wants it written. Immutable; each call makes it anew. */
public enum DemoModel {
    DETECTOR(ModelArgument.DETECTOR) {
        @Override
        Model float32() {
            return DemoModels.detector();
        }

        @Override
        String calibration() {
            return DemoModels.detectorCalibration();
        }

        @Override
        Model forOnnxRuntime() {
            return DemoInt8.detector();
        }
    },
    CLASSIFIER(ModelArgument.CLASSIFIER) {
        @Override
        Model float32() {
            return DemoModels.classifier();
        }

        @Override
        String calibration() {
            return DemoModels.classifierCalibration();
        }

        @Override
        Model forOnnxRuntime() {
            return DemoInt8.classifier();
        }
    };

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
        public String label() {
            return label;
        }
    }

    private final String argument;

    DemoModel(String argument) {
        this.argument = argument;
    }

    /** How it is named on the command line, in float32. */
    String argument() {
        return argument;
    }

    abstract Model float32();

    /** Ranges that int8 is made with. */
    abstract String calibration();

    /** In int8 as ONNX Runtime has kernels for it. */
    abstract Model forOnnxRuntime();

    /**
     * The model in a precision, written for a runtime.
     *
     * @param runtime its name
     * @throws IllegalArgumentException if the runtime does not compute in that precision
     */
    public Model in(Precision precision, String runtime) {
        boolean tensorRt = runtime.equals(TrtRuntime.NAME);
        return switch (precision) {
            case fp32 -> float32();
            case fp16 -> {
                if (!tensorRt) {
                    // ONNX Runtime takes such a model and drops the casts on the CPU: what it answers says nothing of
                    // float16.
                    throw new IllegalArgumentException("Precision fp16 of " + argument + " is computed in float32 by "
                            + runtime + ", expected fp32 or int8 there, or --runtime " + TrtRuntime.NAME);
                }
                yield forTensorRt(PrecisionCommand.To.fp16);
            }
            case int8 -> tensorRt ? forTensorRt(PrecisionCommand.To.int8) : forOnnxRuntime();
        };
    }

    /** In a lower precision as TensorRT wants it, the same bytes each time: what is not int8 is float16. */
    Model forTensorRt(PrecisionCommand.To to) {
        Model model = float32();
        OnnxModel onnx = OnnxModel.read(model.name().replace(".onnx", "." + to + ".onnx"), model.bytes());
        return switch (to) {
            case fp16 -> sixteenBits(onnx, DataType.FLOAT16, DataType.FLOAT16.label());
            case bf16 -> sixteenBits(onnx, DataType.BFLOAT16, DataType.BFLOAT16.label());
            case int8 ->
                sixteenBits(
                        Quantiser.to(Quantiser.Target.TENSORRT).quantise(Calibration.parse(onnx, calibration())),
                        DataType.FLOAT16,
                        "int8");
        };
    }

    private static Model sixteenBits(OnnxModel onnx, DataType type, String precision) {
        return MixedPrecision.to(type)
                .convert(onnx)
                .model()
                .withMetadata(ModelKeys.PRECISION, precision)
                .toModel();
    }
}

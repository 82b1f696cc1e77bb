package io.derm.samples;

import io.derm.api.Model;
import io.derm.onnx.DataType;
import io.derm.onnx.ModelHeader;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.RangeMethod;
import io.derm.ort.OrtRuntime;
import io.derm.trt.TrtRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * The ONNX file that a plan is built of: the model in the precision asked for, as TensorRT wants it written, beside its place until the plan is
 * complete, so that a plan that is there stays with its own. Confined.
 */
final class TensorRtModel implements AutoCloseable {
    /** The most images to calibrate on, as 'derm precision' takes. */
    private static final int MAX_IMAGES = 200;

    private final Path made;
    private final Path place;

    private TensorRtModel(Path made, Path place) {
        this.made = made;
        this.place = place;
    }

    /**
     * Lowers a model and writes it; one that is of the precision already is written as it is.
     *
     * @param argument as on the command line
     * @param precision empty for that of the model
     * @param calibrate folder of images, or for int8 a file of ranges; null for none
     * @param place file to be written by {@link #keep}
     */
    static TensorRtModel write(
            String argument, Optional<BuildCommand.Precision> precision, @Nullable Path calibrate, Path place)
            throws Exception {
        TensorRtModel lowered = new TensorRtModel(place.resolveSibling("." + place.getFileName() + ".tmp"), place);
        try {
            lowered.write(argument, precision, calibrate);
            return lowered;
        } catch (Exception | Error e) {
            try {
                lowered.close();
            } catch (IOException onClose) {
                e.addSuppressed(onClose);
            }
            throw e;
        }
    }

    private void write(String argument, Optional<BuildCommand.Precision> precision, @Nullable Path calibrate)
            throws Exception {
        Optional<DemoModel> demo = ModelArgument.demo(argument);
        Optional<PrecisionCommand.To> to = precision.flatMap(TensorRtModel::lower);
        if (demo.isPresent() && to.isPresent() && calibrate == null) {
            copy(demo.get().forTensorRt(to.get()));
            return;
        }
        Model source = ModelArgument.of(argument, TrtRuntime.NAME);
        boolean asItIs = precision.isEmpty()
                || PrecisionOption.of(source)
                        .equals(PrecisionOption.label(precision.get().name()));
        if (asItIs) {
            copy(source);
        } else if (to.isEmpty() || !PrecisionOption.of(source).equals("float32")) {
            PrecisionOption.require(source, precision.get().name(), TrtRuntime.NAME);
        } else {
            lower(ModelArgument.onnx(source), to.get(), calibrate);
        }
    }

    private static Optional<PrecisionCommand.To> lower(BuildCommand.Precision precision) {
        return switch (precision) {
            case fp32 -> Optional.empty();
            case fp16 -> Optional.of(PrecisionCommand.To.fp16);
            case bf16 -> Optional.of(PrecisionCommand.To.bf16);
            case int8 -> Optional.of(PrecisionCommand.To.int8);
        };
    }

    private void lower(OnnxModel onnx, PrecisionCommand.To to, @Nullable Path calibrate) throws Exception {
        DataSet images = calibrate == null || Files.isRegularFile(calibrate)
                ? null
                : PrecisionCommand.images(calibrate).atMost(MAX_IMAGES);
        // On the CPU: on the GPU an engine would have to be built for every group of tensors that is looked at.
        PrecisionJob job = new PrecisionJob(onnx, RuntimeOption.find(OrtRuntime.NAME), made);
        if (to == PrecisionCommand.To.int8) {
            PrecisionJob.Int8 settings = new PrecisionJob.Int8(
                    PrecisionCommand.For.tensorrt,
                    RangeMethod.PERCENTILE,
                    false,
                    List.of(),
                    OptionalDouble.empty(),
                    false);
            job.int8(settings, Objects.requireNonNull(calibrate), images, null, Optional.empty());
        } else {
            job.sixteenBits(
                    to == PrecisionCommand.To.fp16 ? DataType.FLOAT16 : DataType.BFLOAT16,
                    List.of(),
                    Optional.empty(),
                    OptionalDouble.empty(),
                    Optional.ofNullable(images));
        }
    }

    /** Byte for byte, so that its digest stays; weights in files of their own come into the file. */
    private void copy(Model model) {
        if (!ModelHeader.read(model).externalFiles().isEmpty()) {
            ModelArgument.onnx(model).write(made);
            return;
        }
        try {
            if (model.path().isPresent()) {
                Files.copy(model.path().get(), made, StandardCopyOption.REPLACE_EXISTING);
            } else {
                Files.write(made, model.bytes());
            }
        } catch (IOException e) {
            throw Outputs.failed(place, e);
        }
    }

    /** What to build. */
    Model model() {
        return Model.of(made);
    }

    /** Brings the file to its place, over what may be there. */
    void keep() {
        try {
            Files.move(made, place, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw Outputs.failed(place, e);
        }
    }

    /** Deletes the file unless it was kept. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(made);
    }
}

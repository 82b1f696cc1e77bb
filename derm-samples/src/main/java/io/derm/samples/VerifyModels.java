package io.derm.samples;

import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.models.DemoModels;
import io.derm.onnx.Calibration;
import io.derm.onnx.DataType;
import io.derm.onnx.MixedPrecision;
import io.derm.onnx.ModelCheck;
import io.derm.onnx.OnnxModel;
import io.derm.onnx.Quantiser;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The models of a verification in each precision, made on one thread beside whatever else goes on, in the order in which engines are built of
 * them. Models lie in files. Thread-safe.
 */
final class VerifyModels implements AutoCloseable {
    /** What a model computes. */
    enum Network {
        DETECTOR("demo detector"),
        CLASSIFIER("demo classifier"),
        YOLOV4("YOLOv4-608");

        private final String words;

        Network(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    /** Type of the bulk of the arithmetic. */
    enum Precision {
        FP16,
        FP32,
        INT8
    }

    /** A network in a precision. */
    record Variant(Network network, Precision precision) {
        @Override
        public String toString() {
            return network.words() + " " + precision;
        }
    }

    /** A model and how long it took to make. */
    record Made(Model model, double seconds) {}

    /** Heap that the passes over YOLOv4 need. */
    private static final long LARGE_HEAP = 1_800L << 20;

    private static final int SIDE = 608;
    private static final long SEED = 4;
    /** Scenes that YOLOv4's ranges are read off: it has no trained weights, so they show the cost of int8 and not its accuracy. */
    private static final int CALIBRATION_SCENES = 1;

    /** The most valuable first; YOLOv4 in int8 takes longest to make. */
    static final List<Variant> ORDER = List.of(
            new Variant(Network.DETECTOR, Precision.FP16),
            new Variant(Network.CLASSIFIER, Precision.FP16),
            new Variant(Network.YOLOV4, Precision.FP16),
            new Variant(Network.DETECTOR, Precision.INT8),
            new Variant(Network.CLASSIFIER, Precision.INT8),
            new Variant(Network.DETECTOR, Precision.FP32),
            new Variant(Network.CLASSIFIER, Precision.FP32),
            new Variant(Network.YOLOV4, Precision.FP32),
            new Variant(Network.YOLOV4, Precision.INT8));

    private final Path folder;
    private final DataSet data;
    private final ExecutorService maker = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "derm-verify-models");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<Network, Map<Precision, CompletableFuture<Made>>> made = new EnumMap<>(Network.class);
    /** Of the maker's thread alone. */
    private @Nullable OnnxModel yolov4;

    /**
     * Begins to make the models.
     *
     * @param folder where models are written, some 700 MB
     * @param data scenes to calibrate on
     * @param wanted those to make
     */
    VerifyModels(Path folder, DataSet data, Predicate<Variant> wanted) {
        this.folder = folder;
        this.data = data;
        for (Network n : Network.values()) {
            made.put(n, new EnumMap<>(Precision.class));
        }
        for (Variant v : ORDER.stream().filter(wanted).toList()) {
            CompletableFuture<Made> future = new CompletableFuture<>();
            made.getOrDefault(v.network(), Map.of()).put(v.precision(), future);
            maker.execute(() -> make(v, future));
        }
    }

    private void make(Variant v, CompletableFuture<Made> future) {
        try {
            long start = System.nanoTime();
            Model model = model(v);
            future.complete(new Made(model, (System.nanoTime() - start) / 1e9));
        } catch (Exception | OutOfMemoryError e) {
            future.completeExceptionally(e);
        }
    }

    /** The original of a network, in float32. */
    Model reference(Network network, Deadline deadline) throws Exception {
        return switch (network) {
            case DETECTOR -> DemoModels.detector();
            case CLASSIFIER -> DemoModels.classifier();
            case YOLOV4 -> get(new Variant(network, Precision.FP32), deadline).model();
        };
    }

    /**
     * A model, waited for.
     *
     * @throws TimeoutException if it is not there in time
     */
    Made get(Variant v, Deadline deadline) throws Exception {
        CompletableFuture<Made> future =
                made.getOrDefault(v.network(), Map.of()).get(v.precision());
        if (future == null) {
            throw new IllegalArgumentException("There is no " + v);
        }
        try {
            return future.get((long) (1000 * Math.max(0, deadline.seconds())), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw new IllegalStateException(v + " was not made: " + e.getCause(), e);
        }
    }

    private Model model(Variant v) throws Exception {
        return switch (v.network()) {
            case DETECTOR -> demo(DemoModel.DETECTOR, v.precision());
            case CLASSIFIER -> demo(DemoModel.CLASSIFIER, v.precision());
            case YOLOV4 -> large(v.precision());
        };
    }

    private static Model demo(DemoModel model, Precision precision) {
        return switch (precision) {
            case FP32 -> model.float32();
            case FP16 -> model.forTensorRt(PrecisionCommand.To.fp16);
            case INT8 -> model.forTensorRt(PrecisionCommand.To.int8);
        };
    }

    private static OnnxModel float16(OnnxModel model) {
        OnnxModel lowered =
                MixedPrecision.to(DataType.FLOAT16).convert(model).model().withMetadata(ModelKeys.PRECISION, "float16");
        ModelCheck.requireSound(lowered);
        return lowered;
    }

    /** As TensorRT takes it, the rest in float16. */
    private static OnnxModel int8(Calibration calibration) {
        OnnxModel quantised = Quantiser.to(Quantiser.Target.TENSORRT).quantise(calibration);
        OnnxModel lowered = MixedPrecision.to(DataType.FLOAT16)
                .convert(quantised)
                .model()
                .withMetadata(ModelKeys.PRECISION, "int8");
        ModelCheck.requireSound(lowered);
        return lowered;
    }

    private Model large(Precision precision) throws Exception {
        long heap = Runtime.getRuntime().maxMemory();
        if (heap < LARGE_HEAP) {
            throw new IllegalStateException(
                    "it needs a heap of 2 GiB and there are " + (heap >> 20) + " MiB at most; run java with -Xmx3g");
        }
        OnnxModel onnx = yolov4;
        if (onnx == null) {
            onnx = Yolov4.of(SIDE, 1).model(SEED, folder);
            yolov4 = onnx;
        }
        OnnxModel lowered =
                switch (precision) {
                    case FP32 -> onnx;
                    case FP16 -> float16(onnx);
                    case INT8 -> int8(calibration(onnx));
                };
        if (precision == Precision.INT8) {
            yolov4 = null;
        }
        return Model.of(
                lowered.write(folder.resolve("yolov4-608." + precision.name().toLowerCase(Locale.ROOT) + ".onnx")));
    }

    private Calibration calibration(OnnxModel onnx) {
        InferenceRuntime cpu = Runtimes.find(VerifyGpu.REFERENCE);
        ImageSamples samples;
        try (Subject subject = Subject.open(cpu, onnx.toModel())) {
            samples = ImageSamples.of(data.atMost(CALIBRATION_SCENES), subject.task(), subject.input());
        }
        return Calibration.of(onnx, cpu, SessionOptions.defaults(), samples, (what, done, total) -> {});
    }

    /**
     * Begins no further model and waits for the one that is being made, so that the CPU is at rest.
     *
     * @return whether it is
     */
    boolean quiet(double seconds) throws InterruptedException {
        maker.shutdownNow();
        return maker.awaitTermination((long) (1000 * seconds), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        maker.shutdownNow();
    }
}

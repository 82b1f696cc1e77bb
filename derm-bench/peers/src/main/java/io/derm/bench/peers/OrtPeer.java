package io.derm.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime as a careful user writes it: direct tensors that are kept, pinned outputs, all boxes of a frame in one batch. */
final class OrtPeer implements Peer {
    private final OrtEnvironment environment;
    private final OrtSession detector;
    private final OrtSession classifier;
    private final FloatBuffer detectorInput = floats(3 * Demo.DETECTOR_SIDE * Demo.DETECTOR_SIDE);
    private final Sampler letterbox =
            new Sampler(detectorInput, Demo.DETECTOR_SIDE, new float[3], new float[] {255, 255, 255}, Demo.PAD);
    private final Map<String, OnnxTensor> detectorInputs;
    private final Map<String, OnnxTensor> heads = new LinkedHashMap<>();
    private final FloatBuffer[] headValues = new FloatBuffer[Demo.HEADS.length];
    private final FloatBuffer classifierInput =
            floats(Demo.MOST_REGIONS * 3 * Demo.CLASSIFIER_SIDE * Demo.CLASSIFIER_SIDE);
    private final Sampler crops = new Sampler(classifierInput, Demo.CLASSIFIER_SIDE, Demo.MEAN, Demo.STD, 0);
    private final @Nullable Batch[] batches = new Batch[Demo.MOST_REGIONS + 1];
    private final Setting setting;

    /** Tensors for one number of boxes. */
    private record Batch(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs, FloatBuffer logits) {}

    OrtPeer(byte[] detectorModel, byte[] classifierModel, Setting setting) throws OrtException {
        this.setting = setting;
        environment = setting.shared() ? pooled(setting) : OrtEnvironment.getEnvironment();
        detector = open(detectorModel);
        classifier = open(classifierModel);
        int side = Demo.DETECTOR_SIDE;
        detectorInputs = Map.of(
                Demo.DETECTOR_INPUT,
                OnnxTensor.createTensor(environment, detectorInput, new long[] {1, 3, side, side}));
        for (int h = 0; h < Demo.HEADS.length; h++) {
            int grid = Demo.GRIDS[h];
            headValues[h] = floats(18 * grid * grid);
            heads.put(
                    Demo.HEADS[h], OnnxTensor.createTensor(environment, headValues[h], new long[] {1, 18, grid, grid}));
        }
    }

    private static OrtEnvironment pooled(Setting setting) throws OrtException {
        try (OrtEnvironment.ThreadingOptions options = new OrtEnvironment.ThreadingOptions()) {
            options.setGlobalIntraOpNumThreads(setting.threads());
            options.setGlobalSpinControl(setting.spin());
            return OrtEnvironment.getEnvironment(
                    OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING, OrtEnvironment.DEFAULT_NAME, options);
        }
    }

    private OrtSession open(byte[] model) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            if (setting.shared()) {
                options.disablePerSessionThreads();
            } else {
                options.setIntraOpNumThreads(setting.threads());
                options.addConfigEntry("session.intra_op.allow_spinning", setting.spin() ? "1" : "0");
            }
            return environment.createSession(model, options);
        }
    }

    private static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(count * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    @Override
    public String about() {
        return "ONNX Runtime " + environment.getVersion() + ", kept direct tensors, pinned outputs, " + setting.words();
    }

    @Override
    public List<Finding> exam(Picture picture, StageClock clock) throws OrtException {
        Region region = Region.letterbox(picture.width(), picture.height());
        letterbox.write(picture, region, 0);
        clock.end(Stage.LETTERBOX);
        detector.run(detectorInputs, heads).close();
        clock.end(Stage.DETECTOR);
        List<Box> boxes = new ArrayList<>();
        for (int h = 0; h < headValues.length; h++) {
            Heads.decode(headValues[h], h, boxes);
        }
        boxes = Heads.suppress(boxes, region);
        clock.end(Stage.DECODE);
        List<Finding> findings = new ArrayList<>(boxes.size());
        int most = setting.batched() ? Demo.MOST_REGIONS : 1;
        for (int from = 0; from < boxes.size(); from += most) {
            int n = Math.min(most, boxes.size() - from);
            for (int i = 0; i < n; i++) {
                crops.write(picture, Region.crop(boxes.get(from + i), picture.width(), picture.height()), i);
            }
            clock.end(Stage.CROPS);
            Batch batch = batch(n);
            classifier.run(batch.inputs, batch.outputs).close();
            for (int i = 0; i < n; i++) {
                findings.add(Heads.finding(boxes.get(from + i), batch.logits, i));
            }
            clock.end(Stage.CLASSIFIER);
        }
        return findings;
    }

    private Batch batch(int n) throws OrtException {
        Batch batch = batches[n];
        if (batch == null) {
            int side = Demo.CLASSIFIER_SIDE;
            FloatBuffer input = classifierInput.slice(0, n * 3 * side * side);
            FloatBuffer logits = floats(Demo.CLASSES * n);
            batch = new Batch(
                    Map.of(
                            Demo.CLASSIFIER_INPUT,
                            OnnxTensor.createTensor(environment, input, new long[] {n, 3, side, side})),
                    Map.of(Demo.LOGITS, OnnxTensor.createTensor(environment, logits, new long[] {n, Demo.CLASSES})),
                    logits);
            batches[n] = batch;
        }
        return batch;
    }

    @Override
    public FloatBuffer detectorInput() {
        return detectorInput;
    }

    @Override
    public void close() throws OrtException {
        for (Batch batch : batches) {
            if (batch != null) {
                batch.inputs.values().forEach(OnnxTensor::close);
                batch.outputs.values().forEach(OnnxTensor::close);
            }
        }
        heads.values().forEach(OnnxTensor::close);
        detectorInputs.values().forEach(OnnxTensor::close);
        classifier.close();
        detector.close();
    }
}

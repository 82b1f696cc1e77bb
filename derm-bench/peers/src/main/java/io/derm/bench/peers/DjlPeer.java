package io.derm.bench.peers;

import ai.djl.MalformedModelException;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * DJL with its ONNX Runtime engine: a model from {@code Criteria}, a {@code Predictor} with a {@code Translator} of its own. That engine computes
 * nothing on NDArrays, so pixels are prepared in plain Java, in a direct buffer that is kept and that DJL hands to ONNX Runtime without a copy.
 */
final class DjlPeer implements Peer {
    private final ZooModel<Picture, List<Box>> detector;
    private final ZooModel<Crops, List<Finding>> classifier;
    private final Predictor<Picture, List<Box>> detect;
    private final Predictor<Crops, List<Finding>> classify;
    private final FloatBuffer detectorInput = floats(3 * Demo.DETECTOR_SIDE * Demo.DETECTOR_SIDE);
    private final Setting setting;
    private StageClock clock = new StageClock();

    private record Crops(Picture picture, List<Box> boxes) {}

    DjlPeer(Path detectorModel, Path classifierModel, Setting setting)
            throws ModelNotFoundException, MalformedModelException, IOException {
        this.setting = setting;
        // Read when the engine is loaded, hence before that.
        System.setProperty("ai.djl.onnxruntime.num_threads", Integer.toString(setting.threads()));
        detector = open(detectorModel, Picture.class, new DetectorTranslator());
        classifier = open(classifierModel, Crops.class, new ClassifierTranslator());
        detect = detector.newPredictor();
        classify = classifier.newPredictor();
    }

    @SuppressWarnings("unchecked") // A class literal of List<Box> there is not.
    private <I, O> ZooModel<I, List<O>> open(Path model, Class<I> input, Translator<I, List<O>> translator)
            throws ModelNotFoundException, MalformedModelException, IOException {
        Criteria.Builder<I, List<O>> criteria = Criteria.builder()
                .setTypes(input, (Class<List<O>>) (Class<?>) List.class)
                .optEngine("OnnxRuntime")
                .optModelPath(model)
                .optTranslator(translator)
                .optOption("intraOpNumThreads", Integer.toString(setting.threads()))
                .optOption("interOpNumThreads", "1")
                .optOption("optLevel", "ALL_OPT");
        if (setting.shared()) {
            criteria.optOption("disablePerSessionThreads", "true");
        }
        return criteria.build().loadModel();
    }

    private static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(count * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    private final class DetectorTranslator implements NoBatchifyTranslator<Picture, List<Box>> {
        private final Sampler letterbox =
                new Sampler(detectorInput, Demo.DETECTOR_SIDE, new float[3], new float[] {255, 255, 255}, Demo.PAD);

        @Override
        public NDList processInput(TranslatorContext context, Picture picture) {
            Region region = Region.letterbox(picture.width(), picture.height());
            context.setAttachment("region", region);
            letterbox.write(picture, region, 0);
            NDArray tensor = context.getNDManager()
                    .create(detectorInput, new Shape(1, 3, Demo.DETECTOR_SIDE, Demo.DETECTOR_SIDE));
            clock.end(Stage.LETTERBOX);
            return new NDList(tensor);
        }

        @Override
        public List<Box> processOutput(TranslatorContext context, NDList outputs) {
            clock.end(Stage.DETECTOR);
            List<Box> boxes = new ArrayList<>();
            for (int h = 0; h < Demo.HEADS.length; h++) {
                Heads.decode(outputs.get(h).toByteBuffer().asFloatBuffer(), h, boxes);
            }
            List<Box> kept = Heads.suppress(boxes, (Region) context.getAttachment("region"));
            clock.end(Stage.DECODE);
            return kept;
        }
    }

    private final class ClassifierTranslator implements NoBatchifyTranslator<Crops, List<Finding>> {
        private static final int SIDE = Demo.CLASSIFIER_SIDE;
        private final FloatBuffer input = floats(Demo.MOST_REGIONS * 3 * SIDE * SIDE);
        private final Sampler sampler = new Sampler(input, SIDE, Demo.MEAN, Demo.STD, 0);

        @Override
        public NDList processInput(TranslatorContext context, Crops crops) {
            Picture picture = crops.picture;
            int n = crops.boxes.size();
            context.setAttachment("boxes", crops.boxes);
            for (int i = 0; i < n; i++) {
                sampler.write(picture, Region.crop(crops.boxes.get(i), picture.width(), picture.height()), i);
            }
            NDArray tensor =
                    context.getNDManager().create(input.slice(0, n * 3 * SIDE * SIDE), new Shape(n, 3, SIDE, SIDE));
            clock.end(Stage.CROPS);
            return new NDList(tensor);
        }

        @Override
        @SuppressWarnings("unchecked")
        public List<Finding> processOutput(TranslatorContext context, NDList outputs) {
            List<Box> boxes = (List<Box>) context.getAttachment("boxes");
            FloatBuffer logits = outputs.get(0).toByteBuffer().asFloatBuffer();
            List<Finding> findings = new ArrayList<>(boxes.size());
            for (int i = 0; i < boxes.size(); i++) {
                findings.add(Heads.finding(boxes.get(i), logits, i));
            }
            return findings;
        }
    }

    @Override
    public String about() {
        return "DJL " + Engine.getDjlVersion() + ", ONNX Runtime "
                + OrtEnvironment.getEnvironment().getVersion() + ", " + setting.words();
    }

    @Override
    public List<Finding> exam(Picture picture, StageClock stages) throws TranslateException {
        clock = stages;
        List<Box> boxes = detect.predict(picture);
        clock.end(Stage.DECODE);
        List<Finding> findings = new ArrayList<>(boxes.size());
        int most = setting.batched() ? Demo.MOST_REGIONS : 1;
        for (int from = 0; from < boxes.size(); from += most) {
            findings.addAll(
                    classify.predict(new Crops(picture, boxes.subList(from, Math.min(boxes.size(), from + most)))));
            clock.end(Stage.CLASSIFIER);
        }
        return findings;
    }

    @Override
    public FloatBuffer detectorInput() {
        return detectorInput;
    }

    @Override
    public void close() {
        classify.close();
        detect.close();
        classifier.close();
        detector.close();
    }
}

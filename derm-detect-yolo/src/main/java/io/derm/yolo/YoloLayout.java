package io.derm.yolo;

import io.derm.api.ElementType;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.ChannelOrder;
import io.derm.api.ImageInput.Fit;
import io.derm.api.ImageInput.PerChannel;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import io.derm.api.TensorInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How a YOLO model's outputs are laid out, one constant for each way that exporters of YOLOv4 write them. B is the batch, C
 * the number of classes, A the anchors of a head. Immutable.
 */
public enum YoloLayout {
    /**
     * Raw heads of darknet (jkjung-avt/tensorrt_demos, derm's own models): one output {@code [B,A(5+C),H,W]} a head, for each
     * anchor x, y, w, h, objectness and classes before their activations, or after them with {@code new_coords}.
     */
    DARKNET("darknet"),
    /**
     * Tianxiaomo/pytorch-YOLOv4 and hank-ai/darknet: {@code boxes [B,N,1,4]} as left, top, right, bottom of 0 to 1 and
     * {@code confs [B,N,C]} as objectness times class, in either order.
     */
    BOXES_CONFS("boxes-confs"),
    /**
     * ONNX Model Zoo: one output {@code [B,H,W,A,5+C]} a head; x, y, w, h before their activations, objectness and classes after
     * the sigmoid.
     */
    ZOO("zoo"),
    /** hunglc007/tensorflow-yolov4-tflite: {@code [B,M,4+C]}, a row being top, left, bottom, right of 0 to 1, then scores. */
    HUNGLC007("hunglc007"),
    /**
     * Region layers of OpenCV: rows {@code [H*W*A,5+C]}, one output or one a head, each row being centre x, centre y, width,
     * height of 0 to 1, objectness, and objectness times class.
     */
    OPENCV_ROWS("opencv-rows"),
    /** marcoslucianops/DeepStream-Yolo: {@code [B,N,6]}, a row being left, top, right, bottom in network pixels, score, class. */
    DEEPSTREAM("deepstream"),
    /**
     * NVIDIA TAO: the four outputs of the BatchedNMS plugin in order, counts {@code [B,1]}, boxes {@code [B,K,4]} as left, top,
     * right, bottom of 0 to 1, scores {@code [B,K]} and classes {@code [B,K]}. Duplicates are already suppressed.
     */
    TAO_BATCHED_NMS("tao-batched-nms");

    /** Side of the input where neither the graph nor the metadata gives one: that of the published YOLOv4 models. */
    private static final int DEFAULT_SIZE = 416;

    /** Caffe's ImageNet mean in blue, green, red levels, as NVIDIA TAO subtracts it. */
    private static final PerChannel CAFFE_MEAN = new PerChannel(103.939f, 116.779f, 123.68f);

    private final String decoderName;

    YoloLayout(String decoderName) {
        this.decoderName = decoderName;
    }

    /** Name for {@link ModelKeys#DECODER}, e.g. {@code boxes-confs}. */
    public String decoderName() {
        return decoderName;
    }

    /**
     * The layout of a model: the one its {@link ModelKeys#DECODER} names, else the one its output names and shapes fit.
     *
     * @throws ModelException if it names a layout that there is not or that its outputs cannot have, or names none and none can
     *     be told from its outputs
     */
    public static YoloLayout of(Signature signature, String modelName) {
        String named = signature.get(ModelKeys.DECODER).orElse("");
        if (!named.isEmpty()) {
            YoloLayout layout = Arrays.stream(values())
                    .filter(l -> l.decoderName.equals(named))
                    .findFirst()
                    .orElseThrow(() -> new ModelException(
                            41,
                            "Decoder '" + named + "' of " + modelName + " is not known, expected one of " + choices(),
                            "Name one of them with derm.decoder=…"));
            if (!layout.fits(signature)) {
                throw new ModelException(
                        42,
                        "Outputs " + signature.outputs() + " of " + modelName + " cannot be read as decoder '" + named
                                + "', expected " + layout.expected(),
                        "Name the right layout with derm.decoder=… (" + choices()
                                + "), or none to have it recognised.");
            }
            return layout;
        }
        return recognise(signature)
                .orElseThrow(() -> new ModelException(
                        40,
                        "Output layout of " + modelName + " is not known: outputs " + signature.outputs()
                                + ", expected one of " + choices(),
                        "Name the layout with derm.decoder=… if it is one of them, or export the model in one."));
    }

    private static Optional<YoloLayout> recognise(Signature s) {
        boolean nhwc = s.inputs().size() == 1
                && s.inputs().get(0).rank() == 4
                && s.inputs().get(0).dim(3) == 3
                && s.inputs().get(0).dim(1) != 3;
        // Rank 3 says little by itself: TensorFlow exports tell by their channels-last input, DeepStream's by the six
        // columns.
        // Other rows ([B,N,5+C] in pixels of YOLOv5 and its kin) must not be taken for either.
        return Stream.of(TAO_BATCHED_NMS, BOXES_CONFS, ZOO, DARKNET, HUNGLC007, DEEPSTREAM, OPENCV_ROWS)
                .filter(l -> switch (l) {
                    case TAO_BATCHED_NMS ->
                        l.fits(s) && s.outputs().get(0).name().startsWith("BatchedNMS");
                    case HUNGLC007 -> nhwc && l.fits(s);
                    case DEEPSTREAM -> !nhwc && l.fits(s);
                    case OPENCV_ROWS -> l.fits(s) && all(s, o -> o.rank() == 2);
                    case DARKNET, BOXES_CONFS, ZOO -> l.fits(s);
                })
                .findFirst();
    }

    /** Whether outputs of these names and shapes can be of this layout; a free side fits anything. */
    private boolean fits(Signature s) {
        List<TensorInfo> out = s.outputs();
        return switch (this) {
            case DARKNET ->
                !out.isEmpty()
                        && all(s, o -> o.rank() == 4 && o.dim(1) >= 6)
                        && out.stream().mapToInt(o -> o.dim(1)).distinct().count() == 1;
            case ZOO -> !out.isEmpty() && all(s, o -> o.rank() == 5 && (o.dim(4) >= 6 || o.dim(4) < 0));
            case BOXES_CONFS -> out.size() == 2 && boxes(out) >= 0 && confs(out) >= 0;
            case HUNGLC007 -> out.size() == 1 && out.get(0).rank() == 3 && side(out.get(0), 5, Integer.MAX_VALUE);
            case DEEPSTREAM ->
                out.size() == 1 && out.get(0).rank() == 3 && out.get(0).dim(2) == 6;
            case OPENCV_ROWS ->
                !out.isEmpty() && all(s, o -> (o.rank() == 2 || o.rank() == 3) && side(o, 6, Integer.MAX_VALUE));
            case TAO_BATCHED_NMS ->
                out.size() == 4
                        && out.get(0).type() == ElementType.INT32
                        && out.get(1).rank() == 3
                        && side(out.get(1), 4, 4)
                        && out.get(2).rank() == 2
                        && out.get(3).rank() == 2;
        };
    }

    private String expected() {
        return switch (this) {
            case DARKNET -> "one [B,A(5+C),H,W] for each head";
            case ZOO -> "one [B,H,W,A,5+C] for each head";
            case BOXES_CONFS -> "'boxes' [B,N,1,4] and 'confs' [B,N,C]";
            case HUNGLC007 -> "one [B,M,4+C]";
            case DEEPSTREAM -> "one [B,N,6]";
            case OPENCV_ROWS -> "[N,5+C], one or one for each head";
            case TAO_BATCHED_NMS -> "int32 counts [B,1], boxes [B,K,4], scores [B,K] and classes [B,K]";
        };
    }

    /** Index of the output with the boxes, -1 if there is none. */
    static int boxes(List<TensorInfo> outputs) {
        int named = indexOf(outputs, o -> o.name().equals("boxes"));
        return named >= 0
                ? named
                : indexOf(
                        outputs,
                        o -> o.rank() == 4
                                && o.dim(2) == 1
                                && o.dim(3) == 4
                                && !o.name().equals("confs"));
    }

    /** Index of the output with the scores, -1 if there is none. */
    static int confs(List<TensorInfo> outputs) {
        int named = indexOf(outputs, o -> o.name().equals("confs"));
        int boxes = boxes(outputs);
        return named >= 0 || boxes < 0
                ? named
                : indexOf(outputs, o -> o.rank() == 3 && !o.name().equals("boxes") && outputs.indexOf(o) != boxes);
    }

    private static int indexOf(List<TensorInfo> outputs, Predicate<TensorInfo> test) {
        for (int i = 0; i < outputs.size(); i++) {
            if (test.test(outputs.get(i))) {
                return i;
            }
        }
        return -1;
    }

    private static boolean all(Signature s, Predicate<TensorInfo> test) {
        return s.outputs().stream().allMatch(test);
    }

    private static boolean side(TensorInfo o, int least, int most) {
        int side = o.dim(-1);
        return side < 0 || (side >= least && side <= most);
    }

    /** Number of classes that the shapes of the outputs give, {@link Decoder#UNKNOWN_CLASSES} where they do not. */
    int classes(Signature s, String modelName) {
        List<TensorInfo> out = s.outputs();
        int side =
                switch (this) {
                    case DARKNET -> out.get(0).dim(1) / Anchors.perHead(s, modelName, out.size()) - 5;
                    case BOXES_CONFS -> out.get(confs(out)).dim(-1);
                    case HUNGLC007 -> out.get(0).dim(-1) - 4;
                    case ZOO, OPENCV_ROWS -> out.get(0).dim(-1) - 5;
                    case DEEPSTREAM, TAO_BATCHED_NMS -> Decoder.UNKNOWN_CLASSES;
                };
        return side < 1 ? Decoder.UNKNOWN_CLASSES : side;
    }

    static String choices() {
        return Arrays.stream(values()).map(YoloLayout::decoderName).collect(Collectors.joining(", "));
    }

    /**
     * How models of this layout are fed by those who export them, where their metadata does not say otherwise: RGB of 0 to 1
     * stretched to the network, as darknet does, unless noted in docs/models.md. A uint8 input takes levels as they are.
     */
    ImageInput input(Signature signature) {
        ImageInput yolo = ImageInput.yolo(DEFAULT_SIZE, DEFAULT_SIZE).withFit(Fit.STRETCH);
        ImageInput input =
                switch (this) {
                    case DARKNET, BOXES_CONFS, HUNGLC007, OPENCV_ROWS -> yolo;
                    case ZOO -> yolo.withFit(Fit.LETTERBOX).withPad(128);
                    case DEEPSTREAM -> yolo.withFit(Fit.LETTERBOX);
                    case TAO_BATCHED_NMS ->
                        yolo.withFit(Fit.LETTERBOX)
                                .withPad(0)
                                .withChannels(ChannelOrder.BGR)
                                .withNormalisation(CAFFE_MEAN, PerChannel.all(1));
                };
        boolean levels =
                signature.inputs().size() == 1 && signature.inputs().get(0).type() == ElementType.UINT8;
        return levels ? input.withNormalisation(PerChannel.all(0), PerChannel.all(1)) : input;
    }
}

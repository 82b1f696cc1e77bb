package io.derm.yolo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.DermException;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.InferenceException;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The messages, word for word: people search for them. */
class YoloErrorTest {
    private static final String CHOICES =
            "darknet, boxes-confs, zoo, hunglc007, opencv-rows, deepstream, tao-batched-nms";

    @Test
    void outputs_ofNoKnownLayout_listTheChoices() {
        assertMessage(
                () -> open(Map.of(), tensor("output0", 1, 84, 8400)),
                ModelException.class,
                "[DERM-040] Output layout of model.onnx is not known: outputs [output0 float32 [1,84,8400]], expected one of "
                        + CHOICES
                        + ". Remedy: Name the layout with derm.decoder=… if it is one of them, or export the model in one.");
    }

    @Test
    void boxes_withoutConfs_areNoKnownLayout() {
        assertThatThrownBy(() -> open(Map.of(), tensor("boxes", 1, 10, 1, 4), tensor("scores", 1, 10)))
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith("[DERM-040]");
        assertThatThrownBy(() -> open(Map.of(), tensor("confs", 1, 10, 2), tensor("scores", 1, 10)))
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith("[DERM-040]");
    }

    @Test
    void decoder_notKnown_listsTheChoices() {
        assertMessage(
                () -> open(Map.of(ModelKeys.DECODER, "yolov9"), tensor("out", 1, 18, 2, 3)),
                ModelException.class,
                "[DERM-041] Decoder 'yolov9' of model.onnx is not known, expected one of " + CHOICES
                        + ". Remedy: Name one of them with derm.decoder=…");
    }

    @Test
    void decoder_thatTheOutputsCannotHave_saysWhatItWouldTake() {
        assertMessage(
                () -> open(
                        Map.of(ModelKeys.DECODER, "deepstream"),
                        tensor("boxes", 1, 10, 1, 4),
                        tensor("confs", 1, 10, 2)),
                ModelException.class,
                "[DERM-042] Outputs [boxes float32 [1,10,1,4], confs float32 [1,10,2]] of model.onnx cannot be read as decoder"
                        + " 'deepstream', expected one [B,N,6]. Remedy: Name the right layout with derm.decoder=… ("
                        + CHOICES
                        + "), or none to have it recognised.");
    }

    @Test
    void labels_notAsManyAsClasses_saysBothNumbers() {
        assertMessage(
                () -> open(
                        Map.of(ModelKeys.LABELS, "a,b,c", ModelKeys.ANCHORS, "9,9 19,19 29,29"),
                        tensor("h", 1, 18, 2, 3)),
                ModelException.class,
                "[DERM-043] Outputs [h float32 [1,18,2,3]] of model.onnx have 1 class as decoder 'darknet' and derm.labels names 3,"
                        + " expected as many. Remedy: Mend derm.labels or override it with derm.labels=….");
    }

    @Test
    void channels_notAMultipleOfAnchors_saysWhatTheyShouldBe() {
        assertMessage(
                () -> open(Map.of(), tensor("h", 1, 20, 2, 3)),
                ModelException.class,
                "[DERM-044] Output h float32 [1,20,2,3] of model.onnx has 20 channels, expected 3 anchors times 5 + classes. Remedy:"
                        + " State derm.anchors and derm.masks as in the model's cfg, or name the layout with derm.decoder=… ("
                        + CHOICES + ").");
    }

    @Test
    void masks_forAnotherNumberOfHeads_saysBoth() {
        assertMessage(
                () -> open(
                        Map.of(ModelKeys.MASKS, "3,4,5;0,1,2", ModelKeys.ANCHORS, "1,2 3,4 5,6 7,8 9,10 11,12"),
                        tensor("h", 1, 18, 2, 3)),
                ModelException.class,
                "[DERM-044] Metadata of model.onnx has derm.masks for 2 heads, expected 1 head. Remedy: State derm.anchors,"
                        + " derm.masks and derm.scale_x_y as in the model's cfg, heads in output order.");
    }

    @Test
    void masks_withAnIndexPastTheAnchors_saysWhich() {
        assertMessage(
                () -> open(
                        Map.of(ModelKeys.MASKS, "0,1,6", ModelKeys.ANCHORS, "1,2 3,4 5,6"), tensor("h", 1, 18, 2, 3)),
                ModelException.class,
                "[DERM-044] Metadata of model.onnx has anchor 6 in derm.masks, expected an index under 3, the number of anchors."
                        + " Remedy: State derm.anchors, derm.masks and derm.scale_x_y as in the model's cfg, heads in output order.");
    }

    @Test
    void heads_unlikeAnyPublishedModel_askForAnchors() {
        assertMessage(
                () -> open(Map.of(), tensor("h", 1, 18, 2, 3)),
                ModelException.class,
                "[DERM-045] Model model.onnx has 1 head and no derm.anchors, expected 3 as YOLOv4 or 2 as YOLOv4-tiny. Remedy: State"
                        + " derm.anchors and derm.masks as in the model's cfg.");
    }

    @Test
    void metadata_thatIsNoNumber_isQuoted() {
        assertMessage(
                () -> open(Map.of(ModelKeys.ANCHORS, "10,14 23;27"), tensor("h", 1, 18, 2, 3)),
                ModelException.class,
                "[DERM-046] Metadata derm.anchors of model.onnx is '10,14 23;27', expected pairs of positive numbers as"
                        + " 'w,h w,h ...'. Remedy: Mend the metadata or override it with derm.anchors=…");
    }

    @Test
    void metadata_outOfRange_isQuoted() {
        assertMessage(
                () -> open(Map.of(YoloOptions.SCORE_THRESHOLD_KEY, "1.5"), tensor("output", 1, 10, 6)),
                ModelException.class,
                "[DERM-047] Metadata of model.onnx: Score threshold is 1.5, expected 0 up to but not including 1. Remedy: Mend the"
                        + " entry or override it.");
    }

    @Test
    void input_ofWrongRank_isRefusedAtOpening() {
        Signature signature = new Signature(
                List.of(new TensorInfo("images", ElementType.FLOAT32, List.of(1, 300))),
                List.of(new TensorInfo("output", ElementType.FLOAT32, List.of(1, 10, 6))),
                Map.of());
        assertMessage(
                () -> new YoloDetector(
                        new FixedSession(signature, Tensors.of()), Golden.model(), YoloOptions.defaults()),
                ModelException.class,
                "[DERM-010] Model model.onnx has inputs [images float32 [1,300]], expected one of rank 4, e.g. [1,3,416,416]. Remedy:"
                        + " Export the model with a single image input.");
    }

    @Test
    void outputs_withNaN_sayWhichAndWhere() {
        Tensor boxes = tensor("boxes", 1, 2, 1, 4);
        Tensor confs = tensor("confs", 1, 2, 1);
        confs.floats().put(1, Float.NaN);
        assertMessage(
                () -> detect(open(Map.of(), boxes, confs)),
                InferenceException.class,
                "[DERM-130] Output confs float32 [1,2,1] of model.onnx has NaN at element 1, expected finite numbers. Remedy: Check"
                        + " the weights and derm.input.mean and derm.input.std; a float16 model may overflow.");
    }

    @Test
    void heads_withNaNOrInfinity_areRefused() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            Tensor head = head();
            head.floats().put(4 * 6 + 2, bad);
            assertThatThrownBy(() -> detect(open(Map.of(ModelKeys.ANCHORS, "9,9 19,19 29,29"), head)))
                    .isInstanceOf(InferenceException.class)
                    .hasMessageContaining("has " + bad + " at element 26,");
        }
    }

    @Test
    void heads_withInfiniteSizeOfABoxOverTheThreshold_areRefused() {
        Tensor head = head();
        head.floats().put(4 * 6 + 2, 5).put(5 * 6 + 2, 5).put(3 * 6 + 2, Float.POSITIVE_INFINITY);
        assertThatThrownBy(() -> detect(open(Map.of(ModelKeys.ANCHORS, "9,9 19,19 29,29"), head)))
                .isInstanceOf(InferenceException.class)
                .hasMessageStartingWith(
                        "[DERM-130] Output h float32 [1,18,2,3] of model.onnx has Infinity at element 20,");
    }

    @Test
    void scores_over1_sayThatTheLayoutIsAnother() {
        Tensor rows = tensor("output", 1, 1, 6);
        rows.floats().put(0, new float[] {1, 2, 30, 40, 17.5f, 0});
        assertMessage(
                () -> detect(open(Map.of(), rows)),
                InferenceException.class,
                "[DERM-131] Output output float32 [1,1,6] of model.onnx has 17.5 at element 4 where a probability of 0 to 1 is"
                        + " expected. Remedy: Name the layout with derm.decoder=… (" + CHOICES
                        + "); for darknet heads check derm.new_coords.");
    }

    @Test
    void rows_ofAnotherNumberThanConfs_areRefused() {
        Signature signature = signature(Map.of(), tensor("boxes", 1, 3, 1, 4), tensor("confs", 1, 3, 1));
        FixedSession session = new FixedSession(signature, Tensors.of());
        session.outputs(tensor("boxes", 1, 2, 1, 4), tensor("confs", 1, 3, 1));
        assertMessage(
                () -> detect(new YoloDetector(session, Golden.model(), YoloOptions.defaults())),
                InferenceException.class,
                "[DERM-132] Output boxes float32 [1,2,1,4] of model.onnx cannot be read, expected [B,N,1,4] beside [B,N,C] in confs"
                        + " float32 [1,3,1]. Remedy: Name the layout with derm.decoder=… (" + CHOICES + ").");
    }

    @Test
    void heads_afterTheSigmoid_pointToNewCoords() {
        Tensor head = head();
        for (int i = 0; i < head.elements(); i++) {
            head.floats().put(i, 0.01f);
        }
        assertMessage(
                () -> detect(open(Map.of(ModelKeys.ANCHORS, "9,9 19,19 29,29"), head)),
                InferenceException.class,
                "[DERM-133] Outputs [h float32 [1,18,2,3]] of model.onnx have no negative objectness, expected numbers before the"
                        + " sigmoid. Remedy: State derm.new_coords=1 if the model's cfg has new_coords=1, or name the layout with"
                        + " derm.decoder=… (" + CHOICES + ").");
    }

    @Test
    void rows_ofYolov5WithOneClass_areNotTakenForDeepstream() {
        Tensor rows = tensor("output0", 1, 1, 6);
        rows.floats().put(0, new float[] {40, 40, 20, 20, 0.9f, 0.8f});
        assertMessage(
                () -> detect(open(Map.of(), rows)),
                InferenceException.class,
                "[DERM-134] Output output0 float32 [1,1,6] of model.onnx has 0.8 at element 5 where the index of a class is expected."
                        + " Remedy: Name the layout with derm.decoder=… (" + CHOICES
                        + "); rows of YOLOv5 and later are none of them.");
    }

    @Test
    void classes_pastTheLabels_sayWhich() {
        Tensor rows = tensor("output", 1, 1, 6);
        rows.floats().put(0, new float[] {1, 2, 30, 40, 0.9f, 3});
        assertMessage(
                () -> detect(open(Map.of(ModelKeys.LABELS, "a,b"), rows)),
                InferenceException.class,
                "[DERM-135] Model model.onnx gave class 3 and derm.labels names 2 classes, expected an index under that. Remedy: Mend"
                        + " derm.labels or override it with derm.labels=….");
    }

    private static Tensor head() {
        Tensor head = tensor("h", 1, 18, 2, 3);
        for (int i = 0; i < head.elements(); i++) {
            head.floats().put(i, -4);
        }
        return head;
    }

    private static Tensor tensor(String name, int... shape) {
        return Tensor.allocate(name, ElementType.FLOAT32, shape);
    }

    private static Signature signature(Map<String, String> metadata, Tensor... outputs) {
        return new Signature(
                List.of(new TensorInfo("images", ElementType.FLOAT32, List.of(1, 3, 64, 96))),
                Arrays.stream(outputs).map(Tensor::info).toList(),
                metadata);
    }

    private static YoloDetector open(Map<String, String> metadata, Tensor... outputs) {
        return new YoloDetector(
                new FixedSession(signature(metadata, outputs), Tensors.of(outputs)),
                Golden.model(),
                YoloOptions.defaults());
    }

    private static void detect(YoloDetector detector) {
        try (detector;
                Frame frame = Golden.frame(96, 64)) {
            detector.detect(frame);
        }
    }

    private static void assertMessage(ThrowingCallable call, Class<? extends DermException> type, String message) {
        assertThatThrownBy(call).isInstanceOf(type).hasMessage(message);
        assertThat(message).doesNotContain("\n");
    }
}

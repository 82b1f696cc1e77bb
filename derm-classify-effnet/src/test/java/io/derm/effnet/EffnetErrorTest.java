package io.derm.effnet;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.DermException;
import io.derm.api.ElementType;
import io.derm.api.InferenceException;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The messages, word for word: people search for them. */
class EffnetErrorTest {
    private static final String PRESETS = "derm, benign-malignant, siim4, isic2019, isic2020";
    private static final Tensor THREE = Fixtures.scores("scores", 1, 2, 3);

    @Test
    void model_withoutALabelMap_listsThePresets() {
        assertMessage(
                () -> open(Map.of(), THREE),
                ModelException.class,
                "[DERM-060] Model model.onnx does not say what its classes count as, expected derm.classes. Remedy: Give a label file,"
                        + " or derm.classes=… with label=BENIGN|UNKNOWN|MELANOMA|NO_LESION entries or one of " + PRESETS
                        + ".");
    }

    @Test
    void classes_thatCannotBeRead_areQuoted() {
        assertMessage(
                () -> open(Map.of(ModelKeys.CLASSES, "isic2018"), THREE),
                ModelException.class,
                "[DERM-061] derm.classes of model.onnx is 'isic2018', expected label=BENIGN|UNKNOWN|MELANOMA|NO_LESION entries separated by"
                        + " commas or one of " + PRESETS
                        + ". Remedy: Mend the metadata or override it with derm.classes=….");
    }

    @Test
    void label_comingTwice_isNamed() {
        assertMessage(
                () -> open(Map.of(ModelKeys.CLASSES, "a=BENIGN,a=UNKNOWN,b=MELANOMA"), THREE),
                ModelException.class,
                "[DERM-062] Label 'a' comes twice in derm.classes of model.onnx, expected each label once. Remedy: Mend the labels.");
    }

    @Test
    void labels_notAsManyAsClasses_sayBoth() {
        assertMessage(
                () -> open(Map.of(ModelKeys.CLASSES, "siim4"), THREE),
                ModelException.class,
                "[DERM-065] Output scores float32 [1,3] of model.onnx has 3 classes and the labels are [BKL, melanoma, nevus, unknown],"
                        + " expected 3 labels. Remedy: Give the label map of this model: a label file, or derm.classes=… ("
                        + PRESETS
                        + ").");
    }

    @Test
    void labels_notAsManyAsClassesThatTheGraphLeavesFree_areFoundInTheFirstRun() {
        Signature signature = Fixtures.signature(
                Map.of(ModelKeys.CLASSES, "siim4"), new TensorInfo("scores", ElementType.FLOAT32, List.of(-1, -1)));
        assertThatThrownBy(() -> Fixtures.classify(new EffnetClassifier(
                        new FixedSession(signature, THREE), Fixtures.model(), EffnetOptions.defaults())))
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith("[DERM-065] Output scores float32 [1,3] of model.onnx has 3 classes");
    }

    @Test
    void labels_inAnotherOrderThanThePreset_areRefused() {
        assertMessage(
                () -> open(Map.of(ModelKeys.CLASSES, "derm", ModelKeys.LABELS, "melanoma,benign,unknown"), THREE),
                ModelException.class,
                "[DERM-066] derm.classes of model.onnx has classes [benign, unknown, melanoma] and derm.labels has [melanoma, benign,"
                        + " unknown], expected the same in the same order. Remedy: Mend the one that is wrong, or override it.");
    }

    @Test
    void output_ofWrongRank_saysWhatIsExpected() {
        assertMessage(
                () -> open(
                        Map.of(ModelKeys.CLASSES, "derm"),
                        Tensor.allocate("features", ElementType.FLOAT32, 1, 1280, 7, 7)),
                ModelException.class,
                "[DERM-067] Model model.onnx has outputs [features float32 [1,1280,7,7]], expected one of [B,C] with C classes. Remedy:"
                        + " Export the classifier with the scores of its classes as its only output.");
    }

    @Test
    void input_ofWrongRank_isRefused() {
        Signature signature = new Signature(
                List.of(new TensorInfo("x", ElementType.FLOAT32, List.of(1, 224, 224))),
                List.of(THREE.info()),
                Map.of(ModelKeys.CLASSES, "derm"));
        assertThatThrownBy(() -> new EffnetClassifier(
                        new FixedSession(signature, THREE), Fixtures.model(), EffnetOptions.defaults()))
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith("[DERM-010] Model model.onnx has inputs [x float32 [1,224,224]]");
    }

    @Test
    void metadata_thatCannotBeRead_isQuoted() {
        assertMessage(
                () -> open(Map.of(ModelKeys.CLASSES, "derm", ModelKeys.TEMPERATURE, "warm"), THREE),
                ModelException.class,
                "[DERM-068] Metadata derm.temperature of model.onnx is 'warm', expected a number. Remedy: Mend the metadata or override"
                        + " it with derm.temperature=…");
        assertMessage(
                () -> open(Map.of(ModelKeys.CLASSES, "derm", ModelKeys.TEMPERATURE, "0"), THREE),
                ModelException.class,
                "[DERM-068] Metadata of model.onnx: Temperature is 0.0, expected over 0 and up to 1000. Remedy: Mend the entry or"
                        + " override it.");
        assertMessage(
                () -> open(Map.of(ModelKeys.CLASSES, "derm", ModelKeys.ACTIVATION, "relu"), THREE),
                ModelException.class,
                "[DERM-068] Metadata derm.activation of model.onnx is 'relu', expected logits or probabilities. Remedy: Mend the"
                        + " metadata or override it with derm.activation=…");
    }

    @Test
    void singleScore_ofNoStatedKind_isNotGuessed() {
        assertMessage(
                () -> open(Map.of(ModelKeys.CLASSES, "benign-malignant"), Fixtures.scores("dense", 0.4f)),
                ModelException.class,
                "[DERM-069] Output dense float32 [1,1] of model.onnx is a single number and nothing says whether it is a probability."
                        + " Remedy: State derm.activation=logits or derm.activation=probabilities.");
    }

    @Test
    void scores_withNaN_sayWhichAndWhere() {
        assertMessage(
                () -> Fixtures.classify(
                        open(Map.of(ModelKeys.CLASSES, "derm"), Fixtures.scores("scores", 1, 2, Float.NaN))),
                InferenceException.class,
                "[DERM-150] Output scores float32 [1,3] of model.onnx has NaN at element 2, expected finite numbers. Remedy: Check the"
                        + " weights and derm.input.mean and derm.input.std; a float16 model may overflow.");
    }

    @Test
    void probabilities_thatAreNone_areRefused() {
        assertMessage(
                () -> Fixtures.classify(
                        open(Map.of(ModelKeys.CLASSES, "derm", ModelKeys.ACTIVATION, "probabilities"), THREE)),
                InferenceException.class,
                "[DERM-151] Output scores float32 [1,3] of model.onnx has no probabilities for region 0, expected numbers of 0 to 1 that"
                        + " sum to 1. Remedy: State derm.activation=logits if the model has no softmax.");
    }

    @Test
    void output_forFewerRegionsThanAsked_isRefused() {
        Signature signature = Fixtures.signature(
                Map.of(ModelKeys.CLASSES, "derm"), new TensorInfo("scores", ElementType.FLOAT32, List.of(-1, 3)));
        Tensor none = Tensor.allocate("scores", ElementType.FLOAT32, 0, 3);
        assertMessage(
                () -> Fixtures.classify(new EffnetClassifier(
                        new FixedSession(signature, none), Fixtures.model(), EffnetOptions.defaults())),
                InferenceException.class,
                "[DERM-152] Output scores float32 [0,3] of model.onnx cannot be read, expected [1,C]. Remedy: Export the classifier with"
                        + " the batch as the first side of its output.");
    }

    private static EffnetClassifier open(Map<String, String> metadata, Tensor output) {
        return Fixtures.classifier(metadata, EffnetOptions.defaults(), output);
    }

    private static void assertMessage(ThrowingCallable call, Class<? extends DermException> type, String message) {
        assertThatThrownBy(call).isInstanceOf(type).hasMessage(message);
    }
}

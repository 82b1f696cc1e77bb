package io.derm.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.LabelMap;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.ModelKeys;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DemoModelsTest {
    private static final int MODULE_LIMIT_BYTES = 20_000_000;

    @Test
    void detector_metadata_saysHowToFeedAndDecodeIt() {
        Map<String, String> meta = OnnxMetadata.of(DemoModels.detector().bytes());

        assertThat(meta)
                .containsEntry(ModelKeys.TASK, "detect")
                .containsEntry(ModelKeys.LABELS, "lesion")
                .containsEntry(ModelKeys.DECODER, "darknet")
                .containsEntry(ModelKeys.INPUT_FIT, "letterbox")
                .containsEntry(ModelKeys.INPUT_PAD, "114")
                .containsEntry(ModelKeys.INPUT_CHANNELS, "rgb")
                .containsEntry(ModelKeys.MASKS, "6,7,8;3,4,5;0,1,2")
                .containsEntry(ModelKeys.SCALE_X_Y, "1.05")
                .containsEntry(ModelKeys.NEW_COORDS, "0");
        assertThat(meta.get(ModelKeys.ANCHORS).split(" ")).hasSize(9).allSatisfy(pair -> assertThat(pair)
                .matches("\\d+(\\.\\d+)?,\\d+(\\.\\d+)?"));
        assertResearchUse(meta);
    }

    @Test
    void classifier_metadata_saysHowToFeedAndReadIt() {
        Map<String, String> meta = OnnxMetadata.of(DemoModels.classifier().bytes());

        assertThat(meta)
                .containsEntry(ModelKeys.TASK, "classify")
                .containsEntry(ModelKeys.LABELS, "benign,unknown,melanoma,distractor")
                .containsEntry(ModelKeys.INPUT_FIT, "square-crop")
                .containsEntry(ModelKeys.INPUT_CHANNELS, "rgb")
                .containsEntry(ModelKeys.ACTIVATION, "logits");
        LabelMap map = LabelMap.parse(meta.get(ModelKeys.CLASSES));
        assertThat(map.classes())
                .containsExactly(LesionClass.BENIGN, LesionClass.UNKNOWN, LesionClass.MELANOMA, LesionClass.UNKNOWN);
        assertThat(map.noLesion()).containsExactly("distractor");
        assertThat(Double.parseDouble(meta.get(ModelKeys.TEMPERATURE))).isBetween(0.1, 10.0);
        // 0.485 0.456 0.406 and 0.229 0.224 0.225 (torchvision), times 255
        assertThat(numbers(meta.get(ModelKeys.INPUT_MEAN))).containsExactly(123.675, 116.28, 103.53);
        assertThat(numbers(meta.get(ModelKeys.INPUT_STD))).containsExactly(58.395, 57.12, 57.375);
        assertResearchUse(meta);
    }

    @Test
    void cards_digest_isThatOfTheModel() {
        assertCard(DemoModels.detectorCard(), DemoModels.detector());
        assertCard(DemoModels.classifierCard(), DemoModels.classifier());
    }

    @Test
    void models_together_stayWithinTheModuleLimit() {
        assertThat(DemoModels.detector().bytes().length
                        + DemoModels.classifier().bytes().length)
                .isLessThan(MODULE_LIMIT_BYTES);
    }

    private static double[] numbers(String text) {
        return Arrays.stream(text.split(",")).mapToDouble(Double::parseDouble).toArray();
    }

    private static void assertResearchUse(Map<String, String> meta) {
        assertThat(meta)
                .containsEntry(ModelKeys.LICENCE, "Apache-2.0")
                .containsEntry(ModelKeys.INTENDED_USE, "research use only, not a medical device")
                .containsKeys(ModelKeys.NAME, ModelKeys.VERSION);
    }

    private static void assertCard(String card, Model model) {
        assertThat(card).contains(model.sha256(), "research use only, not a medical device", "Apache-2.0");
    }
}

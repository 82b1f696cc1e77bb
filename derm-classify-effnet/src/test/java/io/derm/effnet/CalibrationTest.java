package io.derm.effnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Assessment;
import io.derm.api.LesionClass;
import io.derm.api.ModelKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Probabilities and answers against those worked out in float64 by src/test/python/effnet_goldens.py. */
class CalibrationTest {
    static List<String> cases() throws IOException {
        return Files.readAllLines(Path.of("src/test/resources/calibration.txt"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void scores_ofAPreset_giveTheProbabilitiesWorkedOutIndependently(String line) {
        String[] part = line.split(" \\| ");
        String[] setting = part[0].split(" ");
        EffnetOptions options = EffnetOptions.defaults()
                .withTemperature(Double.parseDouble(setting[2]))
                .withMinProbability(Double.parseDouble(setting[3]))
                .withMaxMelanoma(Double.parseDouble(setting[4]));
        Assessment a = Fixtures.classify(Fixtures.classifier(
                Map.of(ModelKeys.CLASSES, setting[0], ModelKeys.ACTIVATION, setting[1]),
                options,
                Fixtures.scores("scores", Fixtures.floats(part[1]))));

        String[] labels = part[2].split(" ");
        assertThat(a.labels()).hasSize(labels.length);
        int i = 0;
        for (Map.Entry<String, Float> entry : a.labels().entrySet()) {
            String[] expected = labels[i++].split("=");
            assertThat(entry.getKey()).isEqualTo(expected[0]);
            assertThat((double) entry.getValue()).isCloseTo(Double.parseDouble(expected[1]), within(1e-6));
        }
        String[] sums = part[3].split(" ");
        assertThat((double) a.probability(LesionClass.BENIGN)).isCloseTo(Double.parseDouble(sums[0]), within(1e-6));
        assertThat((double) a.probability(LesionClass.UNKNOWN)).isCloseTo(Double.parseDouble(sums[1]), within(1e-6));
        assertThat((double) a.probability(LesionClass.MELANOMA)).isCloseTo(Double.parseDouble(sums[2]), within(1e-6));
        assertThat(a.lesionClass()).isEqualTo(LesionClass.valueOf(part[4]));
    }

    @Test
    void classesOfNoLesion_areSummedUpBesideTheThree() {
        Assessment a = Fixtures.classify(Fixtures.classifier(
                Map.of(
                        ModelKeys.CLASSES, "nevus=BENIGN,hair=NO_LESION,BCC=UNKNOWN,melanoma=MELANOMA,ruler=NO_LESION",
                        ModelKeys.ACTIVATION, "probabilities"),
                EffnetOptions.defaults(),
                Fixtures.scores("scores", 0.1f, 0.3f, 0.15f, 0.25f, 0.2f)));
        assertThat((double) a.noLesion()).isCloseTo(0.5, within(1e-6));
        assertThat((double) a.probability(LesionClass.UNKNOWN)).isCloseTo(0.65, within(1e-6));
        assertThat(a.lesionClass()).isEqualTo(LesionClass.UNKNOWN);
    }

    @Test
    void defaults_ofTemperatureAndRule_areThoseDocumented() {
        assertThat(answer(0.75f, 0.06f, 0.19f)).isEqualTo(LesionClass.BENIGN);
        assertThat(answer(0.74f, 0.05f, 0.21f)).isEqualTo(LesionClass.UNKNOWN);
        assertThat(answer(0.48f, 0.42f, 0.1f)).isEqualTo(LesionClass.UNKNOWN);
        assertThat(answer(0.5f, 0f, 0.5f)).isEqualTo(LesionClass.MELANOMA);
        assertThat(answer(0.2f, 0.31f, 0.49f)).isEqualTo(LesionClass.UNKNOWN);
        assertThat(answer(0.1f, 0.8f, 0.1f)).isEqualTo(LesionClass.UNKNOWN);
    }

    private static LesionClass answer(float benign, float unknown, float melanoma) {
        return Fixtures.classify(Fixtures.classifier(
                        Map.of(ModelKeys.CLASSES, "derm", ModelKeys.ACTIVATION, "probabilities"),
                        EffnetOptions.defaults(),
                        Fixtures.scores("scores", benign, unknown, melanoma)))
                .lesionClass();
    }

    @Test
    void answer_asMelanomaRises_neverTurnsBenignAgain() {
        for (float unknown = 0; unknown < 1; unknown += 0.05f) {
            boolean left = false;
            for (float melanoma = 0; melanoma <= 1 - unknown; melanoma += 0.01f) {
                LesionClass c = new EffnetOptions.Rule(1, 0.5, 0.2).answer(1 - unknown - melanoma, unknown, melanoma);
                left |= c != LesionClass.BENIGN;
                assertThat(left && c == LesionClass.BENIGN).isFalse();
                assertThat(melanoma > 0.2f && c == LesionClass.BENIGN).isFalse();
            }
        }
    }

    @Test
    void metadata_givesTemperatureAndRule_andOptionsGoBeforeIt() {
        Map<String, String> metadata = Map.of(
                ModelKeys.CLASSES, "derm",
                ModelKeys.ACTIVATION, "logits",
                ModelKeys.TEMPERATURE, "2",
                EffnetOptions.MIN_PROBABILITY_KEY, "0.9",
                EffnetOptions.MAX_MELANOMA_KEY, "0.01");
        // softmax((4, 0, 0) / 2) = e^2 / (e^2 + 2) = 0.786986; without the temperature e^4 / (e^4 + 2) = 0.964664.
        float[] scores = {4, 0, 0};
        Assessment byMetadata = Fixtures.classify(
                Fixtures.classifier(metadata, EffnetOptions.defaults(), Fixtures.scores("s", scores)));
        assertThat(byMetadata.probability(LesionClass.BENIGN)).isCloseTo(0.786986f, within(1e-5f));
        assertThat(byMetadata.lesionClass()).isEqualTo(LesionClass.UNKNOWN);
        Assessment byOptions = Fixtures.classify(Fixtures.classifier(
                metadata,
                EffnetOptions.defaults().withTemperature(1).withMaxMelanoma(0.1),
                Fixtures.scores("s", scores)));
        assertThat(byOptions.probability(LesionClass.BENIGN)).isCloseTo(0.964664f, within(1e-5f));
        assertThat(byOptions.lesionClass()).isEqualTo(LesionClass.BENIGN);
    }

    @ParameterizedTest
    // sigmoid(1.5) = 0.817574; sigmoid(1.5 / 3) = 0.622459; 0.9^(1/2) / (0.9^(1/2) + 0.1^(1/2)) = 0.75.
    @CsvSource({"logits,1,1.5,0.817574", "logits,3,1.5,0.622459", "probabilities,1,0.9,0.9", "probabilities,2,0.9,0.75"
    })
    void singleScore_isTheSecondOfTwoClasses(String activation, double temperature, float score, float expected) {
        Assessment a = Fixtures.classify(Fixtures.classifier(
                Map.of(ModelKeys.CLASSES, "benign-malignant", ModelKeys.ACTIVATION, activation),
                EffnetOptions.defaults().withTemperature(temperature),
                Fixtures.scores("scores", score)));
        assertThat(a.probability(LesionClass.MELANOMA)).isCloseTo(expected, within(1e-5f));
        assertThat(a.labels()).containsOnlyKeys("benign", "malignant");
    }

    @Test
    void activation_notStated_followsTheFirstScores() {
        Map<String, String> metadata = Map.of(ModelKeys.CLASSES, "derm");
        Assessment probabilities = Fixtures.classify(
                Fixtures.classifier(metadata, EffnetOptions.defaults(), Fixtures.scores("scores", 0.7f, 0.2f, 0.1f)));
        assertThat(probabilities.probability(LesionClass.BENIGN)).isCloseTo(0.7f, within(1e-6f));
        // In 0 to 1 but not summing to 1: e^0.7 / (e^0.7 + e^0.2 + e^0.2) = 0.451863.
        Assessment logits = Fixtures.classify(
                Fixtures.classifier(metadata, EffnetOptions.defaults(), Fixtures.scores("scores", 0.7f, 0.2f, 0.2f)));
        assertThat(logits.probability(LesionClass.BENIGN)).isCloseTo(0.451863f, within(1e-5f));
    }

    @Test
    void activation_inTheNameOfTheOutput_isTaken() {
        // Numbers that look like probabilities, but the output says logits.
        Assessment a = Fixtures.classify(Fixtures.classifier(
                Map.of(ModelKeys.CLASSES, "derm"),
                EffnetOptions.defaults(),
                Fixtures.scores("logits", 0.7f, 0.2f, 0.1f)));
        assertThat(a.probability(LesionClass.BENIGN)).isLessThan(0.5f);
    }
}

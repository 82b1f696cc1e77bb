package io.derm.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

class AssessmentTest {
    private static final Map<LesionClass, Float> THREE =
            Map.of(LesionClass.MELANOMA, 0.7f, LesionClass.BENIGN, 0.1f, LesionClass.UNKNOWN, 0.2f);
    private static final List<String> NAMES = List.of("nevus", "MEL", "BCC");

    private static Assessment ofNumbers() {
        return Assessment.of(LesionClass.MELANOMA, 0.1f, 0.2f, 0.7f, NAMES, new float[] {0.1f, 0.7f, 0.2f});
    }

    private static Map<String, Float> labels() {
        Map<String, Float> labels = new LinkedHashMap<>();
        labels.put("nevus", 0.1f);
        labels.put("MEL", 0.7f);
        labels.put("BCC", 0.2f);
        return labels;
    }

    @Test
    void assessment_ofNumbersAndOfMaps_areEqualWithEqualHashAndText() {
        Assessment ofMaps = new Assessment(LesionClass.MELANOMA, THREE, labels());

        assertThat(ofNumbers()).isEqualTo(ofMaps).hasSameHashCodeAs(ofMaps).hasToString(ofMaps.toString());
        assertThat(ofNumbers().labels()).isEqualTo(labels()).hasSameHashCodeAs(labels());
        assertThat(labels()).isEqualTo(ofNumbers().labels());
        assertThat(ofNumbers().probabilities()).isEqualTo(THREE).hasSameHashCodeAs(THREE);
        assertThat(Assessment.of(LesionClass.MELANOMA, 0.1f, 0.2f, 0.7f, NAMES, new float[] {0.1f, 0.2f, 0.7f}))
                .isNotEqualTo(ofMaps);
    }

    @Test
    void maps_read_haveTheNumbersInOrder() {
        Assessment a = ofNumbers();

        assertThat(a.labels())
                .containsExactly(Map.entry("nevus", 0.1f), Map.entry("MEL", 0.7f), Map.entry("BCC", 0.2f));
        assertThat(a.probabilities().keySet())
                .containsExactly(LesionClass.BENIGN, LesionClass.UNKNOWN, LesionClass.MELANOMA);
        assertThat(a.labels().get("MEL")).isEqualTo(0.7f);
        assertThat(a.labels().get("mel")).isNull();
        assertThat(a.labels().containsKey("BCC")).isTrue();
        assertThat(a.labels().containsKey(null)).isFalse();
        assertThat(a.probability(LesionClass.BENIGN)).isEqualTo(0.1f);
        assertThat(a.probability(LesionClass.UNKNOWN)).isEqualTo(0.2f);
        assertThat(a.probability(LesionClass.MELANOMA)).isEqualTo(0.7f);
    }

    @Test
    void maps_written_refuse() {
        Map<String, Float> labels = ofNumbers().labels();

        assertThatThrownBy(() -> labels.put("MEL", 0f)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> labels.remove("MEL")).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> labels.entrySet().iterator().next().setValue(0f))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void iterator_pastTheEnd_saysSo() {
        Iterator<Float> iterator = ofNumbers().labels().values().iterator();

        assertThat(List.of(iterator.next(), iterator.next(), iterator.next())).containsExactly(0.1f, 0.7f, 0.2f);
        assertThat(iterator.hasNext()).isFalse();
        assertThatThrownBy(iterator::next).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void assessment_whatItWasMadeOfChanges_staysTheSame() {
        float[] numbers = {0.1f, 0.7f, 0.2f};
        Assessment ofNumbers = Assessment.of(LesionClass.MELANOMA, 0.1f, 0.2f, 0.7f, NAMES, numbers);
        Map<String, Float> map = labels();
        Assessment ofMaps = new Assessment(LesionClass.MELANOMA, THREE, map);

        numbers[1] = 0;
        map.clear();

        assertThat(ofNumbers.labels()).isEqualTo(labels());
        assertThat(ofMaps.labels()).isEqualTo(labels());
    }

    @Test
    void noLesion_isPartOfUnknown() {
        float[] numbers = {0.1f, 0.7f, 0.2f};
        assertThat(ofNumbers().noLesion()).isZero();
        assertThat(Assessment.of(LesionClass.MELANOMA, 0.1f, 0.2f, 0.7f, NAMES, numbers, 0.15f)
                        .noLesion())
                .isEqualTo(0.15f);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Assessment.of(LesionClass.MELANOMA, 0.1f, 0.2f, 0.7f, NAMES, numbers, 0.25f))
                .withMessage("Probability of no lesion is 0.25, expected 0 to that of UNKNOWN, 0.2");
    }

    @Test
    void of_numbersThatDoNotFit_areRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Assessment.of(LesionClass.BENIGN, 1, 0, 0, NAMES, new float[2]))
                .withMessageContaining("2 probabilities");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Assessment.of(LesionClass.BENIGN, 1, 0, 0, List.of("a", "b", "a"), new float[3]))
                .withMessageContaining("'a' comes twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Assessment.of(LesionClass.BENIGN, 0.5f, 0, 0, NAMES, new float[3]))
                .withMessageContaining("sum to 0.5");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Assessment.of(LesionClass.BENIGN, Float.NaN, 0, 1, NAMES, new float[3]))
                .withMessageContaining("NaN");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Assessment(LesionClass.BENIGN, Map.of(LesionClass.BENIGN, 1f), Map.of()))
                .withMessageContaining("expected all of");
    }
}

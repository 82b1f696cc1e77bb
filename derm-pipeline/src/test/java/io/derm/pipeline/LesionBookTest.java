package io.derm.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.LesionClass;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LesionBookTest {
    private static final ExamOptions TWO =
            ExamOptions.defaults().withConfirmSightings(2).withConfirmScore(0.6);

    @Test
    void lesion_severalLooks_isWeighedByTheirQuality() {
        LesionBook book = new LesionBook(TWO);
        see(book, 1, 0.7f, 10, assessment(LesionClass.BENIGN, 0.8f, 0.1f));
        see(book, 1, 0.7f, 40, assessment(LesionClass.MELANOMA, 0.2f, 0.7f));
        Lesion lesion = book.confirmed().get(0);
        assertThat(lesion.lesionClass()).isEqualTo(LesionClass.MELANOMA);
        assertThat(lesion.probabilities().get(LesionClass.BENIGN)).isCloseTo(0.32f, within(1e-6f));
        assertThat(lesion.probabilities().get(LesionClass.MELANOMA)).isCloseTo(0.58f, within(1e-6f));
        assertThat(lesion.sightings()).isEqualTo(2);
        assertThat(lesion.assessed()).isEqualTo(2);
    }

    @Test
    void see_withoutAnAssessment_carriesTheLastOneAndAddsNoEvidence() {
        LesionBook book = new LesionBook(TWO);
        Assessment seen = assessment(LesionClass.BENIGN, 0.8f, 0.1f);
        Sighting first = see(book, 1, 0.7f, 10, seen);
        Sighting second = see(book, 1, 0.7f, 10, null);
        assertThat(first.assessed()).isTrue();
        assertThat(second.assessed()).isFalse();
        assertThat(second.assessment()).isEqualTo(seen);
        Lesion lesion = book.confirmed().get(0);
        assertThat(lesion.sightings()).isEqualTo(2);
        assertThat(lesion.assessed()).isEqualTo(1);
        assertThat(lesion.course().size()).isEqualTo(1);
        assertThat(lesion.best()).isSameAs(first);
    }

    @Test
    void confirmed_tooFewOrTooUnsure_isLeftOut() {
        LesionBook book = new LesionBook(TWO);
        Assessment any = assessment(LesionClass.BENIGN, 0.8f, 0.1f);
        assertThat(see(book, 1, 0.9f, 10, any).confirmed()).isFalse();
        assertThat(see(book, 2, 0.55f, 10, any).confirmed()).isFalse();
        assertThat(see(book, 2, 0.55f, 10, any).confirmed()).isFalse();
        assertThat(book.confirmed()).isEmpty();
        assertThat(book.unconfirmed()).isEqualTo(2);
        // A mean of (0.55 + 0.55 + 0.75) / 3 = 0.617.
        assertThat(see(book, 2, 0.75f, 10, any).confirmed()).isTrue();
        assertThat(book.confirmed()).extracting(Lesion::id).containsExactly(2);
    }

    @Test
    void confirmed_scoreLeftToTheDetector_isItsScore() {
        LesionBook book = new LesionBook(ExamOptions.defaults().withConfirmSightings(1));
        Assessment any = assessment(LesionClass.BENIGN, 0.8f, 0.1f);
        assertThat(see(book, 1, 0.69f, 0.7, 10, any).confirmed()).isFalse();
        assertThat(see(book, 2, 0.71f, 0.7, 10, any).confirmed()).isTrue();
    }

    @Test
    void confirmed_scoresExactlyAtTheLimit_isReported() {
        LesionBook book = new LesionBook(ExamOptions.defaults().withConfirmSightings(10));
        Assessment any = assessment(LesionClass.BENIGN, 0.8f, 0.1f);
        for (int i = 0; i < 6; i++) {
            see(book, 1, 0.875f, 0.9, 10, any);
        }
        for (int i = 0; i < 4; i++) {
            see(book, 1, 0.9375f, 0.9, 10, any);
        }
        // 6 x 0.875 + 4 x 0.9375 = 9 = 10 x 0.9; ten times 0.9 added up are more in doubles.
        assertThat(book.confirmed()).hasSize(1);
    }

    @Test
    void confirmed_anotherDetectorMeanwhile_isHeldToWhatEachAsksFor() {
        Assessment any = assessment(LesionClass.BENIGN, 0.8f, 0.1f);
        ExamOptions each = ExamOptions.defaults().withConfirmSightings(1);
        LesionBook book = new LesionBook(each);
        see(book, 1, 0.75f, 0.5, 10, any);
        // As sure as each was to be, in the mean: (0.75 + 0.125 + 0.125) / 3 to (0.5 + 0.25 + 0.25) / 3.
        assertThat(see(book, 1, 0.125f, 0.25, 10, any).confirmed()).isTrue();
        assertThat(see(book, 1, 0.125f, 0.25, 10, any).confirmed()).isTrue();
        assertThat(see(book, 1, 0.245f, 0.25, 10, any).confirmed()).isFalse();
        assertThat(see(book, 1, 0.51f, 0.5, 10, any).confirmed()).isTrue();
        LesionBook given = new LesionBook(each.withConfirmScore(0.5));
        see(given, 1, 0.75f, 0.9, 10, any);
        assertThat(see(given, 1, 0.25f, 0.1, 10, any).confirmed()).isTrue();
        assertThat(see(given, 1, 0.49f, 0.1, 10, any).confirmed()).isFalse();
    }

    @Test
    void confirmed_ratherNoLesionByTheQualityOfItsLooks_isLeftOutUnlessAllAreWanted() {
        Assessment thing = assessment(LesionClass.UNKNOWN, 0.1f, 0.1f, 0.7f);
        Assessment lesion = assessment(LesionClass.UNKNOWN, 0.4f, 0.1f, 0.2f);
        LesionBook book = new LesionBook(TWO.withDismissNoLesion(0.5));
        see(book, 1, 0.9f, 10, thing);
        assertThat(see(book, 1, 0.9f, 10, lesion).confirmed()).isTrue();
        // (10 x 0.7 + 20 x 0.2 + 20 x 0.7) / 50 = 0.5.
        see(book, 2, 0.9f, 10, thing);
        see(book, 2, 0.9f, 20, lesion);
        assertThat(see(book, 2, 0.9f, 20.1, thing).confirmed()).isFalse();
        assertThat(book.confirmed()).extracting(Lesion::id).containsExactly(1);
        assertThat(book.confirmed().get(0).noLesion()).isCloseTo(0.45f, within(1e-6f));
        assertThat(book.unconfirmed()).isEqualTo(1);
        Assessment melanoma = assessment(LesionClass.MELANOMA, 0, 0.5f, 0.5f);
        see(book, 3, 0.9f, 10, melanoma);
        see(book, 3, 0.9f, 10, melanoma);
        assertThat(see(book, 3, 0.9f, 10, thing).confirmed())
                .as("mostly a melanoma")
                .isTrue();
        LesionBook all = new LesionBook(TWO.withDismissNoLesion(1));
        Assessment nothing = assessment(LesionClass.UNKNOWN, 0, 0, 1);
        see(all, 1, 0.9f, 10, nothing);
        assertThat(see(all, 1, 0.9f, 10, nothing).confirmed()).isTrue();
    }

    @Test
    void due_afterTheFirstLooks_onlyForABetterOneOrOnSchedule() {
        LesionBook book = new LesionBook(TWO.withClassifyEvery(5));
        Assessment any = assessment(LesionClass.BENIGN, 0.8f, 0.1f);
        StringBuilder due = new StringBuilder();
        double[] qualities = {10, 10, 10, 10, 9, 10.4, 10, 10, 11, 10, 12, 12};
        for (double quality : qualities) {
            boolean now = book.due(1, quality);
            due.append(now ? 'x' : '.');
            see(book, 1, 0.7f, quality, now ? any : null);
        }
        // Three first looks; the fifth sighting after them; two looks better by more than a twentieth than all before.
        assertThat(due).hasToString("xxx....xx.x.");
    }

    @Test
    void forget_lesions_keepsThoseReportedAndCountsTheOthers() {
        LesionBook book = new LesionBook(TWO);
        Assessment any = assessment(LesionClass.BENIGN, 0.8f, 0.1f);
        see(book, 1, 0.9f, 10, any);
        see(book, 1, 0.9f, 10, any);
        see(book, 2, 0.9f, 10, any);
        book.forget(1);
        book.forget(2);
        assertThat(book.confirmed()).extracting(Lesion::id).containsExactly(1);
        assertThat(book.unconfirmed()).isEqualTo(1);
    }

    @Test
    void course_moreSightingsThanPoints_thinsEvenly() {
        Course course = new Course();
        for (int i = 0; i < 5000; i++) {
            course.add(i, assessment(LesionClass.BENIGN, (i % 100) / 100f, 0));
        }
        assertThat(course.size()).isBetween(Course.MAX_POINTS / 2, Course.MAX_POINTS);
        long step = course.timestampMicros(1) - course.timestampMicros(0);
        for (int p = 0; p < course.size(); p++) {
            assertThat(course.timestampMicros(p)).isEqualTo(p * step);
            assertThat(course.probability(p, LesionClass.BENIGN)).isEqualTo((p * step % 100) / 100f);
        }
    }

    private static Sighting see(LesionBook book, int id, float score, double quality, Assessment assessment) {
        return see(book, id, score, 0, quality, assessment);
    }

    private static Sighting see(
            LesionBook book, int id, float score, double confirmScore, double quality, Assessment assessment) {
        Detection detection = new Detection(new Box(20, 20, 30, 30), score, 0, "lesion");
        return book.entry(id, 0).see(detection, confirmScore, quality, assessment, 0);
    }

    private static Assessment assessment(LesionClass c, float benign, float melanoma) {
        return assessment(c, benign, melanoma, 0);
    }

    private static Assessment assessment(LesionClass c, float benign, float melanoma, float noLesion) {
        return new Assessment(
                c,
                Map.of(
                        LesionClass.BENIGN, benign,
                        LesionClass.MELANOMA, melanoma,
                        LesionClass.UNKNOWN, 1 - benign - melanoma),
                Map.of(),
                noLesion);
    }
}

package io.derm.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.LesionClass;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LesionBookTest {
    private final Frame frame = Frame.wrap(ByteBuffer.allocateDirect(3 * 100 * 100), 100, 100, 300, PixelFormat.BGR24);

    @Test
    void lesion_severalSightings_isWeighedByScoreAndSize() {
        LesionBook book = new LesionBook();
        book.add(frame, sighting(1, new Box(20, 20, 30, 30), 0.5f, LesionClass.BENIGN, 0.8f, 0.1f));
        book.add(frame, sighting(1, new Box(20, 20, 60, 60), 0.5f, LesionClass.MELANOMA, 0.2f, 0.7f));
        Lesion lesion = book.confirmed(2).get(0);
        // Weights 0.5 * 10 and 0.5 * 40: a fifth and four fifths.
        assertThat(lesion.lesionClass()).isEqualTo(LesionClass.MELANOMA);
        assertThat(lesion.probabilities().get(LesionClass.BENIGN)).isCloseTo(0.32f, within(1e-6f));
        assertThat(lesion.probabilities().get(LesionClass.MELANOMA)).isCloseTo(0.58f, within(1e-6f));
        assertThat(lesion.sightings()).isEqualTo(2);
    }

    @Test
    void best_largerButCutByTheBorder_givesWayToAWholeOne() {
        LesionBook book = new LesionBook();
        book.add(frame, sighting(1, new Box(0, 20, 60, 80), 0.9f, LesionClass.BENIGN, 0.8f, 0.1f));
        book.add(frame, sighting(1, new Box(20, 20, 40, 40), 0.6f, LesionClass.BENIGN, 0.8f, 0.1f));
        assertThat(book.confirmed(1).get(0).best().detection().box()).isEqualTo(new Box(20, 20, 40, 40));
    }

    @Test
    void confirmed_tooFewSightings_areLeftOut() {
        LesionBook book = new LesionBook();
        book.add(frame, sighting(1, new Box(20, 20, 30, 30), 0.9f, LesionClass.BENIGN, 0.8f, 0.1f));
        assertThat(book.confirmed(2)).isEmpty();
        assertThat(book.size()).isEqualTo(1);
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

    private static Sighting sighting(int id, Box box, float score, LesionClass c, float benign, float melanoma) {
        return new Sighting(id, new Detection(box, score, 0, "lesion"), assessment(c, benign, melanoma));
    }

    private static Assessment assessment(LesionClass c, float benign, float melanoma) {
        return new Assessment(
                c,
                Map.of(
                        LesionClass.BENIGN, benign,
                        LesionClass.MELANOMA, melanoma,
                        LesionClass.UNKNOWN, 1 - benign - melanoma),
                Map.of());
    }
}

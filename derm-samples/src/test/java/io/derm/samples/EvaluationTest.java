package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.CaptureException;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data set written by hand and answers made up, with figures that can be worked out on paper. */
class EvaluationTest {
    private static final Box HERE = Box.ofSize(10, 10, 20, 20);
    private static final Box THERE = Box.ofSize(40, 40, 20, 20);
    private static final Box NOWHERE = Box.ofSize(70, 5, 20, 20);

    @TempDir
    Path dir;

    @Test
    void read_handwrittenSet_hasItsLabels() throws Exception {
        DataSet data = handwritten();
        assertThat(data.hasBoxes()).isTrue();
        assertThat(data.scenes()).extracting(DataSet.Scene::tone).containsExactly("II", "VI", "II");
        assertThat(data.scenes().get(0).lesions()).containsExactly(HERE, THERE);
        assertThat(data.scenes().get(2).lesions()).isEmpty();
        assertThat(data.crops())
                .extracting(DataSet.Crop::lesionClass)
                .containsExactly(
                        LesionClass.BENIGN,
                        LesionClass.BENIGN,
                        LesionClass.UNKNOWN,
                        LesionClass.MELANOMA,
                        LesionClass.MELANOMA);
    }

    @Test
    void where_evenAndOdd_splitsScenesAndEachClass() throws Exception {
        DataSet even = handwritten().where(i -> i % 2 == 0);
        DataSet odd = handwritten().where(i -> i % 2 == 1);
        assertThat(even.scenes()).hasSize(2);
        assertThat(odd.scenes()).hasSize(1).doesNotContainAnyElementsOf(even.scenes());
        assertThat(even.crops()).hasSize(3).doesNotContainAnyElementsOf(odd.crops());
        assertThat(odd.crops())
                .extracting(DataSet.Crop::lesionClass)
                .containsExactly(LesionClass.BENIGN, LesionClass.MELANOMA);
    }

    @Test
    void atMost_two_isSpread() throws Exception {
        DataSet some = handwritten().atMost(2);
        assertThat(some.scenes())
                .extracting(s -> s.file().getFileName().toString())
                .containsExactly("0.png", "1.png");
        assertThat(some.crops())
                .extracting(DataSet.Crop::lesionClass)
                .containsExactly(LesionClass.BENIGN, LesionClass.UNKNOWN);
        assertThat(handwritten().atMost(99).crops()).hasSize(5);
        assertThat(handwritten().atMostCropsOfEachClass(1).crops()).hasSize(3);
    }

    @Test
    void read_folderOfImages_hasNoLabels() throws Exception {
        handwritten();
        DataSet data = DataSet.read(dir.resolve("images"));
        assertThat(data.scenes()).hasSize(3);
        assertThat(data.hasBoxes()).isFalse();
        assertThat(data.crops()).isEmpty();
    }

    @Test
    void read_brokenAnnotations_isOneClearLine() throws Exception {
        for (String text : List.of("{\"images\": [", "{\"annotations\":[{\"image_id\":1,\"bbox\":[1,2,-3,4]}]}")) {
            Files.writeString(dir.resolve("annotations.json"), text);
            assertThatThrownBy(() -> DataSet.read(dir))
                    .isInstanceOf(CaptureException.class)
                    .hasMessageContaining("DERM-257")
                    .hasMessageContaining("annotations.json")
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void detector_madeUpAnswers_givesTheFiguresWorkedOut() throws Exception {
        Deque<List<Detection>> answers = new ArrayDeque<>(List.of(
                List.of(found(HERE, 0.9), found(NOWHERE, 0.8)), List.of(found(HERE, 0.7)), List.of(found(THERE, 0.2))));
        int[] steps = new int[1];
        DetectionResult r;
        try (Detector detector = new ScriptedDetector(answers)) {
            r = Evaluation.detector(detector, handwritten(), 0.5, 0.35, () -> steps[0]++);
        }
        assertThat(steps[0]).isEqualTo(3);
        assertThat(r.images()).isEqualTo(3);
        assertThat(r.lesions()).isEqualTo(3);
        // Of three lesions: precision 1 up to recall 1/3 (levels 0 to 33), 2/3 up to recall 2/3 (34 to 66), 0 above.
        assertThat(r.averagePrecision()).isCloseTo((34 + 33 * 2 / 3.0) / 101, within(1e-9));
        assertThat(r.atThreshold().recall()).isCloseTo(2 / 3.0, within(1e-9));
        assertThat(r.atThreshold().falsePerImage()).isCloseTo(1 / 3.0, within(1e-9));
        assertThat(r.byTone()).containsOnlyKeys("II", "VI");
        assertThat(r.byTone().get("II")).isEqualTo(new DetectionResult.Tone(2, 0.5));
        assertThat(r.byTone().get("VI")).isEqualTo(new DetectionResult.Tone(1, 1));
        assertThat(r.meanRecallOfTones()).isEqualTo(0.75);
    }

    @Test
    void classifier_madeUpAnswers_givesTheFiguresWorkedOut() throws Exception {
        // P(melanoma) of benign 0.1 and 0.6, unknown 0.2, melanoma 0.7 and 0.4.
        Deque<Float> answers = new ArrayDeque<>(List.of(0.1f, 0.6f, 0.2f, 0.7f, 0.4f));
        ClassificationResult r;
        try (Classifier classifier = new ScriptedClassifier(answers)) {
            r = Evaluation.classifier(classifier, handwritten(), () -> {});
        }
        assertThat(r.crops()).isEqualTo(5);
        // Of six pairs 0.7 beats three and 0.4 beats two.
        assertThat(r.melanomaArea()).isCloseTo(5 / 6.0, within(1e-9));
        // Three negatives: specificity 0.85 allows no false alarm, so the threshold is over 0.6.
        assertThat(r.melanomaSensitivity()).isEqualTo(0.5);
        assertThat(r.answered(LesionClass.BENIGN, LesionClass.BENIGN)).isEqualTo(1);
        assertThat(r.answered(LesionClass.BENIGN, LesionClass.MELANOMA)).isEqualTo(1);
        assertThat(r.answered(LesionClass.MELANOMA, LesionClass.MELANOMA)).isEqualTo(1);
        assertThat(r.answered(LesionClass.MELANOMA, LesionClass.UNKNOWN)).isZero();
    }

    private DataSet handwritten() throws Exception {
        if (!Files.exists(dir.resolve("annotations.json"))) {
            for (String name : List.of(
                    "images/0.png",
                    "images/1.png",
                    "images/2.png",
                    "crops/benign/a.png",
                    "crops/benign/b.png",
                    "crops/unknown/c.png",
                    "crops/melanoma/d.png",
                    "crops/melanoma/e.png")) {
                Files.createDirectories(dir.resolve(name).getParent());
                ImageIO.write(
                        new BufferedImage(96, 72, BufferedImage.TYPE_3BYTE_BGR),
                        "png",
                        dir.resolve(name).toFile());
            }
            Files.writeString(dir.resolve("annotations.json"), """
                    {"images": [
                      {"id": 1, "file_name": "images/0.png", "fitzpatrick": "II"},
                      {"id": 2, "file_name": "1.png", "fitzpatrick": "VI"},
                      {"id": 3, "file_name": "images/2.png", "fitzpatrick": "II"}],
                     "annotations": [
                      {"image_id": 1, "bbox": [10, 10, 20, 20]},
                      {"image_id": 2, "bbox": [10, 10, 20, 20]},
                      {"image_id": 1, "bbox": [40, 40, 20, 20]}]}
                    """);
        }
        return DataSet.read(dir);
    }

    private static Detection found(Box box, double score) {
        return new Detection(box, (float) score, 0, "lesion");
    }

    private record ScriptedDetector(Deque<List<Detection>> answers) implements Detector {
        @Override
        public List<Detection> detect(Frame frame) {
            return answers.remove();
        }

        @Override
        public Model model() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    /** Answers melanoma from 0.5 on, else benign, which gets the rest. */
    private record ScriptedClassifier(Deque<Float> answers) implements Classifier {
        @Override
        public List<Assessment> classify(Frame frame, List<Box> regions) {
            float p = answers.remove();
            return List.of(new Assessment(
                    p >= 0.5f ? LesionClass.MELANOMA : LesionClass.BENIGN,
                    Map.of(LesionClass.BENIGN, 1 - p, LesionClass.UNKNOWN, 0f, LesionClass.MELANOMA, p),
                    Map.of()));
        }

        @Override
        public Model model() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}

package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.RuntimeUse;
import io.derm.phantom.LesionTruth;
import io.derm.phantom.PhantomClip;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamOptions;
import io.derm.pipeline.ExamSummary;
import io.derm.samples.TrackingMetrics.Identified;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Exams of phantom clips whose detector is as unsure as a real one, with the truth known of each of its boxes: jitter, one in twelve left
 * out, false boxes that stay for a while. So the numbers that an exam gives are held against those that cannot be bettered with these
 * boxes.
 */
class EvidenceOnPhantomTest {
    private static final int FRAMES = 450;

    /** Who each box of a frame is: the true lesion, or a number from 1000 on for a false one. */
    private final Map<Long, Map<Box, Integer>> whose = new HashMap<>();

    @ParameterizedTest
    @CsvSource({"7, 0", "8, 0", "9, 0", "7, 2", "8, 2", "9, 2"})
    void exam_movingClipWithUnsureBoxes_keepsIdentitiesAsWellAsTheBoxesAllow(long seed, int passers) throws Exception {
        PhantomClip.Options options = new PhantomClip.Options(640, 360, 30, FRAMES, seed).withPassers(passers);
        TrackingMetrics ours = new TrackingMetrics();
        TrackingMetrics best = new TrackingMetrics();
        List<List<Identified>> answers = new ArrayList<>();
        ExamSummary summary;
        try (PhantomClip clip = new PhantomClip(options);
                Answers parts = new Answers(unsure(clip, seed))) {
            summary = new Exam(clip, parts, parts, ExamOptions.defaults())
                    .run(f -> answers.add(f.sightings().stream()
                            .map(s -> new Identified(s.lesion(), s.detection().box()))
                            .toList()));
            List<Integer> reported = summary.lesions().stream().map(l -> l.id()).toList();
            for (int f = 0; f < FRAMES; f++) {
                List<Identified> truths = clip.truth(f).stream()
                        .map(t -> new Identified(t.id(), t.box()))
                        .toList();
                Map<Box, Integer> known = whose.get((long) f);
                List<Identified> shown = answers.get(f).stream()
                        .filter(a -> reported.contains(a.id()))
                        .toList();
                ours.add(truths, shown);
                best.add(
                        truths,
                        shown.stream()
                                .map(a -> new Identified(known.get(a.box()), a.box()))
                                .toList());
            }
        }
        double ceiling = idf1(best);
        assertThat(ceiling).as("what the boxes allow").isGreaterThan(0.85);
        assertThat(idf1(ours)).as("IDF1, of at most %.3f", ceiling).isGreaterThan(ceiling - 0.03);
        assertThat(ours.switches()).isLessThanOrEqualTo(2);
    }

    private static double idf1(TrackingMetrics m) {
        return 2.0 * m.identified() / (m.truths() + m.answers());
    }

    private Function<Long, List<Detection>> unsure(PhantomClip clip, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<Integer, Box> ghosts = new HashMap<>();
        int[] lastGhost = {1000};
        return frame -> {
            Map<Box, Integer> known = new HashMap<>();
            List<Detection> boxes = new ArrayList<>();
            for (LesionTruth truth : clip.truth(frame)) {
                if (random.nextInt(12) != 0) {
                    add(boxes, known, truth.id(), jitter(truth.box(), random), random.nextDouble(0.5, 1));
                }
            }
            if (random.nextInt(40) == 0) {
                ghosts.put(
                        ++lastGhost[0],
                        Box.ofCenter(
                                (float) random.nextDouble(40, 600),
                                (float) random.nextDouble(40, 320),
                                (float) random.nextDouble(12, 50),
                                (float) random.nextDouble(12, 50)));
            }
            ghosts.entrySet().removeIf(g -> random.nextInt(6) == 0);
            ghosts.forEach((id, box) -> add(boxes, known, id, jitter(box, random), random.nextDouble(0.35, 0.7)));
            whose.put(frame, known);
            return boxes;
        };
    }

    private static void add(List<Detection> boxes, Map<Box, Integer> known, int id, Box box, double score) {
        boxes.add(new Detection(box, (float) score, 0, "lesion"));
        known.put(box, id);
    }

    /** The sides off by about a tenth of the box or a pixel. */
    private static Box jitter(Box b, SplittableRandom random) {
        double x = Math.max(1, 0.05 * b.width());
        double y = Math.max(1, 0.05 * b.height());
        float left = (float) (b.left() + random.nextDouble(-x, x));
        float top = (float) (b.top() + random.nextDouble(-y, y));
        return new Box(
                        left,
                        top,
                        Math.max(left + 1, (float) (b.right() + random.nextDouble(-x, x))),
                        Math.max(top + 1, (float) (b.bottom() + random.nextDouble(-y, y))))
                .clip(new Box(0, 0, 640, 360));
    }

    /** Gives each frame its boxes; what they look like is not the matter here. */
    private record Answers(Function<Long, List<Detection>> boxes) implements Detector, Classifier {
        @Override
        public List<Detection> detect(Frame frame) {
            return boxes.apply(frame.sequence());
        }

        @Override
        public List<Assessment> classify(Frame frame, List<Box> regions) {
            Assessment benign = new Assessment(
                    LesionClass.BENIGN,
                    Map.of(LesionClass.BENIGN, 1f, LesionClass.UNKNOWN, 0f, LesionClass.MELANOMA, 0f),
                    Map.of());
            return regions.stream().map(r -> benign).toList();
        }

        @Override
        public Model model() {
            return Model.of("answers", new byte[] {1});
        }

        @Override
        public RuntimeUse runtime() {
            return RuntimeUse.UNKNOWN;
        }

        @Override
        public void close() {}
    }
}

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
 * Exams of phantom clips whose detector is unsure, with the truth known of each of its boxes: jitter, one in twelve left out, things
 * taken for lesions now and then. So the numbers that an exam gives are held against those that cannot be bettered with these
 * boxes.
 */
class EvidenceOnPhantomTest {
    private static final int FRAMES = 600;

    /** Who each box of a frame is: the true lesion, or a number from 1000 on for a false one; 10,000 more for each long absence. */
    private final Map<Long, Map<Box, Integer>> whose = new HashMap<>();

    private final Map<Integer, Long> lastSeen = new HashMap<>();
    private final Map<Integer, Integer> visits = new HashMap<>();

    @ParameterizedTest
    @CsvSource({"7, 0", "8, 0", "9, 0", "7, 2", "8, 2", "9, 2", "10, 2", "15, 3"})
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
        assertThat(idf1(ours)).as("IDF1, of at most %.3f", ceiling).isGreaterThan(ceiling - 0.015);
        assertThat(ours.switches()).isLessThanOrEqualTo(best.switches() + 3);
    }

    private static double idf1(TrackingMetrics m) {
        return 2.0 * m.identified() / (m.truths() + m.answers());
    }

    private Function<Long, List<Detection>> unsure(PhantomClip clip, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return frame -> {
            Map<Box, Integer> known = new HashMap<>();
            List<Detection> boxes = new ArrayList<>();
            for (LesionTruth truth : clip.truth(frame)) {
                if (random.nextInt(12) != 0) {
                    add(boxes, known, truth.id(), jitter(truth.box(), random), random.nextDouble(0.5, 1));
                }
            }
            // Things on the skin, beside a lesion, that are taken for one now and then.
            for (LesionTruth truth : clip.truth(frame)) {
                if (truth.id() % 3 == 0 && frame / 20 % 2 == 0) {
                    Box box = truth.box();
                    Box thing = Box.ofCenter(
                            box.centerX() + 1.5f * box.width(), box.centerY(), 0.8f * box.width(), 0.8f * box.height());
                    if (thing.right() < 600) {
                        add(boxes, known, 1000 + truth.id(), jitter(thing, random), random.nextDouble(0.35, 0.7));
                    }
                }
            }
            known.replaceAll((box, id) -> visit(id, frame));
            whose.put(frame, known);
            return boxes;
        };
    }

    /** An exam may give a lesion that was gone for longer than it remembers another number. */
    private int visit(int id, long frame) {
        Long last = lastSeen.put(id, frame);
        boolean forgotten =
                last != null && frame - last > ExamOptions.defaults().forgetFrames();
        return id + 10_000 * visits.merge(id, forgotten ? 1 : 0, Integer::sum);
    }

    private static void add(List<Detection> boxes, Map<Box, Integer> known, int id, Box box, double score) {
        boxes.add(new Detection(box, (float) score, 0, "lesion"));
        known.put(box, id);
    }

    /** The sides off by up to a fiftieth of the box or half a pixel. */
    private static Box jitter(Box b, SplittableRandom random) {
        double x = Math.max(0.5, 0.02 * b.width());
        double y = Math.max(0.5, 0.02 * b.height());
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

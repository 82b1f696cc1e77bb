package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.FrameSource;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.RuntimeUse;
import io.derm.api.SourceInfo;
import io.derm.models.DemoModels;
import io.derm.pipeline.DropCause;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamOptions;
import io.derm.pipeline.ExamSummary;
import io.derm.pipeline.FrameFindings;
import io.derm.pipeline.Sighting;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExamCourseTest {
    private static final int HOUR_SECONDS = 3600;
    private static final FramePool POOL = new FramePool(1);

    @Test
    void add_manyFrames_keepsThePeakTheCountAndTheSpan() throws Exception {
        ExamCourse course = new ExamCourse();
        for (int i = 0; i < 100_000; i++) {
            add(course, i * 40_000L, i == 77_777 ? 9_000_000 : 1_000_000, 0, List.of());
        }
        List<ExamCourse.Stretch> stretches = course.stretches();
        assertThat(stretches).hasSizeBetween(ExamCourse.CELLS / 2, ExamCourse.CELLS);
        assertThat(stretches.stream().mapToInt(ExamCourse.Stretch::frames).sum())
                .isEqualTo(100_000);
        int peak = 0;
        while (stretches.get(peak).maxLatencyMillis() != 9) {
            peak++;
        }
        assertThat(course.seconds(peak)).isLessThanOrEqualTo(77_777 * 0.04);
        assertThat(course.seconds(peak + 1)).isGreaterThan(77_777 * 0.04);
        assertThat(course.seconds(stretches.size())).isGreaterThanOrEqualTo(99_999 * 0.04);
    }

    @Test
    void drops_soFar_areCountedInTheStretchTheyCameIn() throws Exception {
        ExamCourse course = new ExamCourse();
        add(course, 0, 1, 0, List.of());
        add(course, 1_000_000, 1, 5, List.of());
        add(course, 2_000_000, 1, 7, List.of());
        course.end(Map.of(DropCause.BUSY, 7L, DropCause.STOPPED, 2L));
        assertThat(course.dropped(DropCause.BUSY)).isEqualTo(7);
        assertThat(course.dropped(DropCause.STOPPED)).isEqualTo(2);
        int second = (int) (1 / course.stretchSeconds());
        assertThat(course.stretches().get(second).dropped(DropCause.BUSY)).isEqualTo(5);
        String html = "<html>" + new SpeedPlots(course).drops() + "</html>";
        assertThat(ExamReportTest.rows(ExamReportTest.parse(html), "drops-table"))
                .containsExactly(List.of("busy", "7"), List.of("stopped", "2"));
    }

    @Test
    void runs_classThatChangesAndALesionThatGoes_areApart() throws Exception {
        ExamCourse course = new ExamCourse();
        for (int i = 0; i < 300; i++) {
            boolean away = i >= 200 && i < 250;
            LesionClass c = i < 100 ? LesionClass.BENIGN : LesionClass.MELANOMA;
            add(course, i * 40_000L, 1, 0, away ? List.of() : List.of(sighting(1, c)));
        }
        List<ExamCourse.Run> runs = course.runs(1);
        assertThat(runs.stream().map(ExamCourse.Run::lesionClass))
                .containsExactly(LesionClass.BENIGN, LesionClass.MELANOMA, LesionClass.MELANOMA);
        assertThat(course.seconds(runs.get(0).to())).isBetween(4.0 - course.stretchSeconds(), 4.0);
        assertThat(course.seconds(runs.get(1).to()))
                .isBetween(8.0 - course.stretchSeconds(), 8.0 + course.stretchSeconds());
        assertThat(course.seconds(runs.get(2).from())).isBetween(10.0 - course.stretchSeconds(), 10.0);
        assertThat(course.runs(2)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"60, 1", "1800, 40", "7200, 150"})
    void runs_lesionThatIsAwayWhileFramesAreExamined_areApart(int seconds, int away) throws Exception {
        ExamCourse course = new ExamCourse();
        for (int i = 0; i < 10 * seconds; i++) {
            boolean seen = i < 3 * seconds || i >= 3 * seconds + 10 * away;
            add(course, i * 100_000L, 1, 0, seen ? List.of(sighting(1, LesionClass.BENIGN)) : List.of());
        }
        assertThat(course.runs(1)).hasSize(2);
        assertThat(course.seconds(course.runs(1).get(1).from())
                        - course.seconds(course.runs(1).get(0).to()))
                .isBetween(away - 2 * course.stretchSeconds(), away + 1.0);
    }

    @Test
    void runs_ofFramesFurtherApartThanStretches_areJoinedWhereTheLesionIsInEach() throws Exception {
        ExamCourse course = new ExamCourse();
        for (int i = 0; i < 6; i++) {
            List<Sighting> both = List.of(sighting(1, LesionClass.BENIGN), sighting(2, LesionClass.BENIGN));
            add(course, i * 1_000_000L, 1, 0, i == 2 ? List.of(both.get(0)) : both);
        }
        assertThat(course.runs(1)).hasSize(1);
        assertThat(course.runs(2)).hasSize(2);
    }

    @Test
    void bestLook_whoseFrameWasDropped_isTheFirstDelivered() throws Exception {
        ExamCourse course = new ExamCourse();
        add(course, 0, 1, 0, List.of(sighting(1, LesionClass.BENIGN)));
        assertThat(course.bestLook(1)).contains(Box.ofSize(0.25f, 0.25f, 0.5f, 0.5f));
        assertThat(course.bestLook(2)).isEmpty();
    }

    /** Hundreds of lesions in an hour, of scripted models, so that their number is known and the hour is short. */
    @Test
    void report_ofAnHour_isSmall() throws Exception {
        int frames = HOUR_SECONDS * 10;
        ExamCourse course = new ExamCourse();
        ExamSummary summary;
        try (Hour hour = new Hour(frames);
                Script script = new Script()) {
            Exam exam = new Exam(hour, script, script.classifier(), ExamOptions.defaults());
            summary = exam.run(f -> course.add(f, Map.of()));
        }
        assertThat(summary.frames()).isEqualTo(frames);
        assertThat(summary.lesions().size()).isGreaterThan(600);
        String html = HtmlReport.render(
                new HtmlReport.Facts(
                        "an hour",
                        new SourceInfo("an hour", 64, 36, 10, frames, false),
                        Instant.EPOCH,
                        List.of(DemoModels.detector(), DemoModels.classifier()),
                        "Complete.",
                        List.of()),
                summary,
                new BestCrops(),
                course);
        assertThat(html.length()).isLessThan(1 << 20);
        assertThat(ExamReportTest.rows(ExamReportTest.parse(html), "timeline-table"))
                .hasSize(HtmlReport.SHOWN);
        assertThat(html).contains("time of the source, min", "are in findings.jsonl alone");
    }

    private static void add(ExamCourse course, long micros, long latencyNanos, long busy, List<Sighting> sightings)
            throws InterruptedException {
        try (Frame frame = frame(micros)) {
            course.add(
                    new FrameFindings(
                            frame, sightings, List.of(), 0, 0, 0, latencyNanos, RuntimeUse.UNKNOWN, RuntimeUse.UNKNOWN),
                    Map.of(DropCause.BUSY, busy));
        }
    }

    private static Frame frame(long micros) throws InterruptedException {
        return POOL.lease(4, 4, PixelFormat.BGR24, 0, micros, 0);
    }

    private static Sighting sighting(int lesion, LesionClass c) {
        return new Sighting(lesion, detection(1), assessment(c), true, true);
    }

    private static Detection detection(float left) {
        return new Detection(new Box(left, 1, left + 2, 3), 0.9f, 0, "lesion");
    }

    private static Assessment assessment(LesionClass c) {
        return Assessment.of(
                c,
                c == LesionClass.BENIGN ? 1 : 0,
                c == LesionClass.UNKNOWN ? 1 : 0,
                c == LesionClass.MELANOMA ? 1 : 0,
                List.of("any"),
                new float[] {1});
    }

    /** An hour at ten frames a second, as fast as it is read. */
    private static final class Hour implements FrameSource {
        private final FramePool pool = new FramePool(8);
        private final int frames;
        private int next;

        Hour(int frames) {
            this.frames = frames;
        }

        @Override
        public SourceInfo info() {
            return new SourceInfo("an hour", 64, 36, 10, frames, false);
        }

        @Override
        public Optional<Frame> next() throws InterruptedException {
            if (next == frames) {
                return Optional.empty();
            }
            long sequence = next++;
            return Optional.of(pool.lease(64, 36, PixelFormat.BGR24, sequence, sequence * 100_000, System.nanoTime()));
        }

        @Override
        public void close() {
            pool.close();
        }
    }

    /** A new lesion at another place every second, and one throughout that changes its look with every frame. */
    private static final class Script implements Detector {
        @Override
        public List<Detection> detect(Frame frame) {
            long second = frame.sequence() / 10;
            return List.of(
                    new Detection(Box.ofSize(1, 30, 4, 4), 0.8f, 0, "lesion"),
                    new Detection(Box.ofSize(second * 29 % 60, second * 13 % 22, 4, 4), 0.9f, 0, "lesion"));
        }

        @Override
        public Model model() {
            return DemoModels.detector();
        }

        @Override
        public void close() {}

        Classifier classifier() {
            return new Classifier() {
                @Override
                public List<Assessment> classify(Frame frame, List<Box> regions) {
                    LesionClass[] classes = LesionClass.values();
                    List<Assessment> answers = new ArrayList<>();
                    for (Box region : regions) {
                        int look = (int) (region.top() == 30 ? frame.sequence() : region.top());
                        answers.add(assessment(classes[look % classes.length]));
                    }
                    return answers;
                }

                @Override
                public Model model() {
                    return DemoModels.classifier();
                }

                @Override
                public void close() {}
            };
        }
    }
}

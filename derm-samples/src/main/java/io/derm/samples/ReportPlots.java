package io.derm.samples;

import io.derm.api.LesionClass;
import io.derm.pipeline.Course;
import io.derm.pipeline.DropCause;
import io.derm.pipeline.LatencySummary;
import io.derm.pipeline.Lesion;
import io.derm.pipeline.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** The charts of an exam's report, each with its figures as a table. Confined. */
final class ReportPlots {
    private static final int WIDE = 940;
    private static final int HALF = 460;
    private static final int COURSE_POINTS = 128;
    private static final int TABLE_ROWS = 24;
    private static final double LONG_SECONDS = 180;
    /** Parts of the picture in the table of positions, across and down. */
    private static final int THIRDS = 3;

    private final ExamCourse course;

    ReportPlots(ExamCourse course) {
        this.course = course;
    }

    static String style(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** A scale of the source's time: minutes where it is long. */
    private record Time(Axis axis, double unit) {
        static Time of(double from, double to) {
            boolean minutes = to - from > LONG_SECONDS;
            double unit = minutes ? 60 : 1;
            return new Time(
                    Axis.linear(from / unit, to / unit, minutes ? "time of the source, min" : "time of the source, s"),
                    unit);
        }
    }

    private Time exam() {
        return Time.of(
                course.seconds(0), course.seconds(Math.max(1, course.stretches().size())));
    }

    String timeline(List<Lesion> lesions) {
        Time time = exam();
        Plot plot = Plot.ofRows(
                WIDE,
                20,
                76,
                time.axis(),
                lesions.stream().map(l -> "lesion " + l.id()).toList());
        classes(plot, false);
        List<List<String>> rows = new ArrayList<>();
        for (int row = 0; row < lesions.size(); row++) {
            Lesion lesion = lesions.get(row);
            double inset = 0.18;
            for (ExamCourse.Run run : course.runs(lesion.id())) {
                plot.box(
                        course.seconds(run.from()) / time.unit(),
                        course.seconds(run.to()) / time.unit(),
                        row + inset,
                        row + 1 - inset,
                        "f " + style(run.lesionClass()));
            }
            rows.add(List.of(
                    Integer.toString(lesion.id()),
                    style(lesion.lesionClass()),
                    number(lesion.firstMicros() / 1e6, 3),
                    number(lesion.lastMicros() / 1e6, 3),
                    Integer.toString(lesion.sightings()),
                    Integer.toString(lesion.assessed())));
        }
        return Html.figure(
                plot.render(
                        "timeline",
                        "Timeline of lesions",
                        "A row for each lesion, with a bar where it was seen, coloured by the class it looked like at that time."),
                "When each lesion was seen, and what it looked like then: the class of most sightings of each "
                        + number(course.stretchSeconds(), 2) + " s.",
                Html.table(
                        "timeline-table",
                        2,
                        List.of("Lesion", "Class", "First seen s", "Last seen s", "Frames", "Assessed"),
                        rows));
    }

    String probabilities(Lesion lesion) {
        Course all = lesion.course();
        int[] points = spread(all.size(), COURSE_POINTS);
        Time time = Time.of(lesion.firstMicros() / 1e6, lesion.lastMicros() / 1e6);
        double[] x = Arrays.stream(points)
                .mapToDouble(i -> all.timestampMicros(i) / 1e6 / time.unit())
                .toArray();
        // An assessment stands for some frames; what is apart further than that was not seen.
        double gap = Math.max(4 * usualStep(x), 7 * course.gapSeconds() / time.unit());
        Plot plot = Plot.of(HALF, 170, time.axis(), Axis.linear(0, 100, "probability, %"));
        for (LesionClass c : LesionClass.values()) {
            plot.line(
                    x,
                    Arrays.stream(points)
                            .mapToDouble(i -> 100.0 * all.probability(i, c))
                            .toArray(),
                    gap,
                    style(c));
        }
        classes(plot, true);
        List<List<String>> rows = new ArrayList<>();
        for (int i : spread(all.size(), TABLE_ROWS)) {
            List<String> row = new ArrayList<>(List.of(number(all.timestampMicros(i) / 1e6, 3)));
            for (LesionClass c : LesionClass.values()) {
                row.add(number(100.0 * all.probability(i, c), 1));
            }
            rows.add(row);
        }
        String id = "course-" + lesion.id();
        return Html.figure(
                plot.render(
                        id,
                        "Probabilities of lesion " + lesion.id() + " over time",
                        "The probability of each class whenever the lesion was assessed, while it was seen."),
                "",
                Html.table(id + "-table", 0, List.of("Time s", "benign %", "unknown %", "melanoma %"), rows));
    }

    private static double usualStep(double[] x) {
        double[] steps = IntStream.range(1, x.length)
                .mapToDouble(i -> x[i] - x[i - 1])
                .sorted()
                .toArray();
        return steps.length == 0 ? 1 : steps[steps.length / 2];
    }

    /** At most {@code most} indices spread evenly over {@code size}, the first and the last among them. */
    static int[] spread(int size, int most) {
        return size <= most
                ? IntStream.range(0, size).toArray()
                : IntStream.range(0, most)
                        .map(i -> (int) Math.round(i * (size - 1.0) / (most - 1)))
                        .toArray();
    }

    String stages(Map<Stage, LatencySummary> times) {
        Map<Stage, LatencySummary> ran = new EnumMap<>(Stage.class);
        times.forEach((stage, t) -> {
            if (t.count() > 0) {
                ran.put(stage, t);
            }
        });
        double least =
                ran.values().stream().mapToDouble(LatencySummary::p50).min().orElse(1);
        double most =
                ran.values().stream().mapToDouble(LatencySummary::max).max().orElse(1);
        double floor = 1e4;
        // Room for the words behind the largest.
        double room = 1.5;
        Axis axis = Axis.logarithmic(
                Math.max(floor, least / 2) / 1e6, Math.max(2 * floor, room * most) / 1e6, "time, ms (logarithmic)");
        Plot plot = Plot.ofRows(
                        WIDE,
                        36,
                        76,
                        axis,
                        ran.keySet().stream().map(ReportPlots::style).toList())
                .legend("p50", "a", false)
                .legend("up to p99", "pale", false)
                .legend("up to the longest", "unknown", true);
        List<List<String>> rows = new ArrayList<>();
        int row = 0;
        for (Map.Entry<Stage, LatencySummary> entry : ran.entrySet()) {
            LatencySummary t = entry.getValue();
            double middle = row + 0.62;
            double p50 = t.p50() / 1e6;
            double p99 = t.p99() / 1e6;
            plot.line(new double[] {p50, t.max() / 1e6}, new double[] {middle, middle}, Double.MAX_VALUE, "unknown")
                    .box(p50, p99, middle - 0.16, middle + 0.16, "f pale")
                    .dot(p50, middle, 5, "f a")
                    .note(p50, middle, 0, -9, "end", "p50 " + millis(p50))
                    .note(p99, middle, 0, -9, "start", "p99 " + millis(p99));
            rows.add(List.of(
                    style(entry.getKey()),
                    Long.toString(t.count()),
                    millis(t.mean() / 1e6),
                    millis(p50),
                    millis(t.p90() / 1e6),
                    millis(p99),
                    millis(t.p999() / 1e6),
                    millis(t.max() / 1e6)));
            row++;
        }
        return "<figure>"
                + plot.render(
                        "stages",
                        "Time of each stage",
                        "For each stage the median, the range up to the 99th percentile and the longest time.")
                + "</figure>"
                + Html.table(
                        "stages-table",
                        1,
                        List.of("Stage", "frames", "mean ms", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"),
                        rows);
    }

    /** Latency and the two models' times over the exam. */
    String latency() {
        List<ExamCourse.Stretch> stretches = course.stretches();
        int[] some = IntStream.range(0, stretches.size())
                .filter(i -> stretches.get(i).frames() > 0)
                .toArray();
        int[] classified = Arrays.stream(some)
                .filter(i -> !Double.isNaN(stretches.get(i).meanClassifyMillis()))
                .toArray();
        Time time = exam();
        double gap = course.gapSeconds() / time.unit();
        double[] max = of(some, i -> stretches.get(i).maxLatencyMillis());
        Plot age = Plot.of(
                        WIDE,
                        210,
                        time.axis(),
                        Axis.upTo(Arrays.stream(max).max().orElse(1), "age of findings, ms"))
                .line(x(some, time), max, gap, "b")
                .line(x(some, time), of(some, i -> stretches.get(i).meanLatencyMillis()), gap, "a")
                .legend("largest", "b", true)
                .legend("mean", "a", true);
        double[] detect = of(some, i -> stretches.get(i).meanDetectMillis());
        double[] classify = of(classified, i -> stretches.get(i).meanClassifyMillis());
        double longest = Math.max(
                Arrays.stream(detect).max().orElse(1),
                Arrays.stream(classify).max().orElse(1));
        Plot models = Plot.of(WIDE, 190, time.axis(), Axis.upTo(longest, "time, ms"))
                .line(x(some, time), detect, gap, "a")
                .line(x(classified, time), classify, gap, "b")
                .legend("detect, mean", "a", true)
                .legend("classify, mean", "b", true);
        List<List<String>> rows = new ArrayList<>();
        int joined = (stretches.size() + TABLE_ROWS - 1) / TABLE_ROWS;
        for (int from = 0; from < stretches.size(); from += joined) {
            ExamCourse.Stretch s = course.join(from, Math.min(from + joined, stretches.size()));
            if (s.frames() > 0) {
                rows.add(List.of(
                        number(course.seconds(from), 2),
                        Integer.toString(s.frames()),
                        millis(s.meanLatencyMillis()),
                        millis(s.maxLatencyMillis()),
                        millis(s.meanDetectMillis()),
                        Double.isNaN(s.meanClassifyMillis()) ? "" : millis(s.meanClassifyMillis())));
            }
        }
        String every = number(course.stretchSeconds(), 2) + " s";
        return Html.figure(
                        age.render(
                                "latency",
                                "Age of the findings over the exam",
                                "Mean and largest time from the capture of a frame to its findings, over the time of the source."),
                        "From the capture of a frame to its findings, in each " + every
                                + ". Of a recording every frame is examined and the slowest stage holds the source back, so frames wait"
                                + " between stages; that wait is in the age.",
                        Html.table(
                                "latency-table",
                                0,
                                List.of("From s", "Frames", "Mean age ms", "Largest ms", "Detect ms", "Classify ms"),
                                rows))
                + Html.figure(
                        models.render(
                                "models-time",
                                "Time of detection and classification over the exam",
                                "Mean time of the detector and of the classifier, over the time of the source."),
                        "Mean time of each model in each " + every
                                + "; of classification over frames in which a lesion was assessed.",
                        "");
    }

    private double[] x(int[] stretches, Time time) {
        return of(stretches, i -> (course.seconds(i) + course.stretchSeconds() / 2) / time.unit());
    }

    private static double[] of(int[] stretches, java.util.function.IntToDoubleFunction value) {
        return Arrays.stream(stretches).mapToDouble(value).toArray();
    }

    /** Dropped frames over the exam; a sentence where there were none. */
    String drops() {
        List<DropCause> causes = Arrays.stream(DropCause.values())
                .filter(c -> course.dropped(c) > 0)
                .toList();
        if (causes.isEmpty()) {
            return "<p id=\"drops\">No frame was dropped.</p>\n";
        }
        Time time = exam();
        List<ExamCourse.Stretch> stretches = course.stretches();
        double most = stretches.stream()
                .mapToDouble(s -> causes.stream().mapToLong(s::dropped).sum())
                .max()
                .orElse(1);
        Plot plot = Plot.of(WIDE, 170, time.axis(), Axis.upTo(most, "frames dropped"));
        for (int i = 0; i < stretches.size(); i++) {
            double under = 0;
            for (DropCause cause : causes) {
                double over = under + stretches.get(i).dropped(cause);
                if (over > under) {
                    plot.box(
                            course.seconds(i) / time.unit(),
                            course.seconds(i + 1) / time.unit(),
                            under,
                            over,
                            "f " + style(cause));
                }
                under = over;
            }
        }
        causes.forEach(c -> plot.legend(style(c), style(c), false));
        return Html.figure(
                plot.render(
                        "drops",
                        "Frames dropped over the exam",
                        "Dropped frames by cause, over the time of the source."),
                "Frames captured and not delivered, in each " + number(course.stretchSeconds(), 2) + " s.",
                Html.table(
                        "drops-table",
                        1,
                        List.of("Cause", "Frames"),
                        causes.stream()
                                .map(c -> List.of(style(c), Long.toString(course.dropped(c))))
                                .toList()));
    }

    /** Where in the picture lesions were. */
    String positions(List<Lesion> lesions) {
        int[][] counts = course.positions();
        int most = Math.max(
                1, Arrays.stream(counts).flatMapToInt(Arrays::stream).max().orElse(1));
        int frame = 52 + 16;
        int height = (int) Math.round((HALF - frame) * Math.min(1.5, course.aspect())) + 64;
        Plot plot = Plot.of(
                        HALF,
                        height,
                        Axis.linear(0, 100, "across the picture, %"),
                        new Axis(100, 0, false, List.of(0.0, 20.0, 40.0, 60.0, 80.0, 100.0), "down, %"))
                .box(0, 100, 0, 100, "frame");
        for (int row = 0; row < ExamCourse.ROWS; row++) {
            for (int column = 0; column < ExamCourse.COLUMNS; column++) {
                if (counts[row][column] > 0) {
                    plot.box(
                            100.0 * column / ExamCourse.COLUMNS,
                            100.0 * (column + 1) / ExamCourse.COLUMNS,
                            100.0 * row / ExamCourse.ROWS,
                            100.0 * (row + 1) / ExamCourse.ROWS,
                            "f heat",
                            0.06 + 0.34 * counts[row][column] / most);
                }
            }
        }
        for (Lesion lesion : lesions) {
            course.bestLook(lesion.id()).ifPresent(box -> plot.box(
                            100 * box.left(),
                            100 * box.right(),
                            100 * box.top(),
                            100 * box.bottom(),
                            "o " + style(lesion.lesionClass()))
                    .note(100 * box.left(), 100 * box.top(), 4, 13, "start", Integer.toString(lesion.id())));
        }
        classes(plot, true);
        int[][] parts = new int[THIRDS][THIRDS];
        for (int row = 0; row < ExamCourse.ROWS; row++) {
            for (int column = 0; column < ExamCourse.COLUMNS; column++) {
                parts[row * THIRDS / ExamCourse.ROWS][column * THIRDS / ExamCourse.COLUMNS] += counts[row][column];
            }
        }
        List<String> names = List.of("top third", "middle third", "bottom third");
        List<List<String>> rows = IntStream.range(0, THIRDS)
                .mapToObj(r -> List.of(
                        names.get(r),
                        Integer.toString(parts[r][0]),
                        Integer.toString(parts[r][1]),
                        Integer.toString(parts[r][2])))
                .toList();
        return Html.figure(
                plot.render(
                        "positions",
                        "Where in the picture lesions were",
                        "The picture with the box of each lesion at its best look, and darker where more sightings had their middle."),
                "Boxes: each lesion at its best look. Shade: middles of all sightings, at most " + most
                        + " in one cell.",
                Html.table("positions-table", 1, List.of("Middles of sightings", "left", "middle", "right"), rows));
    }

    String scores() {
        int bins = ExamCourse.BINS;
        int[][] byClass =
                Arrays.stream(LesionClass.values()).map(course::scores).toArray(int[][]::new);
        int[] melanoma = course.melanoma();
        int most = IntStream.range(0, bins)
                .map(b -> Arrays.stream(byClass).mapToInt(s -> s[b]).sum())
                .max()
                .orElse(1);
        Plot detection = Plot.of(HALF, 200, Axis.linear(0, 1, "detection score"), Axis.upTo(most, "sightings"));
        Plot probability = Plot.of(
                HALF,
                200,
                Axis.linear(0, 1, "probability of melanoma"),
                Axis.upTo(Arrays.stream(melanoma).max().orElse(1), "sightings"));
        List<List<String>> rows = new ArrayList<>();
        for (int b = 0; b < bins; b++) {
            double from = (double) b / bins;
            double to = (b + 1.0) / bins;
            List<String> row = new ArrayList<>(List.of(number(from, 2)));
            double under = 0;
            for (LesionClass c : LesionClass.values()) {
                int count = byClass[c.ordinal()][b];
                if (count > 0) {
                    detection.box(from, to, under, under + count, "f " + style(c));
                }
                under += count;
                row.add(Integer.toString(count));
            }
            if (melanoma[b] > 0) {
                probability.box(from, to, 0, melanoma[b], "f melanoma");
            }
            row.add(Integer.toString(melanoma[b]));
            rows.add(row);
        }
        classes(detection, false);
        return Html.figure(
                        detection.render(
                                "scores",
                                "Detection scores",
                                "How many sightings had which detection score, by the class they looked like."),
                        "Detection score of every sighting, in steps of a twentieth.",
                        Html.table(
                                "scores-table",
                                0,
                                List.of("From", "benign", "unknown", "melanoma", "by probability of melanoma"),
                                rows))
                + Html.figure(
                        probability.render(
                                "melanoma",
                                "Probabilities of melanoma",
                                "How many sightings had which probability of melanoma."),
                        "Probability of melanoma of every sighting. Much between the ends: the model is often unsure.",
                        "");
    }

    private static void classes(Plot plot, boolean lines) {
        for (LesionClass c : LesionClass.values()) {
            plot.legend(style(c), style(c), lines);
        }
    }

    static String number(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    private static String millis(double value) {
        return number(value, value < 10 ? 2 : 1);
    }
}

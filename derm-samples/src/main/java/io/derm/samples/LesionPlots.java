package io.derm.samples;

import io.derm.api.LesionClass;
import io.derm.pipeline.Course;
import io.derm.pipeline.Lesion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The charts of an exam's report that show what was found, each with its figures as a table. Confined. */
final class LesionPlots {
    private static final int COURSE_POINTS = 128;
    /** Parts of the picture in the table of positions, across and down. */
    private static final int THIRDS = 3;

    private final ExamCourse course;

    LesionPlots(ExamCourse course) {
        this.course = course;
    }

    String timeline(List<Lesion> lesions) {
        TimeScale time = TimeScale.of(course);
        Plot plot = Plot.ofRows(
                Plot.WIDE,
                20,
                76,
                time.axis(),
                lesions.stream().map(l -> "lesion " + l.id()).toList());
        classes(plot, false);
        List<List<String>> rows = new ArrayList<>();
        for (int row = 0; row < lesions.size(); row++) {
            Lesion lesion = lesions.get(row);
            for (ExamCourse.Run run : course.runs(lesion.id())) {
                // Not by colour alone: the more serious, the higher.
                double inset = 0.08
                        + 0.12
                                * (LesionClass.MELANOMA.ordinal()
                                        - run.lesionClass().ordinal());
                plot.box(
                        course.seconds(run.from()) / time.unit(),
                        course.seconds(run.to()) / time.unit(),
                        row + inset,
                        row + 1 - inset,
                        "f " + Figures.style(run.lesionClass()));
            }
            rows.add(List.of(
                    Integer.toString(lesion.id()),
                    Figures.style(lesion.lesionClass()),
                    Figures.number(lesion.firstMicros() / 1e6, 3),
                    Figures.number(lesion.lastMicros() / 1e6, 3),
                    Integer.toString(lesion.sightings()),
                    Integer.toString(lesion.assessed())));
        }
        return Html.figure(
                plot.render(
                        "timeline",
                        "Timeline of lesions",
                        "A row for each lesion, with a bar where it was seen, coloured by the class it looked like at that time and higher the more serious that is."),
                "When each lesion was seen, and what it looked like then: the class of most sightings of each "
                        + Figures.number(course.stretchSeconds(), 2) + " s, higher bars for the more serious.",
                Html.table(
                        "timeline-table",
                        2,
                        List.of("Lesion", "Class", "First seen s", "Last seen s", "Frames", "Assessed"),
                        rows));
    }

    String probabilities(Lesion lesion) {
        Course all = lesion.course();
        int[] points = spread(all.size(), COURSE_POINTS);
        TimeScale time = TimeScale.of(lesion.firstMicros() / 1e6, lesion.lastMicros() / 1e6);
        double[] x = Arrays.stream(points)
                .mapToDouble(i -> all.timestampMicros(i) / 1e6 / time.unit())
                .toArray();
        // An assessment stands for some frames; what is apart further than that was not seen.
        double gap = Math.max(4 * usualStep(x), 7 * course.gapSeconds() / time.unit());
        Plot plot = Plot.of(Plot.HALF, 170, time.axis(), Axis.linear(0, 100, "probability, %"));
        for (LesionClass c : LesionClass.values()) {
            plot.line(
                    x,
                    Arrays.stream(points)
                            .mapToDouble(i -> 100.0 * all.probability(i, c))
                            .toArray(),
                    gap,
                    Figures.style(c));
        }
        classes(plot, true);
        List<List<String>> rows = new ArrayList<>();
        for (int i : spread(all.size(), Html.TABLE_ROWS)) {
            List<String> row = new ArrayList<>(List.of(Figures.number(all.timestampMicros(i) / 1e6, 3)));
            for (LesionClass c : LesionClass.values()) {
                row.add(Figures.number(100.0 * all.probability(i, c), 1));
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

    /** Where in the picture lesions were. */
    String positions(List<Lesion> lesions) {
        int[][] counts = course.positions();
        int most = Math.max(
                1, Arrays.stream(counts).flatMapToInt(Arrays::stream).max().orElse(1));
        int frame = 52 + 16;
        int height = (int) Math.round((Plot.HALF - frame) * Math.min(1.5, course.aspect())) + 64;
        Plot plot = Plot.of(
                        Plot.HALF,
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
                            "o " + Figures.style(lesion.lesionClass()))
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
        Plot detection = Plot.of(Plot.HALF, 200, Axis.linear(0, 1, "detection score"), Axis.upTo(most, "sightings"));
        Plot probability = Plot.of(
                Plot.HALF,
                200,
                Axis.linear(0, 1, "probability of melanoma"),
                Axis.upTo(Arrays.stream(melanoma).max().orElse(1), "sightings"));
        List<List<String>> rows = new ArrayList<>();
        for (int b = 0; b < bins; b++) {
            double from = (double) b / bins;
            double to = (b + 1.0) / bins;
            List<String> row = new ArrayList<>(List.of(Figures.number(from, 2)));
            double under = 0;
            for (LesionClass c : LesionClass.values()) {
                int count = byClass[c.ordinal()][b];
                if (count > 0) {
                    detection.box(from, to, under, under + count, "f " + Figures.style(c));
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
            plot.legend(Figures.style(c), Figures.style(c), lines);
        }
    }
}

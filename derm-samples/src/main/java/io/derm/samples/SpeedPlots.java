package io.derm.samples;

import io.derm.pipeline.DropCause;
import io.derm.pipeline.LatencySummary;
import io.derm.pipeline.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** The charts of an exam's report that show how fast it was, each with its figures as a table. Confined. */
final class SpeedPlots {
    private final ExamCourse course;

    SpeedPlots(ExamCourse course) {
        this.course = course;
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
                        Plot.WIDE,
                        36,
                        76,
                        axis,
                        ran.keySet().stream().map(Figures::style).toList())
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
                    .note(p50, middle, -3, -9, "end", "p50 " + Figures.millis(p50))
                    .note(p99, middle, 3, -9, "start", "p99 " + Figures.millis(p99));
            rows.add(List.of(
                    Figures.style(entry.getKey()),
                    Long.toString(t.count()),
                    Figures.millis(t.mean() / 1e6),
                    Figures.millis(p50),
                    Figures.millis(t.p90() / 1e6),
                    Figures.millis(p99),
                    Figures.millis(t.p999() / 1e6),
                    Figures.millis(t.max() / 1e6)));
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
        TimeScale time = TimeScale.of(course);
        // A point stands for a stretch, in which there are many frames or one of several has one.
        double gap = Math.max(course.gapSeconds(), 1.5 * course.stretchSeconds()) / time.unit();
        double[] max = of(some, i -> stretches.get(i).maxLatencyMillis());
        Plot age = Plot.of(
                        Plot.WIDE,
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
        Plot models = Plot.of(Plot.WIDE, 190, time.axis(), Axis.upTo(longest, "time, ms"))
                .line(x(some, time), detect, gap, "a")
                .line(x(classified, time), classify, gap, "b")
                .legend("detect, mean", "a", true)
                .legend("classify, mean", "b", true);
        List<List<String>> rows = new ArrayList<>();
        int joined = (stretches.size() + Html.TABLE_ROWS - 1) / Html.TABLE_ROWS;
        for (int from = 0; from < stretches.size(); from += joined) {
            ExamCourse.Stretch s = course.join(from, Math.min(from + joined, stretches.size()));
            if (s.frames() > 0) {
                rows.add(List.of(
                        Figures.number(course.seconds(from), 2),
                        Integer.toString(s.frames()),
                        Figures.millis(s.meanLatencyMillis()),
                        Figures.millis(s.maxLatencyMillis()),
                        Figures.millis(s.meanDetectMillis()),
                        Double.isNaN(s.meanClassifyMillis()) ? "" : Figures.millis(s.meanClassifyMillis())));
            }
        }
        String every = Figures.number(course.stretchSeconds(), 2) + " s";
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

    private double[] x(int[] stretches, TimeScale time) {
        return of(stretches, i -> (course.seconds(i) + course.stretchSeconds() / 2) / time.unit());
    }

    private static double[] of(int[] stretches, IntToDoubleFunction value) {
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
        TimeScale time = TimeScale.of(course);
        List<ExamCourse.Stretch> stretches = course.stretches();
        double most = stretches.stream()
                .mapToDouble(s -> causes.stream().mapToLong(s::dropped).sum())
                .max()
                .orElse(1);
        Plot plot = Plot.of(Plot.WIDE, 170, time.axis(), Axis.upTo(most, "frames dropped"));
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
                            "f " + Figures.style(cause));
                }
                under = over;
            }
        }
        causes.forEach(c -> plot.legend(Figures.style(c), Figures.style(c), false));
        return Html.figure(
                plot.render(
                        "drops",
                        "Frames dropped over the exam",
                        "Dropped frames by cause, over the time of the source."),
                "Frames captured and not delivered, in each " + Figures.number(course.stretchSeconds(), 2) + " s.",
                Html.table(
                        "drops-table",
                        1,
                        List.of("Cause", "Frames"),
                        causes.stream()
                                .map(c -> List.of(Figures.style(c), Long.toString(course.dropped(c))))
                                .toList()));
    }
}

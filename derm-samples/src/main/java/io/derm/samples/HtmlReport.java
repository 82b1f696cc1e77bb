package io.derm.samples;

import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.api.RuntimeUse;
import io.derm.api.SourceInfo;
import io.derm.onnx.ModelHeader;
import io.derm.pipeline.ExamSummary;
import io.derm.pipeline.Lesion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The report of an exam: one HTML page that needs nothing beside it, of a size that does not grow with the length of the exam. */
final class HtmlReport {
    /** So many lesions have their picture and plot. */
    static final int SHOWN = 40;

    private static final int LISTED = 500;

    private final StringBuilder html = new StringBuilder(1 << 17);

    /**
     * What the report says beside the findings.
     *
     * @param source what was examined, for people
     * @param models the detector's and the classifier's
     * @param ended how the exam ended, a sentence
     * @param files what was examined and written, as far as it is files
     */
    record Facts(
            String source, SourceInfo info, Instant begun, List<Model> models, String ended, List<FileDigest> files) {}

    private HtmlReport() {}

    static String render(Facts facts, ExamSummary summary, BestCrops crops, ExamCourse course) {
        HtmlReport report = new HtmlReport();
        report.page(facts, summary, crops, course);
        return report.html.toString();
    }

    private void page(Facts facts, ExamSummary summary, BestCrops crops, ExamCourse course) {
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")
                .append("<title>derm exam report</title><style>\n")
                .append(style())
                .append("</style></head><body>\n<h1>Exam report</h1>\n<p class=\"notice\">")
                .append(Html.escape(Derm.RESEARCH_USE))
                .append(" No finding in this report is a diagnosis.</p>\n");
        html.append(String.format(
                Locale.ROOT,
                "<p>Source <b>%s</b>: %s in %.1f s, %.1f frames/s. %s</p>%n",
                Html.escape(facts.source()),
                Figures.counted(summary.frames(), "frame"),
                summary.elapsedNanos() / 1e9,
                summary.framesPerSecond(),
                Html.escape(facts.ended())));
        lesions(summary, crops, new LesionPlots(course));
        SpeedPlots speed = new SpeedPlots(course);
        html.append("<h2>Speed</h2>\n")
                .append(speed.stages(summary.times()))
                .append(summary.frames() > 1 ? speed.latency() : "")
                .append("<h2>Dropped frames</h2>\n")
                .append(speed.drops());
        facts(facts, summary);
        html.append("<footer><p>").append(Html.escape(Derm.RESEARCH_USE)).append("</p></footer></body></html>\n");
    }

    private static String style() {
        try (InputStream in = Objects.requireNonNull(HtmlReport.class.getResourceAsStream("report.css"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void lesions(ExamSummary summary, BestCrops crops, LesionPlots plots) {
        html.append("<h2>Lesions</h2>\n");
        List<Lesion> all = summary.lesions();
        if (all.isEmpty()) {
            html.append("<p>None was seen often enough to be reported.</p>\n");
        } else {
            List<Lesion> shown = shown(all);
            if (summary.frames() > 1) {
                html.append(plots.timeline(shown));
            }
            if (shown.size() < all.size()) {
                html.append("<p id=\"shown\">Shown are ")
                        .append(shown.size())
                        .append(" of ")
                        .append(all.size())
                        .append(" lesions: the more serious class first, then those seen more often.</p>\n");
            }
            shown.forEach(l -> card(l, crops, plots));
            others(all, shown);
        }
        html.append("<p>Not reported, as they were not seen surely or often enough or look like no lesion: ")
                .append(summary.unconfirmed())
                .append(".</p>\n");
        if (!all.isEmpty()) {
            html.append("<h2>Positions and scores</h2>\n<div class=\"pair\">")
                    .append(plots.positions(shown(all)))
                    .append("<div>")
                    .append(plots.scores())
                    .append("</div></div>\n");
        }
    }

    /** Those with a picture, in order of appearance. */
    private static List<Lesion> shown(List<Lesion> all) {
        return all.stream()
                .sorted(Comparator.comparing(Lesion::lesionClass)
                        .thenComparing(Lesion::sightings)
                        .reversed())
                .limit(SHOWN)
                .sorted(Comparator.comparingInt(Lesion::id))
                .toList();
    }

    private void others(List<Lesion> all, List<Lesion> shown) {
        List<Lesion> others = all.stream().filter(l -> !shown.contains(l)).toList();
        if (others.isEmpty()) {
            return;
        }
        html.append("<h3>The other lesions</h3>\n")
                .append(Html.table(
                        "others",
                        2,
                        List.of("Lesion", "Class", "benign %", "unknown %", "melanoma %", "From s", "To s", "Frames"),
                        others.stream().limit(LISTED).map(HtmlReport::row).toList()));
        if (others.size() > LISTED) {
            html.append("<p>").append(others.size() - LISTED).append(" more are in findings.jsonl alone.</p>\n");
        }
    }

    private static List<String> row(Lesion lesion) {
        List<String> row = new ArrayList<>(List.of(Integer.toString(lesion.id()), Figures.style(lesion.lesionClass())));
        for (LesionClass c : LesionClass.values()) {
            row.add(Figures.number(100 * lesion.probabilities().getOrDefault(c, 0f), 0));
        }
        row.add(Figures.number(lesion.firstMicros() / 1e6, 1));
        row.add(Figures.number(lesion.lastMicros() / 1e6, 1));
        row.add(Integer.toString(lesion.sightings()));
        return row;
    }

    private void card(Lesion lesion, BestCrops crops, LesionPlots plots) {
        String style = Figures.style(lesion.lesionClass());
        html.append("<section class=\"card\" id=\"lesion-")
                .append(lesion.id())
                .append("\"><div>")
                .append(crops.dataUri(lesion.id())
                        .map(uri -> "<img alt=\"Best look of lesion " + lesion.id() + "\" src=\"" + uri + "\"/>")
                        .orElse(""))
                .append("</div>");
        html.append(String.format(
                Locale.ROOT, "<div><h3>Lesion %d <span class=\"tag %s\">%s</span></h3>", lesion.id(), style, style));
        for (LesionClass c : LesionClass.values()) {
            double percent = 100 * lesion.probabilities().getOrDefault(c, 0f);
            html.append(String.format(
                    Locale.ROOT,
                    "<div class=\"bar %s\"><span>%s</span><i style=\"width:%.0f%%\"></i><b>%.0f %%</b></div>",
                    Figures.style(c),
                    Figures.style(c),
                    percent,
                    percent));
        }
        html.append("<p class=\"quiet\">")
                .append(seen(lesion))
                .append("</p></div>")
                .append(lesion.course().size() > 1 ? plots.probabilities(lesion) : "")
                .append("</section>\n");
    }

    private static String seen(Lesion lesion) {
        return lesion.sightings() == 1
                ? String.format(Locale.ROOT, "A single look, at %.1f s.", lesion.bestMicros() / 1e6)
                : String.format(
                        Locale.ROOT,
                        "Means over its looks. Seen from %.1f to %.1f s, in %d frames, assessed in %d; best at %.1f s.",
                        lesion.firstMicros() / 1e6,
                        lesion.lastMicros() / 1e6,
                        lesion.sightings(),
                        lesion.assessed(),
                        lesion.bestMicros() / 1e6);
    }

    private void facts(Facts facts, ExamSummary summary) {
        SourceInfo info = facts.info();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("Source", facts.source()));
        rows.add(List.of("Picture", info.width() > 0 ? info.width() + " x " + info.height() : "of varying size"));
        rows.add(List.of(
                "Kind",
                info.live() ? "live" : info.frames() < 0 ? "recording" : "recording of " + info.frames() + " frames"));
        if (info.framesPerSecond() > 0) {
            rows.add(List.of("Rate", Figures.number(info.framesPerSecond(), 2) + " frames/s"));
        }
        rows.add(List.of("Begun", facts.begun().truncatedTo(ChronoUnit.SECONDS).toString()));
        rows.add(List.of("derm", Derm.version()));
        rows.add(List.of(
                "Machine",
                System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                        + Runtime.getRuntime().availableProcessors() + " processors, Java " + Runtime.version()));
        html.append("<h2>What was run</h2>\n").append(Html.table("facts", 2, List.of("What", "Value"), rows));
        html.append("<div class=\"digests\">")
                .append(Html.table(
                        "models",
                        6,
                        List.of("Model", "File", "Version", "Precision", "Runtime", "SHA-256"),
                        List.of(
                                model(facts.models().get(0), summary.detector()),
                                model(facts.models().get(1), summary.classifier()))));
        if (!facts.files().isEmpty()) {
            html.append(Html.table(
                    "files",
                    2,
                    List.of("File", "SHA-256", "Bytes"),
                    facts.files().stream()
                            .map(f -> List.of(f.name(), f.sha256(), Long.toString(f.bytes())))
                            .toList()));
        }
        html.append("</div>\n");
    }

    private static List<String> model(Model model, RuntimeUse use) {
        Map<String, String> metadata = ModelHeader.read(model).metadata();
        return List.of(
                Optional.ofNullable(metadata.get(ModelKeys.NAME)).orElse("without a name"),
                model.name(),
                Optional.ofNullable(metadata.get(ModelKeys.VERSION)).orElse(""),
                PrecisionOption.of(model),
                use.toString(),
                model.sha256());
    }
}

package io.derm.samples;

import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.pipeline.Course;
import io.derm.pipeline.ExamSummary;
import io.derm.pipeline.LatencySummary;
import io.derm.pipeline.Lesion;
import io.derm.pipeline.Stage;
import java.util.List;
import java.util.Locale;

/** The report of an exam: one HTML page that needs nothing beside it. */
final class HtmlReport {
    private static final String STYLE = """
            :root { color-scheme: light dark; --line: #8886; --soft: #8881; }
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
            .notice { border: 2px solid #b06f00; border-radius: .5rem; padding: .5rem 1rem; font-weight: 600; }
            table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
            th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: middle; }
            td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
            code { word-break: break-all; font-size: 12px; }
            svg { background: var(--soft); border-radius: .3rem; max-width: 100%; }
            svg text { font-size: 9px; fill: currentColor; opacity: .7; }
            polyline { fill: none; stroke-width: 1.5; }
            .BENIGN { stroke: #1b7f79; } .UNKNOWN { stroke: #b06f00; } .MELANOMA { stroke: #c2185b; }
            .latency { stroke: #3f6fb5; } .grid { stroke: var(--line); stroke-dasharray: 2 3; }
            .tag { display: inline-block; border-radius: 1rem; padding: 0 .7rem; color: #fff; font-weight: 600; }
            .tag.BENIGN { background: #1b7f79; } .tag.UNKNOWN { background: #b06f00; } .tag.MELANOMA { background: #c2185b; }
            img { max-width: 120px; max-height: 120px; border-radius: .3rem; display: block; }
            @media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } }
            """;

    private final StringBuilder html = new StringBuilder(1 << 16);

    /** What is said above the lesions. */
    record Facts(String source, String runtime, List<Model> models, String ended) {}

    private HtmlReport() {}

    static String render(Facts facts, ExamSummary summary, BestCrops crops, LatencyCourse latency) {
        HtmlReport report = new HtmlReport();
        report.page(facts, summary, crops, latency);
        return report.html.toString();
    }

    private void page(Facts facts, ExamSummary summary, BestCrops crops, LatencyCourse latency) {
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .append("<title>derm exam report</title><style>")
                .append(STYLE)
                .append("</style></head><body>\n<h1>Exam report</h1>\n<p class=\"notice\">")
                .append(escape(Derm.RESEARCH_USE))
                .append(" No finding in this report is a diagnosis.</p>\n");
        html.append(String.format(
                Locale.ROOT,
                "<p>Source <b>%s</b>: %d frames in %.1f s, %.1f frames/s. %s Runtime <b>%s</b>, derm %s.</p>%n",
                escape(facts.source()),
                summary.frames(),
                summary.elapsedNanos() / 1e9,
                summary.framesPerSecond(),
                escape(facts.ended()),
                escape(facts.runtime()),
                escape(Derm.version())));
        lesions(summary, crops);
        times(summary, latency);
        models(facts);
        html.append("<footer><p>").append(escape(Derm.RESEARCH_USE)).append("</p></footer></body></html>\n");
    }

    private void lesions(ExamSummary summary, BestCrops crops) {
        html.append("<h2>Lesions</h2>\n");
        if (summary.lesions().isEmpty()) {
            html.append("<p>None was seen often enough to be reported.</p>\n");
        } else {
            html.append("<table><thead><tr><th class=\"n\">Lesion</th><th>Best look</th><th>Assessment</th>")
                    .append("<th>Mean probabilities</th><th>Seen</th><th>Course over time</th></tr></thead><tbody>\n");
            summary.lesions().forEach(l -> lesion(l, crops));
            html.append("</tbody></table>\n");
        }
        html.append("<p>Boxes that were not seen again often enough to be counted: ")
                .append(summary.unconfirmed())
                .append(".</p>\n");
    }

    private void lesion(Lesion lesion, BestCrops crops) {
        String image = crops.dataUri(lesion.id())
                .map(uri -> "<img alt=\"Lesion " + lesion.id() + "\" src=\"" + uri + "\">")
                .orElse("");
        html.append("<tr><td class=\"n\">")
                .append(lesion.id())
                .append("</td><td>")
                .append(image)
                .append("</td>");
        html.append(String.format(
                Locale.ROOT,
                "<td><span class=\"tag %s\">%s</span></td><td>",
                lesion.lesionClass(),
                lesion.lesionClass().name().toLowerCase(Locale.ROOT)));
        for (LesionClass c : LesionClass.values()) {
            html.append(String.format(
                    Locale.ROOT,
                    "%s %.0f&nbsp;%%<br>",
                    c.name().toLowerCase(Locale.ROOT),
                    100 * lesion.probabilities().getOrDefault(c, 0f)));
        }
        html.append(String.format(
                Locale.ROOT,
                "</td><td>%.1f to %.1f s<br>%d frames</td><td>%s</td></tr>%n",
                lesion.firstMicros() / 1e6,
                lesion.lastMicros() / 1e6,
                lesion.sightings(),
                course(lesion.course())));
    }

    private static String course(Course course) {
        int n = course.size();
        long[] micros = course.timestampsMicros();
        double[] x = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = (micros[i] - micros[0]) / 1e6;
        }
        Svg svg = new Svg(240, 70, n > 0 ? x[n - 1] : 1, 1).grid(0.5, "50 %");
        for (LesionClass c : LesionClass.values()) {
            double[] y = new double[n];
            for (int i = 0; i < n; i++) {
                y[i] = course.probability(i, c);
            }
            svg.line(x, y, c.name());
        }
        return svg.render("Probability of each class over the time the lesion was seen");
    }

    private void times(ExamSummary summary, LatencyCourse latency) {
        html.append("<h2>Speed</h2>\n<table><thead><tr><th>Stage</th>");
        for (String head : List.of("frames", "mean ms", "p50", "p90", "p99", "p99.9", "max")) {
            html.append("<th class=\"n\">").append(head).append("</th>");
        }
        html.append("</tr></thead><tbody>\n");
        for (Stage stage : Stage.values()) {
            LatencySummary t = summary.times().get(stage);
            if (t != null && t.count() > 0) {
                html.append(String.format(
                        Locale.ROOT,
                        "<tr><td>%s</td><td class=\"n\">%d</td>",
                        stage.name().toLowerCase(Locale.ROOT),
                        t.count()));
                for (double nanos : new double[] {t.mean(), t.p50(), t.p90(), t.p99(), t.p999(), t.max()}) {
                    html.append(String.format(Locale.ROOT, "<td class=\"n\">%.2f</td>", nanos / 1e6));
                }
                html.append("</tr>\n");
            }
        }
        html.append("</tbody></table>\n");
        double[] millis = latency.millis();
        double[] seconds = latency.seconds();
        double max = 1;
        for (double v : millis) {
            max = Math.max(max, v);
        }
        html.append(new Svg(900, 140, seconds.length > 0 ? seconds[seconds.length - 1] : 1, max)
                        .grid(max, String.format(Locale.ROOT, "%.0f ms", max))
                        .grid(max / 2, String.format(Locale.ROOT, "%.0f ms", max / 2))
                        .line(seconds, millis, "latency")
                        .render("Latency from capture to finding over the time of the source"))
                .append(
                        "\n<p>Latency from the capture of a frame to its findings, largest of each stretch. A recorded source is")
                .append(" held back by the slowest stage, so the wait between stages counts in.</p>\n");
    }

    private void models(Facts facts) {
        html.append("<h2>Models</h2>\n<table><thead><tr><th>File</th><th>SHA-256</th></tr></thead><tbody>\n");
        for (Model model : facts.models()) {
            html.append("<tr><td>")
                    .append(escape(model.name()))
                    .append("</td><td><code>")
                    .append(model.sha256())
                    .append("</code></td></tr>\n");
        }
        html.append("</tbody></table>\n");
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}

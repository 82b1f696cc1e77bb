package io.derm.samples;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The verification of a GPU as one HTML page that needs nothing beside it. */
final class VerifyHtml {
    /** Columns of times that are drawn, from the fastest on. */
    static final List<String> PERCENTILES = List.of("p50 ms", "p90 ms", "p99 ms", "p99.9 ms");
    /** Column of the most that the first of {@link #PERCENTILES} may be. */
    static final String BUDGET = "budget ms";

    private static final int BAR_HEIGHT = 16;
    private static final int LABELS = 330;
    private static final int BARS = 560;
    private static final String STYLE = """
            :root { color-scheme: light dark; --line: #8886; --soft: #8881; }
            body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 66rem; padding: 0 1rem; }
            .notice { border: 2px solid #b06f00; border-radius: .5rem; padding: .5rem 1rem; font-weight: 600; }
            .big { border: 4px solid #c2185b; color: #c2185b; font-size: 1.8rem; line-height: 1.2; padding: 1rem; font-weight: 800; }
            table { border-collapse: collapse; width: 100%; margin: .7rem 0; }
            th, td { border-bottom: 1px solid var(--line); padding: .2rem .5rem; text-align: left; vertical-align: top; }
            td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
            .tag { display: inline-block; border-radius: 1rem; padding: 0 .7rem; color: #fff; font-weight: 600; }
            .passed { background: #1b7f79; } .failed { background: #c2185b; } .notrun { background: #b06f00; }
            svg { background: var(--soft); border-radius: .3rem; max-width: 100%; height: auto; }
            svg text { font-size: 10px; fill: currentColor; }
            .p50 { fill: #3f6fb5; } .p99 { fill: #3f6fb566; } .mark { stroke: #c2185b; stroke-width: 2; }
            .l { fill: none; stroke-width: 1.5; stroke: #3f6fb5; }
            .grid { stroke: var(--line); stroke-dasharray: 2 3; }
            figure { margin: .5rem 0; display: inline-block; } figcaption { font-size: 11px; }
            @media print { body { margin: 0; max-width: none; font-size: 11px; } tr, figure, svg { break-inside: avoid; } }
            """;

    private final StringBuilder html = new StringBuilder(1 << 16);
    private int charts;

    private VerifyHtml() {}

    static String render(VerifyReport report) {
        VerifyHtml page = new VerifyHtml();
        page.page(report);
        return page.html.toString();
    }

    private void page(VerifyReport report) {
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .append("<title>derm GPU verification</title><style>")
                .append(STYLE)
                .append("</style></head><body>\n<h1>GPU verification</h1>\n<p class=\"notice\">")
                .append(escape(Derm.RESEARCH_USE))
                .append("</p>\n");
        if (report.emulated()) {
            html.append("<p class=\"big\">EMULATED DEVICE: no GPU was used. Nothing here says anything about the speed")
                    .append(" or the answers of a GPU.</p>\n");
        }
        if (report.device().isEmpty()) {
            html.append("<p class=\"big\">NO GPU: nothing was run on one.</p>\n");
        }
        html.append("<p>Verdict: <b>")
                .append(escape(report.verdict()))
                .append("</b>. Device: <b>")
                .append(escape(report.device().orElse("none")))
                .append("</b>. derm ")
                .append(escape(Derm.version()))
                .append(", <code>")
                .append(escape(report.command()))
                .append("</code>.</p>\n");
        overview(report);
        report.sections().forEach(this::section);
        html.append("<footer><p>").append(escape(Derm.RESEARCH_USE)).append("</p></footer></body></html>\n");
    }

    private void overview(VerifyReport report) {
        html.append(
                        "<table><thead><tr><th>Section</th><th>Outcome</th><th class=\"n\">s</th><th>What failed or was not run")
                .append("</th></tr></thead><tbody>\n");
        for (VerifySection s : report.sections()) {
            List<String> lines = new ArrayList<>(s.failures());
            lines.addAll(s.notRun());
            html.append("<tr><td><a href=\"#")
                    .append(escape(s.id()))
                    .append("\">")
                    .append(escape(s.title()))
                    .append("</a></td><td>")
                    .append(tag(s.status()))
                    .append("</td><td class=\"n\">")
                    .append(number(s.seconds()))
                    .append("</td><td>")
                    .append(escape(String.join("; ", lines)))
                    .append("</td></tr>\n");
        }
        html.append("</tbody></table>\n");
    }

    private static String tag(VerifySection.Status status) {
        return "<span class=\"tag " + status.words().replace(" ", "") + "\">" + status.words() + "</span>";
    }

    private void section(VerifySection s) {
        html.append("<h2 id=\"")
                .append(escape(s.id()))
                .append("\">")
                .append(escape(s.title()))
                .append(" ")
                .append(tag(s.status()))
                .append("</h2>\n");
        list("Failed", s.failures());
        list("Not run", s.notRun());
        s.notes().forEach(note -> html.append("<p>").append(escape(note)).append("</p>\n"));
        s.tables().forEach(this::table);
    }

    private void list(String heading, List<String> lines) {
        if (!lines.isEmpty()) {
            html.append("<p><b>").append(heading).append("</b></p><ul>");
            lines.forEach(line -> html.append("<li>").append(escape(line)).append("</li>"));
            html.append("</ul>\n");
        }
    }

    private void table(VerifyTable table) {
        List<List<@Nullable Object>> rows = table.rows();
        if (rows.isEmpty()) {
            return;
        }
        html.append("<h3>").append(escape(table.title())).append("</h3>\n");
        if (table.columns().containsAll(PERCENTILES)) {
            bars(table, rows);
            percentiles(table, rows);
        }
        html.append("<table><thead><tr>");
        for (int i = 0; i < table.columns().size(); i++) {
            html.append(numeric(rows, i) ? "<th class=\"n\">" : "<th>")
                    .append(escape(table.columns().get(i)))
                    .append("</th>");
        }
        html.append("</tr></thead><tbody>\n");
        for (List<@Nullable Object> row : rows) {
            html.append("<tr>");
            for (int i = 0; i < row.size(); i++) {
                html.append(numeric(rows, i) ? "<td class=\"n\">" : "<td>")
                        .append(escape(cell(row.get(i))))
                        .append("</td>");
            }
            html.append("</tr>\n");
        }
        html.append("</tbody></table>\n");
    }

    private static boolean numeric(List<List<@Nullable Object>> rows, int column) {
        return rows.stream().noneMatch(row -> row.get(column) instanceof String)
                && rows.stream().anyMatch(row -> row.get(column) instanceof Number);
    }

    private static String cell(@Nullable Object value) {
        if (value == null) {
            return "-";
        }
        if (value instanceof Double || value instanceof Float) {
            return number(((Number) value).doubleValue());
        }
        return value.toString();
    }

    private static String number(double value) {
        if (!Double.isFinite(value)) {
            return "-";
        }
        double size = Math.abs(value);
        String format = size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 0.01 || size == 0 ? "%.3f" : "%.2g";
        return String.format(Locale.ROOT, format, value);
    }

    /** The texts that a row begins with, up to its first number. */
    private static String label(List<@Nullable Object> row) {
        StringBuilder label = new StringBuilder();
        for (Object cell : row) {
            if (cell != null && !(cell instanceof String)) {
                break;
            }
            if (cell != null) {
                label.append(label.isEmpty() ? "" : ", ").append(cell);
            }
        }
        return label.toString();
    }

    private static double value(VerifyTable table, List<@Nullable Object> row, String column) {
        int at = table.columns().indexOf(column);
        return at >= 0 && row.get(at) instanceof Number n ? n.doubleValue() : Double.NaN;
    }

    /** A bar a row: p50 dark, p99 light behind it, a stroke where the budget is. */
    private void bars(VerifyTable table, List<List<@Nullable Object>> rows) {
        double max = 0;
        for (List<@Nullable Object> row : rows) {
            max = larger(max, value(table, row, PERCENTILES.get(2)));
            max = larger(max, value(table, row, BUDGET));
        }
        int height = BAR_HEIGHT * rows.size() + BAR_HEIGHT;
        html.append("<svg role=\"img\" viewBox=\"0 0 ")
                .append(LABELS + BARS + 60)
                .append(' ')
                .append(height)
                .append("\" width=\"")
                .append(LABELS + BARS + 60)
                .append("\" height=\"")
                .append(height)
                .append("\"><title>p50 (dark), p99 (light) and budget (stroke) of ")
                .append(escape(table.title()))
                .append("</title>");
        for (int i = 0; i < rows.size(); i++) {
            List<@Nullable Object> row = rows.get(i);
            int y = BAR_HEIGHT * i + 4;
            double p50 = value(table, row, PERCENTILES.get(0));
            html.append("<text x=\"4\" y=\"")
                    .append(y + 10)
                    .append("\">")
                    .append(escape(label(row)))
                    .append("</text>");
            bar("p99", y, value(table, row, PERCENTILES.get(2)), max);
            bar("p50", y, p50, max);
            double budget = value(table, row, BUDGET);
            if (Double.isFinite(budget)) {
                html.append(String.format(
                        Locale.ROOT,
                        "<line class=\"mark\" x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"%2$d\" y2=\"%3$d\"/>",
                        x(budget, max),
                        y - 2,
                        y + 14));
            }
            if (Double.isFinite(p50)) {
                html.append(String.format(
                        Locale.ROOT, "<text x=\"%d\" y=\"%d\">%s ms</text>", LABELS + BARS + 6, y + 10, number(p50)));
            }
        }
        html.append("</svg>\n");
    }

    private static double larger(double a, double b) {
        return b > a ? b : a;
    }

    private void bar(String css, int y, double value, double max) {
        if (Double.isFinite(value)) {
            html.append(String.format(
                    Locale.ROOT,
                    "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"12\"/>",
                    css,
                    LABELS,
                    y,
                    x(value, max) - LABELS));
        }
    }

    private static double x(double value, double max) {
        return LABELS + (max > 0 ? value / max : 0) * BARS;
    }

    /** For each row of exam steps the times from p50 to p99.9, evenly spaced by nines. */
    private void percentiles(VerifyTable table, List<List<@Nullable Object>> rows) {
        for (List<@Nullable Object> row : rows) {
            String label = label(row);
            if (!label.contains("exam")) {
                continue;
            }
            double[] x = new double[PERCENTILES.size()];
            double[] y = new double[x.length];
            double max = 0;
            for (int i = 0; i < x.length; i++) {
                x[i] = i;
                y[i] = value(table, row, PERCENTILES.get(i));
                max = larger(max, y[i]);
            }
            if (max > 0) {
                Axis steps = new Axis(0, x.length - 1.0, false, List.of(), "p50, p90, p99, p99.9, evenly spaced");
                charts++;
                html.append("<figure>")
                        .append(Plot.of(300, 150, steps, Axis.upTo(max, "time, ms"))
                                .line(x, y, Double.MAX_VALUE, "percentiles")
                                .render(
                                        "percentiles-" + charts,
                                        "Percentiles of " + label,
                                        "p50, p90, p99 and p99.9 in milliseconds, the figures of the table."))
                        .append("<figcaption>")
                        .append(escape(label))
                        .append("</figcaption></figure>\n");
            }
        }
    }

    private static String escape(String text) {
        return Html.escape(text);
    }
}

package io.derm.bench.gate;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.derm.api.DermException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * A gate's outcomes as a table, as JSON, as JUnit XML and as a page.
 *
 * @param title what was gated
 */
record GateReport(String title, Machine machine, List<Outcome> outcomes) {
    private static final int WIDTH = 640;
    private static final int ROW = 14;
    private static final int LEFT = 60;
    private static final String STYLE = """
            :root { color-scheme: light dark; }
            body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
            .notice { border: 2px solid #b06f00; border-radius: .5rem; padding: .5rem 1rem; font-weight: 600; }
            table { border-collapse: collapse; width: 100%; }
            th, td { border-bottom: 1px solid #8886; padding: .2rem .5rem; text-align: left; }
            .pass { color: #1b7f79; } .FAIL { color: #c2185b; font-weight: 700; } .inconclusive, .notrun { color: #b06f00; }
            svg { background: #8881; max-width: 100%; height: auto; } svg text { font-size: 10px; fill: currentColor; }
            circle { fill: #3f6fb5; fill-opacity: .6; } .margin { stroke: #c2185b; stroke-width: 2; }
            .interval { stroke: #1b7f79; stroke-width: 5; } .one { stroke: #8888; stroke-dasharray: 2 3; }
            """;

    Status status() {
        return Status.ofAll(outcomes.stream().map(Outcome::status).toList());
    }

    String text() {
        StringBuilder out = new StringBuilder();
        String format = "%-12s  %-32s  %-26s  %-12s  %s";
        out.append(String.format(format, "", "limit", "measured", "bound", "").stripTrailing())
                .append('\n');
        for (Outcome o : outcomes) {
            out.append(String.format(
                                    format,
                                    o.status().words(),
                                    o.limit().name(),
                                    o.shown(),
                                    o.limit().bound(),
                                    o.details())
                            .stripTrailing())
                    .append('\n');
        }
        return out.append("gate: ").append(status().words()).append('\n').toString();
    }

    /** Writes gate.json, gate.xml and gate.html. */
    void write(Path folder) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("gate.json"), json(), StandardCharsets.UTF_8);
            Files.writeString(folder.resolve("gate.xml"), junit(), StandardCharsets.UTF_8);
            Files.writeString(folder.resolve("gate.html"), html(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new DermException(
                    705, "Cannot write to " + folder + ": " + e, "Check the folder, its permissions and the disk.", e);
        }
    }

    String json() throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode();
        root.put("gate", 1).put("title", title).put("status", status().words());
        root.put("notice", Words.RESEARCH_USE);
        root.set("machine", mapper.valueToTree(machine));
        for (Outcome o : outcomes) {
            ObjectNode node = root.withArray("limits").addObject();
            node.put("kind", o.limit().kind().name().toLowerCase(Locale.ROOT))
                    .put("metric", o.limit().metric())
                    .put("beside", o.limit().beside())
                    .put("relation", o.limit().relation())
                    .put("bound", o.limit().value())
                    .put("status", o.status().words());
            if (!Double.isNaN(o.measured())) {
                node.put("measured", o.measured());
            }
            Verdict verdict = o.verdict();
            if (verdict != null) {
                node.put("lower", verdict.interval().lower())
                        .put("upper", verdict.interval().upper());
                node.set("logRatios", mapper.valueToTree(verdict.logRatios()));
            }
            if (!o.note().isEmpty()) {
                node.put("note", o.note());
            }
        }
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }

    String junit() {
        StringBuilder out = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        out.append(String.format(
                Locale.ROOT,
                "<testsuite name=\"derm gate\" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\">\n",
                outcomes.size(),
                count(Status.FAIL),
                count(Status.INCONCLUSIVE),
                count(Status.NOT_RUN)));
        for (Outcome o : outcomes) {
            String message = o.limit().name() + " is " + o.shown() + ", expected "
                    + o.limit().bound() + (o.details().isEmpty() ? "" : " (" + o.details() + ")");
            String element =
                    switch (o.status()) {
                        case PASS -> "<system-out>%s</system-out>";
                        case FAIL -> "<failure message=\"%s\"/>";
                        case INCONCLUSIVE -> "<error message=\"inconclusive: %s\"/>";
                        case NOT_RUN -> "<skipped message=\"%s\"/>";
                    };
            out.append("  <testcase classname=\"derm.gate.")
                    .append(o.limit().kind().name().toLowerCase(Locale.ROOT))
                    .append("\" name=\"")
                    .append(Words.escape(o.limit().name() + " " + o.limit().bound()))
                    .append("\">")
                    .append(element.formatted(Words.escape(message)))
                    .append("</testcase>\n");
        }
        return out.append("</testsuite>\n").toString();
    }

    private long count(Status status) {
        return outcomes.stream().filter(o -> o.status() == status).count();
    }

    String html() {
        StringBuilder out = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        out.append("<title>derm gate</title><style>").append(STYLE).append("</style></head><body>\n<h1>Gate: ");
        out.append(status().words()).append("</h1>\n<p class=\"notice\">").append(Words.RESEARCH_USE);
        out.append("</p>\n<p>").append(Words.escape(title)).append("<br>").append(Words.escape(machine.words()));
        out.append("</p>\n<table><tr><th>Outcome</th><th>Limit</th><th>Measured</th><th>Bound</th><th></th></tr>\n");
        for (Outcome o : outcomes) {
            out.append("<tr><td class=\"")
                    .append(o.status().words().replace(" ", ""))
                    .append("\">")
                    .append(o.status().words());
            for (String cell :
                    new String[] {o.limit().name(), o.shown(), o.limit().bound(), o.details()}) {
                out.append("</td><td>").append(Words.escape(cell));
            }
            out.append("</td></tr>\n");
        }
        out.append("</table>\n");
        for (Outcome o : outcomes) {
            Verdict verdict = o.verdict();
            if (verdict != null) {
                plot(out, o, verdict);
            }
        }
        return out.append("<footer><p>")
                .append(Words.RESEARCH_USE)
                .append("</p></footer></body></html>\n")
                .toString();
    }

    /** A dot a block in a row a fork, the interval below them, the margin a stroke through all. */
    private static void plot(StringBuilder out, Outcome o, Verdict verdict) {
        double margin = Math.log(o.limit().value());
        double low = Math.min(0, Math.min(margin, Math.log(verdict.interval().lower())));
        double high = Math.max(0, Math.max(margin, Math.log(verdict.interval().upper())));
        for (double[] fork : verdict.logRatios()) {
            for (double ratio : fork) {
                low = Math.min(low, ratio);
                high = Math.max(high, ratio);
            }
        }
        double pad = Math.max(0.01, 0.05 * (high - low));
        double from = low - pad;
        double scale = (WIDTH - LEFT - 10) / (high - low + 2 * pad);
        int rows = verdict.logRatios().length;
        int height = ROW * (rows + 3);
        out.append("<h2>")
                .append(Words.escape(o.limit().name()))
                .append("</h2>\n<svg role=\"img\" viewBox=\"0 0 ")
                .append(WIDTH + " " + height + "\" width=\"" + WIDTH + "\" height=\"" + height + "\"><title>")
                .append("Ratio of each block, a row a fork; the interval; the margin</title>");
        for (int f = 0; f < rows; f++) {
            int y = ROW * (f + 1);
            out.append("<text x=\"4\" y=\"")
                    .append(y + 3)
                    .append("\">fork ")
                    .append(f + 1)
                    .append("</text>");
            for (double ratio : verdict.logRatios()[f]) {
                out.append(String.format(
                        Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%d\" r=\"3\"/>", LEFT + (ratio - from) * scale, y));
            }
        }
        int y = ROW * (rows + 1);
        out.append("<text x=\"4\" y=\"" + (y + 3) + "\">95 %</text>");
        out.append(String.format(
                Locale.ROOT,
                "<line class=\"interval\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
                LEFT + (Math.log(verdict.interval().lower()) - from) * scale,
                LEFT + (Math.log(verdict.interval().upper()) - from) * scale,
                y,
                y));
        stroke(out, "one", LEFT - from * scale, y, "1");
        stroke(
                out,
                "margin",
                LEFT + (margin - from) * scale,
                y,
                Words.number(o.limit().value()));
        out.append("</svg>\n");
    }

    private static void stroke(StringBuilder out, String css, double x, int bottom, String label) {
        out.append(String.format(
                Locale.ROOT,
                "<line class=\"%1$s\" x1=\"%2$.1f\" x2=\"%2$.1f\" y1=\"0\" y2=\"%3$d\"/><text x=\"%2$.1f\" y=\"%4$d\">%5$s</text>",
                css,
                x,
                bottom + 6,
                bottom + 18,
                label));
    }
}

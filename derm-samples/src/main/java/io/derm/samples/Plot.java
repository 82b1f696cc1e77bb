package io.derm.samples;

import java.util.List;
import java.util.Locale;

/**
 * One chart as inline SVG, that is well-formed XML as well: axes with units, grid, legend, and a title and a description for those who do
 * not see it. Colours, line widths and dashes are classes of the page's style sheet. Confined.
 */
final class Plot {
    /** Widths of a chart across the report, and of one beside another. */
    static final int WIDE = 940;

    static final int HALF = 460;

    private static final int LEFT = 52;
    private static final int RIGHT = 16;
    private static final int TOP = 26;
    private static final int BOTTOM = 38;

    private final int width;
    private final int height;
    private final int left;
    private final Axis x;
    private final Axis y;
    private final StringBuilder body = new StringBuilder();
    private int legend;

    private Plot(int width, int height, int left, Axis x, Axis y) {
        this.width = width;
        this.height = height;
        this.left = left;
        this.x = x;
        this.y = y;
        this.legend = left;
        for (double tick : x.ticks()) {
            mark("grid", x(tick), TOP, x(tick), height - BOTTOM);
            text(x(tick), height - BOTTOM + 13, "middle", x.text(tick));
        }
        text((left + width - RIGHT) / 2.0, height - 6, "middle", x.label());
    }

    /** A chart with two scales; the label of {@code y} stands above it. */
    static Plot of(int width, int height, Axis x, Axis y) {
        Plot plot = new Plot(width, height, LEFT, x, y);
        for (double tick : y.ticks()) {
            plot.mark("grid", plot.left, plot.y(tick), width - RIGHT, plot.y(tick));
            plot.text(plot.left - 5, plot.y(tick) + 3.5, "end", y.text(tick));
        }
        plot.text(4, 12, "start", y.label());
        plot.legend = Math.max(LEFT, 4 + 7 * y.label().length()) + 16;
        return plot;
    }

    /** A chart with a row for each label, the first on top; {@code y} of a row is its index from 0, its middle half a row on. */
    static Plot ofRows(int width, int rowHeight, int labelWidth, Axis x, List<String> labels) {
        int rows = labels.size();
        Plot plot = new Plot(
                width, TOP + BOTTOM + rows * rowHeight, labelWidth, x, new Axis(rows, 0, false, List.of(), ""));
        for (int i = 0; i < rows; i++) {
            plot.mark("grid", labelWidth, plot.y(i + 1), width - RIGHT, plot.y(i + 1));
            plot.text(labelWidth - 6, plot.y(i + 0.5) + 4, "end", labels.get(i));
        }
        return plot;
    }

    /** An entry of the legend, drawn as a line or a swatch is. */
    Plot legend(String text, String style, boolean line) {
        if (line) {
            body.append(
                    String.format(Locale.ROOT, "<path class=\"l %s\" d=\"M%d 8H%d\"/>", style, legend, legend + 22));
        } else {
            body.append(String.format(
                    Locale.ROOT,
                    "<rect class=\"f %s\" x=\"%d\" y=\"3\" width=\"14\" height=\"10\"/>",
                    style,
                    legend + 6));
        }
        text(legend + 26, 12, "start", text);
        legend += 26 + 7 * text.length() + 14;
        return this;
    }

    /** A line through points in order of {@code x}, broken where two are further apart than {@code gap}; a short dash for a point alone. */
    Plot line(double[] xs, double[] ys, double gap, String style) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < xs.length; i++) {
            boolean begins = i == 0 || xs[i] - xs[i - 1] > gap;
            boolean ends = i == xs.length - 1 || xs[i + 1] - xs[i] > gap;
            path.append(String.format(Locale.ROOT, "%s%.1f %.1f", begins ? "M" : "L", x(xs[i]), y(ys[i])));
            if (begins && ends) {
                path.append("h3");
            }
        }
        body.append("<path class=\"l ")
                .append(style)
                .append("\" d=\"")
                .append(path)
                .append("\"/>");
        return this;
    }

    /** A filled rectangle between two corners in units of the axes, at least a pixel wide. */
    Plot box(double x0, double x1, double y0, double y1, String style) {
        return box(x0, x1, y0, y1, style, 1);
    }

    Plot box(double x0, double x1, double y0, double y1, String style, double opacity) {
        double l = Math.min(x(x0), x(x1));
        double t = Math.min(y(y0), y(y1));
        body.append(String.format(
                Locale.ROOT,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"%s/>",
                style,
                l,
                t,
                Math.max(1, Math.abs(x(x1) - x(x0))),
                Math.abs(y(y1) - y(y0)),
                opacity < 1 ? String.format(Locale.ROOT, " fill-opacity=\"%.2f\"", opacity) : ""));
        return this;
    }

    /** A round mark. */
    Plot dot(double atX, double atY, double radius, String style) {
        body.append(String.format(
                Locale.ROOT,
                "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>",
                style,
                x(atX),
                y(atY),
                radius));
        return this;
    }

    /** Words at a point of the axes, moved by pixels; {@code anchor} is {@code start}, {@code middle} or {@code end}. */
    Plot note(double atX, double atY, double right, double down, String anchor, String words) {
        text(x(atX) + right, y(atY) + down, anchor, words);
        return this;
    }

    private void mark(String style, double x0, double y0, double x1, double y1) {
        body.append(
                String.format(Locale.ROOT, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>", style, x0, y0, x1, y1));
    }

    private void text(double atX, double atY, String anchor, String words) {
        body.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
                atX,
                atY,
                anchor,
                Html.escape(words)));
    }

    private double x(double value) {
        return left + x.at(value) * (width - left - RIGHT);
    }

    private double y(double value) {
        return height - BOTTOM - y.at(value) * (height - TOP - BOTTOM);
    }

    /**
     * The chart.
     *
     * @param id unique in the page
     * @param description what is to be seen in it, in a sentence or two
     */
    String render(String id, String title, String description) {
        return "<svg id=\"" + id + "\"" + (width == WIDE ? " class=\"wide\"" : "") + " role=\"img\" aria-labelledby=\""
                + id + "-t " + id + "-d\" viewBox=\"0 0 "
                + width
                + " " + height + "\" style=\"max-width:" + width + "px\"><title id=\"" + id + "-t\">"
                + Html.escape(title) + "</title><desc id=\"" + id + "-d\">" + Html.escape(description) + "</desc>"
                + body + "</svg>";
    }
}

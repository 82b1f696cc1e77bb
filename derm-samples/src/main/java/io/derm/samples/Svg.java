package io.derm.samples;

import java.util.Locale;

/** Line charts as inline SVG. */
final class Svg {
    private final int width;
    private final int height;
    private final StringBuilder body = new StringBuilder();
    private final double maxX;
    private final double maxY;

    /** A chart over 0 to {@code maxX} and 0 to {@code maxY}. */
    Svg(int width, int height, double maxX, double maxY) {
        this.width = width;
        this.height = height;
        this.maxX = maxX > 0 ? maxX : 1;
        this.maxY = maxY > 0 ? maxY : 1;
    }

    /** A line through the points; a dot where there is only one. */
    Svg line(double[] x, double[] y, String cssClass) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < x.length; i++) {
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(x[i]), y(y[i])));
        }
        if (x.length == 1) {
            body.append(String.format(
                    Locale.ROOT, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2\"/>", cssClass, x(x[0]), y(y[0])));
        } else {
            body.append("<polyline class=\"")
                    .append(cssClass)
                    .append("\" points=\"")
                    .append(points.toString().trim());
            body.append("\"/>");
        }
        return this;
    }

    /** A horizontal grid line with its value. */
    Svg grid(double value, String label) {
        body.append(String.format(
                Locale.ROOT,
                "<line class=\"grid\" x1=\"0\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"2\" y=\"%.1f\">%s</text>",
                width,
                y(value),
                y(value),
                y(value) - 2,
                HtmlReport.escape(label)));
        return this;
    }

    private double x(double v) {
        return v / maxX * width;
    }

    private double y(double v) {
        return height - Math.min(1, v / maxY) * (height - 10);
    }

    String render(String title) {
        return "<svg role=\"img\" viewBox=\"0 0 " + width + " " + height + "\" width=\"" + width + "\" height=\""
                + height + "\"><title>" + HtmlReport.escape(title) + "</title>" + body + "</svg>";
    }
}

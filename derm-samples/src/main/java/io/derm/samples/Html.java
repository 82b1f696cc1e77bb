package io.derm.samples;

import java.util.List;

/** Pieces of a page that is well-formed XML as well. */
final class Html {
    /** What a table of a chart's figures has at most. */
    static final int TABLE_ROWS = 24;

    private Html() {}

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /**
     * A table of plain text.
     *
     * @param id unique in the page
     * @param words how many columns from the left are words; the others are figures
     */
    static String table(String id, int words, List<String> heads, List<List<String>> rows) {
        StringBuilder html = new StringBuilder("<div class=\"scroll\"><table id=\"")
                .append(id)
                .append("\"><thead><tr>");
        for (int i = 0; i < heads.size(); i++) {
            html.append(i < words ? "<th scope=\"col\">" : "<th scope=\"col\" class=\"n\">")
                    .append(escape(heads.get(i)))
                    .append("</th>");
        }
        html.append("</tr></thead><tbody>\n");
        for (List<String> row : rows) {
            html.append("<tr>");
            for (int i = 0; i < row.size(); i++) {
                html.append(i < words ? "<td>" : "<td class=\"n\">")
                        .append(escape(row.get(i)))
                        .append("</td>");
            }
            html.append("</tr>\n");
        }
        return html.append("</tbody></table></div>\n").toString();
    }

    /** A chart with its caption and the same figures as a table, which opens on demand and is not printed. */
    static String figure(String svg, String caption, String table) {
        return "<figure>" + svg + "<figcaption>" + escape(caption) + "</figcaption>"
                + (table.isEmpty() ? "" : "<details><summary>The figures as a table</summary>" + table + "</details>")
                + "</figure>\n";
    }
}

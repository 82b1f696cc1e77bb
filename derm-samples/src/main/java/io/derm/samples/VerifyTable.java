package io.derm.samples;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Figures of one kind, a row each, under named columns; a cell is a text, a number or null where there is none. Thread-safe. */
final class VerifyTable {
    private final String id;
    private final String title;
    private final List<String> columns;
    private final List<List<@Nullable Object>> rows = new ArrayList<>();

    /**
     * A table without rows.
     *
     * @param id its name for programs
     * @param columns names with units, e.g. {@code p50 ms}
     */
    VerifyTable(String id, String title, List<String> columns) {
        this.id = id;
        this.title = title;
        this.columns = List.copyOf(columns);
    }

    synchronized void row(@Nullable Object... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(
                    "Row of " + id + " has " + cells.length + " cells, expected " + columns.size());
        }
        rows.add(Collections.unmodifiableList(new ArrayList<>(Arrays.asList(cells))));
    }

    String id() {
        return id;
    }

    String title() {
        return title;
    }

    List<String> columns() {
        return columns;
    }

    synchronized List<List<@Nullable Object>> rows() {
        return List.copyOf(rows);
    }
}

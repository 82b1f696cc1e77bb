package io.derm.samples;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** What the verification of a GPU found, section by section. Thread-safe. */
final class VerifyReport {
    /** Version of the JSON that {@link #json} writes; it grows when a field changes its meaning or goes. */
    static final int SCHEMA = 1;
    /** What the stand-in for a GPU that tests use calls itself. */
    static final String EMULATED = "Emulated device (CPU)";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<VerifySection> sections = new CopyOnWriteArrayList<>();
    private final String command;
    private volatile @Nullable String device;

    /**
     * A report with nothing in it.
     *
     * @param command the options that it was made with
     */
    VerifyReport(String command) {
        this.command = command;
    }

    String command() {
        return command;
    }

    void device(String name) {
        device = name;
    }

    /** Name of the GPU; empty where there is none. */
    Optional<String> device() {
        return Optional.ofNullable(device);
    }

    boolean emulated() {
        return EMULATED.equals(device);
    }

    VerifySection add(VerifySection section) {
        sections.add(section);
        return section;
    }

    List<VerifySection> sections() {
        return List.copyOf(sections);
    }

    /** Whether a real GPU passed every section. */
    boolean passed() {
        return device != null
                && !emulated()
                && !sections.isEmpty()
                && sections.stream().allMatch(VerifySection::satisfied);
    }

    /** The whole in a few words. */
    String verdict() {
        if (device == null) {
            return "NOT RUN: there is no GPU";
        }
        if (emulated()) {
            return "NOT RUN ON A GPU: the device is emulated on the CPU";
        }
        if (passed()) {
            return "PASSED";
        }
        return sections.stream().anyMatch(s -> s.status() == VerifySection.Status.FAILED) ? "FAILED" : "INCOMPLETE";
    }

    /** For programs: one JSON object. Numbers that are not finite are null. */
    String json() {
        ObjectNode root = JSON.createObjectNode();
        root.put("schema", SCHEMA);
        root.put("verdict", verdict());
        root.put("passed", passed());
        root.put("device", device);
        root.put("emulated", emulated());
        root.put("derm", Derm.version());
        root.put("command", command);
        ArrayNode all = root.putArray("sections");
        for (VerifySection s : sections) {
            ObjectNode node = all.addObject();
            node.put("id", s.id());
            node.put("title", s.title());
            node.put("status", s.status().words());
            number(node, "seconds", s.seconds());
            lines(node.putArray("failures"), s.failures());
            lines(node.putArray("notRun"), s.notRun());
            lines(node.putArray("notes"), s.notes());
            ObjectNode tables = node.putObject("tables");
            s.tables().forEach(t -> rows(tables.putArray(t.id()), t));
        }
        root.put("use", Derm.RESEARCH_USE);
        return root.toPrettyString() + "\n";
    }

    private static void lines(ArrayNode to, List<String> lines) {
        lines.forEach(to::add);
    }

    private static void rows(ArrayNode to, VerifyTable table) {
        for (List<@Nullable Object> row : table.rows()) {
            ObjectNode node = to.addObject();
            for (int i = 0; i < row.size(); i++) {
                Object cell = row.get(i);
                String column = table.columns().get(i);
                if (cell instanceof Integer || cell instanceof Long) {
                    node.put(column, ((Number) cell).longValue());
                } else if (cell instanceof Number n) {
                    number(node, column, n.doubleValue());
                } else {
                    node.put(column, cell == null ? null : cell.toString());
                }
            }
        }
    }

    private static void number(ObjectNode to, String name, double value) {
        if (Double.isFinite(value)) {
            to.put(name, value);
        } else {
            to.putNull(name);
        }
    }

    /** For people at a terminal: a line a section, and under it what failed or was not run. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (VerifySection s : sections) {
            text.append(String.format(
                    Locale.ROOT, "%-8s %-14s %6.1f s  %s%n", s.status().words(), s.id(), s.seconds(), s.title()));
            s.failures()
                    .forEach(line ->
                            text.append("         failed: ").append(line).append('\n'));
            s.notRun()
                    .forEach(line ->
                            text.append("         not run: ").append(line).append('\n'));
        }
        return text.append(verdict()).append("\n").toString();
    }
}

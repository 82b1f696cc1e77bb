package io.derm.samples;

import io.derm.api.DermException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Options by name out of a YAML file, each with the line that it stands in. Immutable.
 *
 * @param path the file
 * @param entries by key, in file order
 */
record ConfigFile(Path path, Map<String, Entry> entries) {
    /**
     * A key and what it is set to.
     *
     * @param where file and line, for messages
     * @param value as YAML has it
     */
    record Entry(String key, String where, Node value) {}

    ConfigFile {
        entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    /**
     * Reads a file.
     *
     * @param known the keys that there are
     * @throws DermException if it cannot be read, is no YAML of keys and values, or has a key that is not known or comes twice
     */
    static ConfigFile read(Path path, Set<String> known) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        Optional<Node> root = compose(path);
        if (root.isPresent() && !(root.get() instanceof MappingNode)) {
            throw notYaml(path + where(root.get().getStartMark()) + " is no 'key: value'", null);
        }
        root.map(MappingNode.class::cast).ifPresent(map -> map.getValue().forEach(tuple -> {
            Entry entry = entry(path, tuple);
            if (!known.contains(entry.key())) {
                throw unknown(entry, known);
            }
            Entry first = entries.putIfAbsent(entry.key(), entry);
            if (first != null) {
                throw new DermException(
                        844,
                        entry.where() + ": '" + entry.key() + "' comes twice, first at " + first.where()
                                + ", expected each key once",
                        "Take one of them out.");
            }
        }));
        return new ConfigFile(path, entries);
    }

    private static Optional<Node> compose(Path path) {
        try {
            String text = Files.readString(path);
            return new Compose(LoadSettings.builder().build()).composeString(text);
        } catch (IOException e) {
            throw new DermException(
                    840,
                    "Configuration " + path + " cannot be read: " + Outputs.reason(e) + ", expected a YAML file",
                    "Check the path, its permissions and that it is UTF-8.",
                    e);
        } catch (MarkedYamlEngineException e) {
            throw notYaml(path + where(e.getProblemMark()) + ": " + e.getProblem(), e);
        } catch (YamlEngineException e) {
            throw notYaml(path + ": " + e.getMessage(), e);
        }
    }

    private static Entry entry(Path path, NodeTuple tuple) {
        Node key = tuple.getKeyNode();
        String where = path + where(key.getStartMark());
        if (!(key instanceof ScalarNode)) {
            throw notYaml(where + " has a list or a map for a key", null);
        }
        return new Entry(((ScalarNode) key).getValue(), where, tuple.getValueNode());
    }

    static String where(Optional<Mark> mark) {
        return mark.map(m -> " line " + (m.getLine() + 1)).orElse("");
    }

    private static DermException notYaml(String found, @Nullable Throwable cause) {
        return new DermException(
                841, found + ", expected YAML with a line 'key: value' for each option", "Mend the line.", cause);
    }

    private static DermException unknown(Entry entry, Set<String> known) {
        return new DermException(
                842,
                entry.where() + ": there is no key '" + entry.key() + "', expected " + expected(entry.key(), known),
                near(entry.key(), known)
                        .map(nearest -> "Write " + nearest + ", or take the line out.")
                        .orElse("Choose one of these, or take the line out."));
    }

    /** What may have been meant by a key that there is not: the nearest where one is near, else all. */
    static String expected(String key, Set<String> known) {
        return near(key, known).orElseGet(() -> "one of " + String.join(", ", new TreeSet<>(known)));
    }

    private static Optional<String> near(String key, Set<String> known) {
        String nearest = Collections.min(known, Comparator.comparingInt(k -> distance(key, k)));
        return distance(key, nearest) <= Math.max(2, key.length() / 3) ? Optional.of(nearest) : Optional.empty();
    }

    /** Letters to insert, drop or change to make one word of the other (Levenshtein). */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}

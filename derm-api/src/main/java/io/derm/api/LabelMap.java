package io.derm.api;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A model's classes in the order of its outputs, each with the {@link LesionClass} it counts towards. Immutable.
 *
 * @param labels names of the model's classes, in output order
 * @param classes what each of them counts as
 */
public record LabelMap(List<String> labels, List<LesionClass> classes) {
    public LabelMap {
        labels = List.copyOf(labels);
        classes = List.copyOf(classes);
        if (labels.isEmpty() || labels.size() != classes.size()) {
            throw new IllegalArgumentException("Label map has " + labels.size() + " labels and " + classes.size()
                    + " classes, expected as many of each and at least one");
        }
    }

    /**
     * Reads {@code label=CLASS} entries separated by commas, e.g. {@code nevus=BENIGN,BCC=UNKNOWN,melanoma=MELANOMA}.
     *
     * @throws IllegalArgumentException if an entry has no {@code =} or names no lesion class
     */
    public static LabelMap parse(String text) {
        List<String> labels = new ArrayList<>();
        List<LesionClass> classes = new ArrayList<>();
        for (String entry : text.split(",", -1)) {
            int eq = entry.lastIndexOf('=');
            String name = eq < 0 ? "" : entry.substring(eq + 1).trim().toUpperCase(Locale.ROOT);
            if (eq <= 0
                    || Arrays.stream(LesionClass.values())
                            .noneMatch(c -> c.name().equals(name))) {
                throw new IllegalArgumentException("Label entry is '" + entry.trim()
                        + "', expected label=BENIGN, label=UNKNOWN or label=MELANOMA");
            }
            labels.add(entry.substring(0, eq).trim());
            classes.add(LesionClass.valueOf(name));
        }
        return new LabelMap(labels, classes);
    }

    /** Number of classes. */
    public int size() {
        return labels.size();
    }
}

package io.derm.api;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A model's classes in the order of its outputs, each with the {@link LesionClass} it counts towards. Immutable.
 *
 * @param labels names of the model's classes, in output order
 * @param classes what each of them counts as
 * @param noLesion those labels that stand for things which are no lesions (hair, rulers, a navel); they count as
 *     {@link LesionClass#UNKNOWN}, and an exam does not report what most looks show to be one
 */
public record LabelMap(List<String> labels, List<LesionClass> classes, Set<String> noLesion) {
    /** What a label that stands for no lesion counts as in text. */
    public static final String NO_LESION = "NO_LESION";

    public LabelMap {
        labels = List.copyOf(labels);
        classes = List.copyOf(classes);
        noLesion = Set.copyOf(noLesion);
        if (labels.isEmpty() || labels.size() != classes.size()) {
            throw new IllegalArgumentException("Label map has " + labels.size() + " labels and " + classes.size()
                    + " classes, expected as many of each and at least one");
        }
        for (String label : noLesion) {
            int at = labels.indexOf(label);
            if (at < 0 || classes.get(at) != LesionClass.UNKNOWN) {
                throw new IllegalArgumentException("Label map has '" + label
                        + "' as no lesion, expected one of its labels, and that it counts as UNKNOWN");
            }
        }
    }

    /** A map without a label that stands for no lesion. */
    public LabelMap(List<String> labels, List<LesionClass> classes) {
        this(labels, classes, Set.of());
    }

    /**
     * Reads {@code label=CLASS} entries separated by commas, e.g. {@code nevus=BENIGN,BCC=UNKNOWN,melanoma=MELANOMA,ruler=NO_LESION}.
     *
     * @throws IllegalArgumentException if an entry has no {@code =} or names no lesion class and not {@link #NO_LESION}
     */
    public static LabelMap parse(String text) {
        List<String> labels = new ArrayList<>();
        List<LesionClass> classes = new ArrayList<>();
        Set<String> noLesion = new HashSet<>();
        for (String entry : text.split(",", -1)) {
            int eq = entry.lastIndexOf('=');
            Optional<LesionClass> counts = eq <= 0 ? Optional.empty() : countsAs(entry.substring(eq + 1));
            if (counts.isEmpty()) {
                throw new IllegalArgumentException("Label entry is '" + entry.trim()
                        + "', expected label=BENIGN, label=UNKNOWN, label=MELANOMA or label=NO_LESION");
            }
            String label = entry.substring(0, eq).trim();
            labels.add(label);
            classes.add(counts.get());
            if (isNoLesion(entry.substring(eq + 1))) {
                noLesion.add(label);
            }
        }
        return new LabelMap(labels, classes, noLesion);
    }

    /** What a class in the text of a map counts as: a lesion class by its name, UNKNOWN for {@link #NO_LESION}, empty for others. */
    public static Optional<LesionClass> countsAs(String text) {
        String name = text.strip().toUpperCase(Locale.ROOT);
        return isNoLesion(name)
                ? Optional.of(LesionClass.UNKNOWN)
                : Arrays.stream(LesionClass.values())
                        .filter(c -> c.name().equals(name))
                        .findFirst();
    }

    /** Whether a class in the text of a map is {@link #NO_LESION}. */
    public static boolean isNoLesion(String text) {
        return text.strip().equalsIgnoreCase(NO_LESION);
    }

    /** Number of classes. */
    public int size() {
        return labels.size();
    }
}

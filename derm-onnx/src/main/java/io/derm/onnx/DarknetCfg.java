package io.derm.onnx;

import io.derm.api.ModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** A darknet cfg as its sections. Read as {@code read_cfg} of AlexeyAB/darknet does: white space means nothing. Immutable by convention. */
record DarknetCfg(String file, Section net, List<Section> layers) {
    /** More than ten times the largest cfg of AlexeyAB/darknet. */
    static final int MAX_LAYERS = 10_000;

    /** Numbers in one option, ten times those of the longest list of AlexeyAB/darknet; sums over them stay within an int. */
    private static final int MAX_LIST = 4096;

    private static final Pattern SPACE = Pattern.compile("[\\s\\uFEFF]+");
    private static final Pattern NO_FRACTION = Pattern.compile("\\.0*$");
    private static final Pattern INTEGER = Pattern.compile("-?\\d{1,6}");

    /** A value and the line it stands on. */
    record Option(String value, int line) {}

    /** A section, its place among the layers (-1 for [net]) and its options. */
    record Section(String file, String kind, int line, int index, Map<String, Option> options) {

        /** How messages name it. */
        String where() {
            String shown = Problems.clip(kind);
            return index < 0
                    ? "[" + shown + "] of line " + line
                    : "layer " + index + " ([" + shown + "] of line " + line + ")";
        }

        boolean has(String key) {
            return options.containsKey(key);
        }

        int integer(String key, int otherwise, int min, int max) {
            Option o = options.get(key);
            if (o == null) {
                return otherwise;
            }
            try {
                int v = Integer.parseInt(NO_FRACTION.matcher(o.value()).replaceFirst(""));
                if (v >= min && v <= max) {
                    return v;
                }
            } catch (NumberFormatException e) {
                throw bad(key, "a whole number");
            }
            throw bad(key, min == max ? "" + min : min + " to " + max);
        }

        double number(String key, double otherwise) {
            Option o = options.get(key);
            if (o == null) {
                return otherwise;
            }
            return parse(key, o.value());
        }

        String text(String key, String otherwise) {
            Option o = options.get(key);
            return o == null ? otherwise : o.value();
        }

        int[] integers(String key) {
            return Arrays.stream(list(key))
                    .mapToInt(s -> {
                        if (!INTEGER.matcher(s).matches()) {
                            throw bad(key, "whole numbers separated by commas");
                        }
                        return Integer.parseInt(s);
                    })
                    .toArray();
        }

        double[] numbers(String key) {
            return Arrays.stream(list(key)).mapToDouble(s -> parse(key, s)).toArray();
        }

        private String[] list(String key) {
            String value = text(key, "");
            int end = value.length();
            while (end > 0 && value.charAt(end - 1) == ',') {
                end--;
            }
            if (end == 0) {
                return new String[0];
            }
            String[] parts = value.substring(0, end).split(",", MAX_LIST + 1);
            if (parts.length > MAX_LIST) {
                throw bad(key, "at most " + MAX_LIST + " numbers");
            }
            return parts;
        }

        private double parse(String key, String value) {
            try {
                double v = Double.parseDouble(value);
                if (Double.isFinite(v)) {
                    return v;
                }
            } catch (NumberFormatException e) {
                throw bad(key, "a number");
            }
            throw bad(key, "a finite number");
        }

        ModelException bad(String key, String expected) {
            Option o = options.get(key);
            String found = o == null
                    ? where() + " has no " + key
                    : "line " + o.line() + ": " + key + "=" + Problems.clip(o.value());
            return new ModelException(
                    84,
                    "Option of darknet cfg " + file + ", " + found + ", expected " + expected,
                    "Mend the cfg, or train the network without it.");
        }
    }

    /**
     * Reads a cfg.
     *
     * @throws ModelException if a line is neither a section nor an option, or the cfg does not start with [net]
     */
    static DarknetCfg parse(String file, String text) {
        List<Section> sections = new ArrayList<>();
        int number = 0;
        for (String raw : text.split("\n", -1)) {
            number++;
            String line = SPACE.matcher(raw).replaceAll("");
            if (line.isEmpty() || line.startsWith("#") || line.startsWith(";")) {
                continue;
            }
            line = withoutComment(line);
            if (line.startsWith("[")) {
                if (!line.endsWith("]") || line.length() < 3 || sections.size() > MAX_LAYERS) {
                    throw syntax(file, number, line, "a section as [convolutional], at most " + MAX_LAYERS);
                }
                String kind = line.substring(1, line.length() - 1);
                sections.add(new Section(file, kind, number, sections.size() - 1, new LinkedHashMap<>()));
            } else {
                int equals = line.indexOf('=');
                if (equals < 1 || equals == line.length() - 1) {
                    throw syntax(file, number, line, "an option as stride=1");
                }
                if (sections.isEmpty()) {
                    throw syntax(file, number, line, "[net] before the first option");
                }
                // Of an option given twice darknet takes the first.
                sections.get(sections.size() - 1)
                        .options()
                        .putIfAbsent(line.substring(0, equals), new Option(line.substring(equals + 1), number));
            }
        }
        if (sections.isEmpty()
                || !Set.of("net", "network").contains(sections.get(0).kind())) {
            throw syntax(
                    file,
                    sections.isEmpty() ? number : sections.get(0).line(),
                    sections.isEmpty() ? "" : "[" + sections.get(0).kind() + "]",
                    "[net] as the first section");
        }
        if (sections.size() == 1) {
            throw syntax(file, number, "", "sections of layers after [net]");
        }
        return new DarknetCfg(file, sections.get(0), sections.subList(1, sections.size()));
    }

    private static String withoutComment(String line) {
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) == '#' || line.charAt(i) == ';') {
                return line.substring(0, i);
            }
        }
        return line;
    }

    private static ModelException syntax(String file, int line, String found, String expected) {
        return new ModelException(
                81,
                "Line " + line + " of darknet cfg " + file + " is '" + Problems.clip(found) + "', expected " + expected,
                "Give the .cfg that the weights were trained with.");
    }
}

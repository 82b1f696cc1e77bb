package io.derm.bench.gate;

import io.derm.api.Box;
import io.derm.api.DermException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A baseline file: UTF-8 text, a line a limit or a stored answer, {@code #} to the end of a line a comment, {@value #VERSION} its first line.
 * docs/latency-gate.md has its grammar.
 */
record Baseline(List<Limit> limits, Answers answers) {
    static final String VERSION = "derm-gate 1";

    private static final Pattern SPACE = Pattern.compile("\\s+");
    private static final Pattern EXACT = Pattern.compile(
            "(detect|classify|exam)\\.(heap|direct|uploads)|(detector|classifier)\\.(int-convolutions|float-convolutions)");
    private static final Pattern RATIO = Pattern.compile("(detect|classify|exam)\\.(mean|p[1-9][0-9]?)");
    private static final Pattern DRIFT = Pattern.compile("detections|boxes|scores|probabilities");

    Baseline {
        limits = List.copyOf(limits);
    }

    /** Reads a file. */
    static Baseline read(Path file) {
        try {
            return parse(file.toString(), Files.readAllLines(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new DermException(
                    701,
                    "Baseline " + file + " cannot be read: " + e,
                    "Give a text file of limits; docs/latency-gate.md says how to write one.",
                    e);
        }
    }

    static Baseline parse(String name, List<String> lines) {
        List<Limit> limits = new ArrayList<>();
        List<Answers.Found> found = new ArrayList<>();
        List<Answers.Assessed> assessed = new ArrayList<>();
        String frames = "";
        boolean versioned = false;
        for (int i = 0; i < lines.size(); i++) {
            int comment = lines.get(i).indexOf('#');
            String line = (comment < 0 ? lines.get(i) : lines.get(i).substring(0, comment)).strip();
            if (line.isEmpty()) {
                continue;
            }
            try {
                String[] word = SPACE.split(line);
                if (!versioned) {
                    require(line.equals(VERSION), VERSION);
                    versioned = true;
                } else if (word[0].equals("detection")) {
                    require(word.length == 8, "FRAME LEFT TOP RIGHT BOTTOM SCORE CLASS");
                    found.add(new Answers.Found(
                            Integer.parseInt(word[1]), box(word), number(word[6]), Integer.parseInt(word[7])));
                } else if (word[0].equals("assessment")) {
                    require(word.length == 9, "FRAME LEFT TOP RIGHT BOTTOM BENIGN UNKNOWN MELANOMA");
                    assessed.add(new Answers.Assessed(
                            Integer.parseInt(word[1]), box(word), number(word[6]), number(word[7]), number(word[8])));
                } else if (word[0].equals("frames")) {
                    require(word.length == 2 && frames.isEmpty(), "one digest");
                    frames = word[1];
                } else {
                    limits.add(limit(word));
                }
            } catch (IllegalArgumentException e) {
                throw new DermException(
                        702,
                        "Line " + (i + 1) + " of " + name + " is '" + line + "', expected " + e.getMessage(),
                        "Mend the line; docs/latency-gate.md has the grammar.",
                        e);
            }
        }
        if (!versioned) {
            throw new DermException(
                    702,
                    "Baseline " + name + " is empty, expected " + VERSION + " in its first line",
                    "Give a baseline; docs/latency-gate.md has the grammar.");
        }
        return new Baseline(limits, new Answers(frames, found, assessed));
    }

    private static Limit limit(String[] word) {
        switch (word[0]) {
            case "exact" -> {
                require(
                        word.length == 4 && EXACT.matcher(word[1]).matches() && word[2].matches("<=|=|>="),
                        "'exact METRIC <=|=|>= NUMBER' with a metric " + EXACT);
                return new Limit(Limit.Kind.EXACT, word[1], "", word[2], number(word[3]));
            }
            case "drift" -> {
                require(
                        word.length == 4 && DRIFT.matcher(word[1]).matches() && word[2].equals("<="),
                        "'drift METRIC <= NUMBER' with a metric " + DRIFT);
                return new Limit(Limit.Kind.DRIFT, word[1], "", word[2], number(word[3]));
            }
            case "ratio" -> {
                require(
                        word.length == 6
                                && RATIO.matcher(word[1]).matches()
                                && word[2].equals("/")
                                && word[3].matches("bare|base")
                                && word[4].equals("<="),
                        "'ratio METRIC / bare|base <= NUMBER' with a metric " + RATIO);
                double margin = number(word[5]);
                require(margin > 0, "a margin over 0");
                return new Limit(Limit.Kind.RATIO, word[1], word[3], word[4], margin);
            }
            default ->
                throw new IllegalArgumentException("a line of exact, ratio, drift, frames, detection or assessment");
        }
    }

    private static Box box(String[] word) {
        return new Box(
                (float) number(word[2]), (float) number(word[3]), (float) number(word[4]), (float) number(word[5]));
    }

    private static double number(String word) {
        double value;
        try {
            value = Double.parseDouble(word);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a number in place of " + word, e);
        }
        require(Double.isFinite(value), "a number in place of " + word);
        return value;
    }

    private static void require(boolean condition, String expected) {
        if (!condition) {
            throw new IllegalArgumentException(expected);
        }
    }

    /** Puts answers in the place of those of a file, whose limits and comments stay as they are. */
    static void store(Path file, Answers answers) {
        read(file);
        try {
            List<String> lines = new ArrayList<>(Files.readAllLines(file, StandardCharsets.UTF_8));
            lines.removeIf(line -> line.matches("\\s*(frames|detection|assessment)\\s.*"));
            lines.addAll(answers.lines());
            Files.write(file, lines, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new DermException(
                    705, "Cannot write " + file + ": " + e, "Check the folder, its permissions and the disk.", e);
        }
    }
}

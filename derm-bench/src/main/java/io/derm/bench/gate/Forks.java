package io.derm.bench.gate;

import io.derm.api.DermException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Starts fresh processes one after the other and reads what they measured.
 *
 * @param subject what they measure
 * @param jvm arguments of their Java
 */
record Forks(SubjectOptions subject, List<String> jvm) {
    private static final int MOST_MINUTES = 15;
    private static final int MOST_OF_A_MESSAGE = 600;

    /** What the exact fork saw: numbers by metric, reasons of those not run, answers. */
    record Exact(Map<String, Double> values, Map<String, String> notRun, Answers answers) {}

    static String ownClassPath() {
        return System.getProperty("java.class.path", "");
    }

    Exact exact(List<Step> steps, boolean graphs, String baseline) {
        List<String> arguments = new ArrayList<>(List.of("--task=exact"));
        if (!steps.isEmpty()) {
            arguments.add("--steps=" + join(steps));
        }
        if (graphs) {
            arguments.add("--graphs");
        }
        if (!baseline.isEmpty()) {
            arguments.add("--baseline=" + baseline);
        }
        Map<String, Double> values = new HashMap<>();
        Map<String, String> notRun = new HashMap<>();
        List<String> answers = new ArrayList<>(List.of(Baseline.VERSION));
        for (String line : run(ownClassPath(), arguments)) {
            String[] word = line.split(" ", 3);
            switch (word[0]) {
                case "exact" -> values.put(word[1], Double.valueOf(word[2]));
                case "notrun" -> notRun.put(word[1], word[2]);
                default -> answers.add(line);
            }
        }
        return new Exact(
                values, notRun, Baseline.parse("answers of a fork", answers).answers());
    }

    /** A fork that times steps: its blocks in their order. */
    List<Block> time(String classPath, List<Step> steps, Effort effort, ForkMain.Yardstick yardstick, double slow) {
        List<Block> out = new ArrayList<>();
        List<String> arguments = List.of(
                "--task=time",
                "--steps=" + join(steps),
                "--yardstick=" + yardstick,
                "--slow=" + slow,
                "--blocks=" + effort.blocks(),
                "--calls=" + effort.calls(),
                "--warmup-millis=" + effort.warmupMillis());
        for (String line : run(classPath, arguments)) {
            String[] halves = line.split("/", 2);
            String[] word = halves[0].strip().split(" ");
            out.add(new Block(
                    Step.valueOf(word[1]), times(Arrays.copyOfRange(word, 2, word.length)), times(words(halves[1]))));
        }
        return out;
    }

    private static String[] words(String text) {
        return text.isBlank() ? new String[0] : text.strip().split(" ");
    }

    private static double[] times(String[] words) {
        return Arrays.stream(words).mapToDouble(Double::parseDouble).toArray();
    }

    private static String join(List<Step> steps) {
        return String.join(",", steps.stream().map(Step::name).toList());
    }

    private List<String> run(String classPath, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
        command.addAll(jvm);
        command.addAll(List.of("-cp", classPath, ForkMain.class.getName()));
        command.addAll(subject.arguments());
        command.addAll(arguments);
        try {
            Path out = Files.createTempFile("derm-gate", ".txt");
            File log = Files.createTempFile("derm-gate", ".log").toFile();
            try {
                command.add("--out=" + out);
                Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log)
                        .start();
                List<String> lines;
                try {
                    process.getOutputStream().close();
                    boolean ended = process.waitFor(MOST_MINUTES, TimeUnit.MINUTES);
                    lines = Files.readAllLines(out, StandardCharsets.UTF_8);
                    if (!ended
                            || process.exitValue() != 0
                            || lines.size() < 2
                            || !lines.get(0).equals(ForkMain.PROTOCOL)
                            || !lines.get(lines.size() - 1).equals("end")) {
                        throw failed(ended ? "exit code " + process.exitValue() : "no end", tail(log), classPath);
                    }
                } finally {
                    process.destroyForcibly();
                }
                return lines.subList(1, lines.size() - 1);
            } finally {
                Files.deleteIfExists(out);
                Files.deleteIfExists(log.toPath());
            }
        } catch (IOException e) {
            throw failed("no start", e.toString(), classPath);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed("interrupted", "", classPath);
        }
    }

    private static DermException failed(String how, String message, String classPath) {
        String own = classPath.equals(ownClassPath()) ? "the candidate" : "the base " + classPath;
        return new DermException(
                704,
                "A process measuring " + own + " failed with " + how + ", expected measurements: " + message,
                "Mend what it says; a base is a class path with derm-bench of the same gate version.");
    }

    private static String tail(File log) throws IOException {
        String text = Files.readString(log.toPath(), StandardCharsets.UTF_8).strip();
        return text.length() <= MOST_OF_A_MESSAGE ? text : text.substring(0, MOST_OF_A_MESSAGE) + "…";
    }
}

package io.derm.samples;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The section that runs the tests which need a GPU, the contract suites of derm-api among them, in a process of their own: a crash in native
 * code ends that one.
 */
final class VerifyTests {
    static final String TITLE = "Contract suites and the tests that need a GPU";

    /** In the test jar of derm-trt-runtime; it writes a line for each test, as soon as the test has ended. */
    private static final String MAIN = "io.derm.trt.gpu.GpuTests";
    /** Runs it on the emulated device, where this process does. */
    private static final String EMULATED = "io.derm.trt.EmulatedMain";
    /** First word of the last line of its file. */
    private static final String END = "END";

    private static final double MAX_SECONDS = 120;

    private final VerifyRun run;

    VerifyTests(VerifyRun run) {
        this.run = run;
    }

    void run(VerifySection section) throws Exception {
        Optional<String> classPath =
                run.emulated() ? Optional.of(System.getProperty("java.class.path")) : classPath(home());
        if (classPath.isEmpty()) {
            section.notRun("the tests' jars are not in " + home().resolve("verify-lib")
                    + "; build with 'mvn -DskipTests package'");
            return;
        }
        Path results = run.folder().resolve("tests.txt");
        Path log = run.folder().resolve("tests.log");
        Files.deleteIfExists(results);
        ProcessBuilder builder = new ProcessBuilder(command(classPath.get(), results))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        place(builder.environment());
        Process child = builder.start();
        // The time that is left for the others matters more than the last of the tests.
        double limit = Math.min(MAX_SECONDS, run.deadline().seconds() / 3);
        boolean ended = child.waitFor((long) (1000 * Math.max(1, limit)), TimeUnit.MILLISECONDS);
        if (!ended) {
            child.destroyForcibly().waitFor();
        }
        List<String> lines = Files.exists(results) ? Files.readAllLines(results) : List.of();
        read(section, lines, ended ? Optional.of(child.exitValue()) : Optional.empty(), last(log));
    }

    private List<String> command(String classPath, Path results) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                // As in the launcher: CUDA alone makes the process larger than JavaCPP allows for this heap.
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-Djava.awt.headless=true",
                "-cp",
                classPath));
        if (run.emulated()) {
            command.add("-Dbasedir=" + System.getProperty("basedir", ""));
            command.add(EMULATED);
        }
        command.add(MAIN);
        command.add(results.toString());
        return command;
    }

    /** On the right GPU, with kernels and engines where the others are. */
    private void place(Map<String, String> environment) {
        environment.put("XDG_CACHE_HOME", run.cache().toAbsolutePath().toString());
        if (run.device() > 0) {
            String[] visible =
                    environment.getOrDefault("CUDA_VISIBLE_DEVICES", "").split(",", -1);
            environment.put(
                    "CUDA_VISIBLE_DEVICES",
                    run.device() < visible.length ? visible[run.device()] : Integer.toString(run.device()));
        }
    }

    /**
     * Reads what the child wrote: {@code STARTED}, {@code PASSED}, {@code FAILED}, {@code SKIPPED} or {@link #END}, a tab and a name, and for
     * some a tab and a reason.
     *
     * @param exit empty where it was ended from outside
     * @param said the last that it printed
     */
    static void read(VerifySection section, List<String> lines, Optional<Integer> exit, String said) {
        int passed = 0;
        int failed = 0;
        int skipped = 0;
        String at = "the first test";
        boolean whole = false;
        for (String line : lines) {
            String[] cells = line.split("\t", 3);
            String name = cells.length > 1 ? cells[1] : "";
            String reason = cells.length > 2 ? ": " + cells[2] : "";
            switch (cells[0]) {
                case "STARTED" -> at = name;
                case "PASSED" -> passed++;
                case "FAILED" -> {
                    failed++;
                    section.failed(name + reason);
                }
                case "SKIPPED" -> {
                    skipped++;
                    section.notRun(name + reason);
                }
                case END -> whole = true;
                default -> section.failed("a line of the tests' results cannot be read: " + line);
            }
        }
        VerifyTable table = section.table("tests", "Tests", "passed", "failed", "skipped");
        table.row(passed, failed, skipped);
        if (exit.isEmpty()) {
            section.notRun("the rest of the tests: out of time in " + at);
        } else if (!whole) {
            section.failed("the tests' process ended with exit code " + exit.get() + " in " + at
                    + (said.isEmpty() ? "" : ", saying: " + said));
        } else if (passed + failed + skipped == 0) {
            section.failed("no test was found, expected some");
        }
    }

    private static String last(Path log) throws IOException {
        if (!Files.exists(log)) {
            return "";
        }
        List<String> lines;
        try (Stream<String> all = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            lines = all.filter(l -> !l.isBlank()).toList();
        }
        return lines.isEmpty() ? "" : lines.get(lines.size() - 1).strip();
    }

    /** The folder with derm.jar, lib and verify-lib. */
    static Path home() {
        try {
            Path code = Path.of(VerifyTests.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return code.toAbsolutePath().resolveSibling("");
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All jars of the tests and of derm; empty where there are none. */
    static Optional<String> classPath(Path home) throws IOException {
        Path tests = home.resolve("verify-lib");
        Path lib = home.resolve("lib");
        if (!Files.isDirectory(tests) || !Files.isDirectory(lib)) {
            return Optional.empty();
        }
        List<String> jars = new ArrayList<>();
        for (Path folder : List.of(lib, tests)) {
            try (Stream<Path> files = Files.list(folder)) {
                files.map(Path::toString)
                        .filter(f -> f.endsWith(".jar"))
                        .sorted()
                        .forEach(jars::add);
            }
        }
        boolean there = jars.stream().anyMatch(j -> j.contains("derm-trt-runtime") && j.endsWith("tests.jar"));
        return there ? Optional.of(String.join(File.pathSeparator, jars)) : Optional.empty();
    }
}

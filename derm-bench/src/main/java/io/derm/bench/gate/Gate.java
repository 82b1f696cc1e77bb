package io.derm.bench.gate;

import io.derm.api.DermException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code gate} command. */
@Command(
        name = "gate",
        mixinStandardHelpOptions = true,
        subcommands = {Gate.Record.class, Calibrate.class},
        description = "Holds a detector, a classifier and a runtime to the limits of a baseline file.",
        footer = {
            "Exit codes: 0 all limits hold; 1 one is exceeded; 2 wrong usage, or it could not be measured;",
            "3 inconclusive, which is no pass.",
            Words.RESEARCH_USE
        })
public final class Gate implements Callable<Integer> {
    private static final int NOT_MEASURED = 2;

    @Mixin
    private SubjectOptions subject = new SubjectOptions();

    @Mixin
    private EffortOptions effort = new EffortOptions();

    @Spec
    private @Nullable CommandSpec spec;

    // Not marked as required, which it would then be for the subcommands too.
    @Option(names = "--baseline", paramLabel = "FILE", description = "The limits, and stored answers. Required.")
    private @Nullable Path baseline;

    @Option(
            names = "--base",
            paramLabel = "CLASSPATH",
            description =
                    "Class path of what 'ratio ... / base' is beside: an older derm-bench.jar and what it measures.")
    private @Nullable String base;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "KIND",
            description = "Only limits of these kinds: ${COMPLETION-CANDIDATES} (default: all).")
    private Set<Limit.Kind> only = EnumSet.allOf(Limit.Kind.class);

    @Option(names = "--out", paramLabel = "DIR", description = "Folder for gate.json, gate.xml (JUnit) and gate.html.")
    private @Nullable Path out;

    Gate() {}

    /** Runs the command; the exit code is the verdict. */
    public static int execute(String... arguments) {
        return new CommandLine(new Gate())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, command, parsed) -> failed(e))
                .execute(arguments);
    }

    private static int failed(Exception e) {
        if (e instanceof DermException || e instanceof IllegalArgumentException) {
            System.err.println("gate: " + e.getMessage());
        } else {
            System.err.println("gate: unexpected failure, please report it with the lines below");
            e.printStackTrace();
        }
        return NOT_MEASURED;
    }

    @Override
    public Integer call() {
        if (baseline == null) {
            throw new ParameterException(
                    Objects.requireNonNull(spec).commandLine(), "Missing required option: '--baseline=FILE'");
        }
        Machine machine = Machine.here();
        System.out.println(machine.words());
        Baseline limits = Baseline.read(baseline);
        Forks forks = new Forks(subject, effort.jvm());
        List<Outcome> outcomes = new GateRun(limits, baseline.toString(), forks, effort.effort(), base).run(only);
        GateReport report = new GateReport(
                "--baseline " + baseline + " " + String.join(" ", subject.arguments()), machine, outcomes);
        System.out.print(report.text());
        System.out.println(Words.RESEARCH_USE);
        if (out != null) {
            report.write(out);
        }
        return report.status().exitCode();
    }

    /** How long to measure, as options. */
    static final class EffortOptions {
        @Option(names = "--forks", description = "Fresh processes, 3 or more (default: ${DEFAULT-VALUE}).")
        private int forks = 5;

        @Option(names = "--blocks", description = "Blocks in each (default: ${DEFAULT-VALUE}).")
        private int blocks = 6;

        @Option(names = "--calls", description = "Calls in a block (default: ${DEFAULT-VALUE}).")
        private int calls = 5;

        @Option(names = "--warmup-millis", description = "Warm-up of each process (default: ${DEFAULT-VALUE}).")
        private int warmupMillis = 2000;

        @Option(names = "--jvm-args", description = "Arguments of the processes' Java (default: ${DEFAULT-VALUE}).")
        private String jvm = "-Xmx1g";

        Effort effort() {
            return new Effort(forks, blocks, calls, warmupMillis);
        }

        List<String> jvm() {
            return new ArrayList<>(Arrays.asList(jvm.strip().split("\\s+")));
        }
    }

    /** Stores answers in a baseline. */
    @Command(
            name = "record",
            mixinStandardHelpOptions = true,
            description =
                    "Stores the answers of now in a baseline file, whose limits stay, for 'drift' limits to hold later ones to.",
            footer = Words.RESEARCH_USE)
    static final class Record implements Callable<Integer> {
        @Mixin
        private SubjectOptions subject = new SubjectOptions();

        @Mixin
        private EffortOptions effort = new EffortOptions();

        @Option(names = "--baseline", required = true, paramLabel = "FILE", description = "An existing file.")
        private Path baseline = Path.of("gate.baseline");

        @Override
        public Integer call() {
            Baseline.read(baseline);
            Answers answers =
                    new Forks(subject, effort.jvm()).exact(List.of(), false, "").answers();
            Baseline.store(baseline, answers);
            System.out.printf(
                    Locale.ROOT,
                    "%d detections and %d assessments stored in %s%n",
                    answers.found().size(),
                    answers.assessed().size(),
                    baseline);
            return 0;
        }
    }
}

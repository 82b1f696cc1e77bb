package io.derm.samples;

import io.derm.api.DermException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;

/** Entry point of the {@code derm} command. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C. */
@Command(
        name = "derm",
        mixinStandardHelpOptions = true,
        versionProvider = Derm.Version.class,
        subcommands = {
            ExamCommand.class,
            LiveCommand.class,
            DetectCommand.class,
            ClassifyCommand.class,
            PhantomCommand.class,
            EvaluateCommand.class,
            EvaluateClipsCommand.class,
            CompareCommand.class,
            InspectCommand.class,
            ImportCommand.class,
            AnnotateCommand.class,
            PrecisionCommand.class,
            BuildCommand.class,
            DoctorCommand.class,
            SourcesCommand.class,
            VerifyGpuCommand.class
        },
        description = "Finds skin lesions in video and images and assesses them.",
        footer = Derm.RESEARCH_USE)
public final class Derm implements Runnable {
    static final String RESEARCH_USE = "Research use only, not a medical device.";

    @Spec
    private CommandSpec spec;

    @SuppressWarnings("NullAway.Init")
    Derm() {}

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Found no command, expected one of those below");
    }

    public static void main(String[] args) {
        Logging.quiet();
        prepareNatives();
        // Guice would speed up its calls with classes that it defines through Unsafe, of which newer JDKs warn.
        System.setProperty("guice_bytecode_gen_option", "DISABLED");
        System.setProperty("guice_custom_class_loading", "OFF");
        System.exit(execute(args));
    }

    /**
     * Lifts JavaCPP's limit on the memory of the process, which is 4 times the heap: CUDA alone makes it larger than that, and every later
     * allocation would be refused. JavaCPP reads the property when its first class is loaded.
     */
    static void prepareNatives() {
        String limit = "org.bytedeco.javacpp.maxPhysicalBytes";
        if (System.getProperty(limit) == null) {
            System.setProperty(limit, "0");
        }
    }

    static int execute(String... args) {
        CommandLine line = commandLine();
        IParameterExceptionHandler usual = line.getParameterExceptionHandler();
        return line.setExecutionExceptionHandler((e, command, parsed) -> {
                    List<DermException> wrong =
                            e instanceof IllegalArgumentException ? ConfigOption.ofDoctor(command) : List.of();
                    return wrong.isEmpty() ? failed(ConfigOption.located(e, command)) : wrongUsage(wrong);
                })
                .setExecutionStrategy(parsed -> {
                    check(parsed);
                    return new RunLast().execute(parsed);
                })
                .setParameterExceptionHandler((e, given) -> {
                    List<DermException> configured = ConfigOption.causes(e);
                    if (configured.isEmpty()) {
                        return usual.handleParseException(e, given);
                    }
                    return wrongUsage(configured);
                })
                .execute(args);
    }

    /** Before anything is opened, unless only help was asked for. */
    private static void check(ParseResult parsed) {
        ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        if (!last.isUsageHelpRequested() && !last.isVersionHelpRequested()) {
            CommandLine command = last.commandSpec().commandLine();
            try {
                check(last.commandSpec());
            } catch (IllegalArgumentException e) {
                throw new ExecutionException(command, String.valueOf(e.getMessage()), e);
            }
        }
    }

    /**
     * Looks at the options of a command.
     *
     * @throws IllegalArgumentException if one of them is out of range
     */
    static void check(CommandSpec command) {
        if (command.userObject() instanceof CheckedOptions options) {
            options.check();
        }
        command.mixins().values().forEach(Derm::check);
    }

    static CommandLine commandLine() {
        return new CommandLine(new Derm()).setCaseInsensitiveEnumValuesAllowed(true);
    }

    private static int wrongUsage(List<DermException> configured) {
        configured.forEach(c -> System.err.println("derm: " + c.getMessage()));
        return CommandLine.ExitCode.USAGE;
    }

    /** One line for what is wrong outside derm; a stack trace only for what is wrong inside. */
    private static int failed(Exception e) {
        if (e instanceof DermException) {
            System.err.println("derm: " + e.getMessage());
        } else if (e instanceof IllegalArgumentException) {
            System.err.println("derm: " + e.getMessage());
            return CommandLine.ExitCode.USAGE;
        } else if (e instanceof IOException) {
            System.err.println("derm: " + Outputs.reason((IOException) e));
        } else {
            System.err.println("derm: unexpected failure, please report it with the lines below");
            e.printStackTrace();
        }
        return CommandLine.ExitCode.SOFTWARE;
    }

    static String version() {
        Properties properties = new Properties();
        try (InputStream in = Derm.class.getResourceAsStream("version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return properties.getProperty("version", "unknown");
    }

    /** Version of derm and of the Java that runs it. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"derm " + version() + " (Java " + Runtime.version() + ")", RESEARCH_USE};
        }
    }
}

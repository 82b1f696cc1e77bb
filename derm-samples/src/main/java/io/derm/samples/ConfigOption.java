package io.derm.samples;

import io.derm.api.DermException;
import io.derm.samples.ConfigFile.Entry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The option of commands that take what is not on the command line from a configuration file. A command has it by this mixin alone: its
 * options become keys of the file, without their dashes, and an optional SOURCE the key {@code source}. A file serves all commands: a
 * key that another one has is passed over.
 */
final class ConfigOption {
    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    private CommandSpec command;

    private @Nullable ConfigFile file;
    /** What the file gave values for, by the entry that it was. */
    private final Map<ArgSpec, Entry> given = new HashMap<>();

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = {
                "YAML file with options by name, e.g. 'runtime: tensorrt'; those on the command line come first,",
                "see docs/configuration.md."
            })
    void read(Path path) {
        try {
            ConfigFile read = ConfigFile.read(path, keys(command.root()));
            // picocli asks for what is not on the command line once it has read all of it.
            Map<ArgSpec, String> values = new HashMap<>();
            for (ArgSpec arg : command.args()) {
                Entry entry = key(arg).map(read.entries()::get).orElse(null);
                if (entry != null) {
                    values.put(arg, text(entry, arg));
                }
            }
            file = read;
            command.commandLine().setDefaultValueProvider(arg -> {
                String value = values.get(arg);
                if (value != null) {
                    given.put(arg, read.entries().get(key(arg).orElseThrow()));
                }
                return value;
            });
        } catch (DermException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }

    /** What there is to set: what commands with this option have, each by its longest name. */
    private static Set<String> keys(CommandSpec root) {
        return configured(root.commandLine())
                .flatMap(c -> c.getCommandSpec().args().stream())
                .flatMap(arg -> key(arg).stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<CommandLine> configured(CommandLine root) {
        return root.getSubcommands().values().stream().distinct().filter(c -> of(c).isPresent());
    }

    private static Optional<ConfigOption> of(CommandLine line) {
        return line.getCommandSpec().mixins().values().stream()
                .map(CommandSpec::userObject)
                .filter(ConfigOption.class::isInstance)
                .map(ConfigOption.class::cast)
                .findFirst();
    }

    private static Optional<String> key(ArgSpec arg) {
        if (arg instanceof OptionSpec option) {
            boolean setting = !option.usageHelp()
                    && !option.versionHelp()
                    && !option.longestName().equals("--config");
            return setting ? Optional.of(option.longestName().replaceFirst("^-+", "")) : Optional.empty();
        }
        // What is left out has a meaning only where it may be.
        return arg.arity().min() == 0 ? Optional.of(arg.paramLabel().toLowerCase(Locale.ROOT)) : Optional.empty();
    }

    /** A value as the command line would have it; entries of a list or a map with the option's own separator between them. */
    private static String text(Entry entry, ArgSpec arg) {
        boolean several = arg.isMultiValue() && !arg.splitRegex().isEmpty();
        boolean map = several && arg.typeInfo().isMap();
        Node value = entry.value();
        if (map && value instanceof MappingNode mapping) {
            return mapping.getValue().stream()
                    .map(t -> scalar(entry, t.getKeyNode(), arg) + "=" + scalar(entry, t.getValueNode(), arg))
                    .collect(Collectors.joining(arg.splitRegex()));
        }
        if (several && !map && value instanceof SequenceNode sequence) {
            return sequence.getValue().stream()
                    .map(n -> scalar(entry, n, arg))
                    .collect(Collectors.joining(arg.splitRegex()));
        }
        if (map) {
            throw unfit(entry, "is no map", "lines 'NAME: VALUE' below it");
        }
        return scalar(entry, value, arg);
    }

    private static String scalar(Entry entry, Node node, ArgSpec arg) {
        if (node instanceof ScalarNode scalar
                && !scalar.getTag().equals(Tag.NULL)
                && !scalar.getValue().isEmpty()) {
            return scalar.getValue();
        }
        String found = node instanceof ScalarNode
                ? "has no value"
                : node instanceof SequenceNode ? "has a list for a value" : "has a map for a value";
        throw unfit(entry, found, "a single " + arg.paramLabel().replaceAll("[<>\\[\\]]", ""));
    }

    private static DermException unfit(Entry entry, String found, String expected) {
        return new DermException(
                843,
                entry.where() + ": '" + entry.key() + "' " + found + ", expected " + expected,
                "Mend the line, see docs/configuration.md.");
    }

    /**
     * What is wrong with the configuration where that, not the command line, made a command refuse its options: the first, or, of doctor,
     * all.
     */
    static List<DermException> causes(ParameterException e) {
        if (e.getCause() instanceof DermException read) {
            return List.of(read);
        }
        Optional<ConfigOption> config = of(e.getCommandLine());
        Optional<Entry> entry = config.map(c -> e.getArgSpec() == null ? null : c.given.get(e.getArgSpec()));
        if (entry.isEmpty()) {
            return List.of();
        }
        List<DermException> all = ofDoctor(e.getCommandLine());
        return all.isEmpty() ? List.of(unfit(entry.get(), e, e.getCommandLine())) : all;
    }

    /** All that is wrong with the file where the command is doctor, whose business that is; empty where it is another. */
    static List<DermException> ofDoctor(CommandLine line) {
        return line.getCommandSpec().userObject() instanceof DoctorCommand
                ? of(line).flatMap(ConfigOption::problems).orElse(List.of())
                : List.of();
    }

    private static DermException unfit(Entry entry, Exception e, CommandLine command) {
        return new DermException(
                845,
                entry.where() + ": '" + entry.key() + "' does not fit. " + e.getMessage(),
                "Mend the line; '" + command.getCommandSpec().qualifiedName() + " --help' says what the option takes.",
                e);
    }

    /** A caller's mistake that names options is told with the lines that they come from, where they come from a file. */
    static Exception located(Exception e, CommandLine line) {
        String message = String.valueOf(e.getMessage());
        Optional<ConfigOption> config = of(line);
        if (!(e instanceof IllegalArgumentException) || config.isEmpty()) {
            return e;
        }
        String lines = config.get().given.values().stream()
                .filter(entry -> message.contains("--" + entry.key()))
                .map(Entry::where)
                .sorted()
                .collect(Collectors.joining(", "));
        return lines.isEmpty() ? e : new IllegalArgumentException(message + " (" + lines + ")", e);
    }

    /**
     * What of the file some command would refuse.
     *
     * @return a problem for each key that has one; empty where no file was given
     */
    Optional<List<DermException>> problems() {
        ConfigFile read = file;
        if (read == null) {
            return Optional.empty();
        }
        Map<String, DermException> problems = new TreeMap<>();
        CommandLine derm = Derm.commandLine();
        configured(derm).forEach(line -> {
            for (OptionSpec option : line.getCommandSpec().options()) {
                Entry entry = key(option).map(read.entries()::get).orElse(null);
                if (entry != null) {
                    problem(derm, line, option, entry).ifPresent(p -> problems.putIfAbsent(entry.where(), p));
                }
            }
        });
        return Optional.of(new ArrayList<>(problems.values()));
    }

    private static Optional<DermException> problem(
            CommandLine derm, CommandLine command, OptionSpec option, Entry entry) {
        try {
            derm.parseArgs(command.getCommandName(), option.longestName() + "=" + text(entry, option));
            Derm.check(command.getCommandSpec());
            return Optional.empty();
        } catch (MissingParameterException e) {
            // What else a command needs, such as images, is not the file's to name.
            return Optional.empty();
        } catch (ParameterException | IllegalArgumentException e) {
            return Optional.of(unfit(entry, e, command));
        } catch (DermException e) {
            return Optional.of(e);
        }
    }
}

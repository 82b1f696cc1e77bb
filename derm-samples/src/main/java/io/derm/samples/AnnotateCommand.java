package io.derm.samples;

import io.derm.api.ModelKeys;
import io.derm.effnet.EffnetOptions;
import io.derm.onnx.OnnxModel;
import io.derm.yolo.YoloOptions;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "annotate",
        mixinStandardHelpOptions = true,
        description = {
            "Writes a copy of an ONNX model that says how derm is to feed and read it, for models that do not say so by their names and",
            "shapes, see docs/models.md."
        },
        footer = Derm.RESEARCH_USE)
final class AnnotateCommand implements Callable<Integer>, CheckedOptions {
    private static final String PREFIX = "derm.";

    @Parameters(arity = "1", paramLabel = "MODEL", description = ModelArgument.DESCRIPTION)
    private String model = "";

    @Option(
            names = "--set",
            required = true,
            paramLabel = "KEY=VALUE",
            description = "Metadata entry, e.g. derm.decoder=darknet; may be given several times.")
    private Map<String, String> entries = new LinkedHashMap<>();

    @Option(
            names = {"-o", "--output", "--out"},
            required = true,
            paramLabel = "OUT",
            description = "The ONNX file to write.")
    private Path output = Path.of(".");

    @Override
    public void check() {
        Set<String> known = keys();
        for (String key : entries.keySet()) {
            if (!known.contains(key)) {
                throw new IllegalArgumentException(
                        "--set " + key + " is no key of derm, expected " + ConfigFile.expected(key, known));
            }
        }
    }

    @Override
    public Integer call() {
        OnnxModel read = ModelArgument.onnx(ModelArgument.of(model));
        Path written = read.withMetadata(entries).write(output);
        System.err.println("Written to " + written + ", 'derm inspect " + written + "' shows what is recognised");
        return 0;
    }

    /** All that derm reads out of a file. */
    static Set<String> keys() {
        return Stream.of(ModelKeys.class, YoloOptions.class, EffnetOptions.class)
                .flatMap(c -> Arrays.stream(c.getFields()))
                .filter(f -> Modifier.isStatic(f.getModifiers()) && f.getType() == String.class)
                .map(f -> {
                    try {
                        return (String) f.get(null);
                    } catch (IllegalAccessException e) {
                        throw new AssertionError(e);
                    }
                })
                .filter(key -> key.startsWith(PREFIX))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}

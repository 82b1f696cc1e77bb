package io.derm.samples;

import io.derm.onnx.DarknetImporter;
import io.derm.onnx.OnnxModel;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "import",
        mixinStandardHelpOptions = true,
        description = "Makes an ONNX model of a darknet network, with all that derm needs to run it.",
        footer = Derm.RESEARCH_USE)
final class ImportCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "CFG")
    private Path cfg = Path.of(".");

    @Parameters(index = "1", paramLabel = "WEIGHTS")
    private Path weights = Path.of(".");

    @Option(names = "--names", paramLabel = "FILE", description = "A class name a line.")
    private @Nullable Path names;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "MODEL",
            description = "The ONNX file to write.")
    private Path output = Path.of(".");

    @Option(names = "--keep-batch-norm", description = "Keeps batch normalisation as operators (default: folded).")
    private boolean keepBatchNorm;

    @Option(names = "--ignore-unknown-options", description = "Passes over options that are not known.")
    private boolean ignoreUnknown;

    @Override
    public Integer call() {
        DarknetImporter importer =
                DarknetImporter.create().foldingBatchNorm(!keepBatchNorm).ignoringUnknownOptions(ignoreUnknown);
        if (names != null) {
            importer = importer.withNames(names);
        }
        OnnxModel model = importer.importModel(cfg, weights);
        System.err.println("Written to " + model.write(output));
        return 0;
    }
}

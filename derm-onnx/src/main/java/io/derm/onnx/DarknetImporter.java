package io.derm.onnx;

import io.derm.api.ModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Turns a detector of AlexeyAB/darknet, a cfg and its weights, into an ONNX model: YOLOv3, YOLOv4, YOLOv7-tiny and their kin. Immutable,
 * thread-safe.
 *
 * <p>The model has one input {@code input}, float32 NCHW {@code [1,3,H,W]}, RGB of 0 to 1, and for each [yolo] section in cfg order an output
 * {@code yolo_<stride>}, float32 {@code [1,A(5+C),H/stride,W/stride]}: the raw head that section reads. Its metadata has what derm-detect-yolo
 * needs to feed and read it. docs/darknet.md says what is imported and how it was checked against darknet.
 */
public final class DarknetImporter {
    /** More than ten times the largest cfg of AlexeyAB/darknet. */
    private static final int MAX_CFG = 1 << 20;

    /** Forty bytes for each of as many classes as a cfg may have. */
    private static final int MAX_NAMES = 1 << 22;

    private final boolean foldBatchNorm;
    private final boolean ignoreUnknownOptions;
    private final Optional<Path> names;

    private DarknetImporter(boolean foldBatchNorm, boolean ignoreUnknownOptions, Optional<Path> names) {
        this.foldBatchNorm = foldBatchNorm;
        this.ignoreUnknownOptions = ignoreUnknownOptions;
        this.names = names;
    }

    /** Folds batch norm into the convolutions, refuses unknown options, leaves classes without names. */
    public static DarknetImporter create() {
        return new DarknetImporter(true, false, Optional.empty());
    }

    /** Whether batch norm is folded into the convolution before it, or kept as a node. */
    public DarknetImporter foldingBatchNorm(boolean fold) {
        return new DarknetImporter(fold, ignoreUnknownOptions, names);
    }

    /** Whether options that are not known are passed over, as darknet does, instead of refused. */
    public DarknetImporter ignoringUnknownOptions(boolean ignore) {
        return new DarknetImporter(foldBatchNorm, ignore, names);
    }

    /** Takes the names of the classes from a file with one in each line. */
    public DarknetImporter withNames(Path file) {
        return new DarknetImporter(foldBatchNorm, ignoreUnknownOptions, Optional.of(file));
    }

    /**
     * Imports a network.
     *
     * @param cfg the .cfg; line ends of any kind
     * @param weights the .weights that were trained with it
     * @throws ModelException if one of the files cannot be read, the cfg has something that is not imported or does not fit together, or
     *     the weights are not those of the cfg
     */
    public OnnxModel importModel(Path cfg, Path weights) {
        String file = String.valueOf(cfg.getFileName());
        DarknetCfg parsed = DarknetCfg.parse(file, text(cfg, MAX_CFG, 80, "Darknet cfg"));
        DarknetOptions.check(parsed, ignoreUnknownOptions);
        DarknetPlan plan = DarknetPlan.of(parsed);
        DarknetHeads heads = new DarknetHeads(plan);
        List<String> labels = names.map(n -> labels(n, heads.classes())).orElse(List.of());
        List<DarknetWeights.Need> needs = plan.needs();
        DarknetWeights open = DarknetWeights.open(weights, file, needs);
        open.checkPlausible(
                file,
                needs,
                needs.stream().mapToLong(DarknetWeights.Need::floats).sum());
        String name = file.replaceFirst("\\.cfg$", "");
        return OnnxModel.of(
                name + ".onnx", new DarknetEmitter(plan, open, foldBatchNorm).emit(name, heads.metadata(labels)));
    }

    private static List<String> labels(Path file, int classes) {
        String text = text(file, MAX_NAMES, 93, "Names file");
        long count = names(text).count();
        List<String> labels = names(text).limit(classes).toList();
        Optional<String> comma = labels.stream().filter(l -> l.contains(",")).findFirst();
        if (count != classes || comma.isPresent()) {
            throw new ModelException(
                    93,
                    "Names file " + file.getFileName()
                            + comma.map(l -> " has a comma in '" + Problems.clip(l) + "'")
                                    .orElse(" has " + count + " names")
                            + ", expected " + classes + " names without commas, one for each class of the cfg",
                    "Give the names that the network was trained with.");
        }
        return labels;
    }

    private static Stream<String> names(String text) {
        return text.lines().map(l -> l.replace("\uFEFF", "").strip()).filter(l -> !l.isEmpty());
    }

    private static String text(Path file, int limit, int id, String what) {
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > limit) {
                throw new ModelException(
                        id,
                        what + " " + file
                                + (Files.isRegularFile(file)
                                        ? " has " + Files.size(file) + " bytes"
                                        : " does not exist")
                                + ", expected a text file of at most " + limit + " bytes",
                        "Give the file as it came with the network.");
            }
            // Comments may be in any encoding; what counts is ASCII, and names in UTF-8.
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ModelException(
                    id,
                    what + " " + file + " cannot be read: " + e.getMessage(),
                    "Check the file and its permissions.",
                    e);
        }
    }
}

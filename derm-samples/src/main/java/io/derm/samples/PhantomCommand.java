package io.derm.samples;

import io.derm.phantom.Framing;
import io.derm.phantom.PhantomDataset;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "phantom",
        mixinStandardHelpOptions = true,
        description = "Writes procedural skin with exact ground truth: YOLO labels, crops by class, a COCO json.",
        footer = Derm.RESEARCH_USE)
final class PhantomCommand implements Callable<Integer> {
    @Option(names = "--images", required = true, paramLabel = "N", description = "How many scenes.")
    private int images;

    @Option(names = "--seed", paramLabel = "S", defaultValue = "1", description = "Seed of the first scene; scene i has S + i.")
    private long seed;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "An empty or missing folder.")
    private Path out = Path.of(".");

    @Option(names = "--size", paramLabel = "WxH", defaultValue = "416x416", description = "Default: ${DEFAULT-VALUE}.")
    private String size = "416x416";

    @Option(
            names = "--framing",
            paramLabel = "F",
            defaultValue = "MIXED",
            description = "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private Framing framing = Framing.MIXED;

    @Option(
            names = "--smallest-crop",
            paramLabel = "PX",
            defaultValue = "32",
            description = "Longer side from which on a lesion gets a crop (default: ${DEFAULT-VALUE}).")
    private int smallestCrop = 32;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (!size.matches("[1-9]\\d{1,3}x[1-9]\\d{1,3}")) {
            throw new ParameterException(spec.commandLine(), "--size is '" + size + "', expected WIDTHxHEIGHT");
        }
        int x = size.indexOf('x');
        PhantomDataset.Options options = new PhantomDataset.Options(
                images,
                seed,
                Integer.parseInt(size.substring(0, x)),
                Integer.parseInt(size.substring(x + 1)),
                framing,
                smallestCrop,
                Runtime.getRuntime().availableProcessors());
        try (Progress progress = new Progress("phantom", images)) {
            PhantomDataset.Summary summary =
                    PhantomDataset.write(out, options, (done, total) -> progress.step(""));
            progress.close();
            System.err.println(summary.images() + " scenes with lesions " + summary.lesions() + ", crops "
                    + summary.crops() + " and " + summary.distractorCrops() + " of distractors, in " + out);
        }
        return 0;
    }
}

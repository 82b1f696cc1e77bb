package io.derm.samples;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.derm.api.Frame;
import io.derm.capture.RecorderOptions;
import io.derm.capture.VideoRecorder;
import io.derm.phantom.Framing;
import io.derm.phantom.LesionTruth;
import io.derm.phantom.PhantomClip;
import io.derm.phantom.PhantomDataset;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "phantom",
        mixinStandardHelpOptions = true,
        description = {
            "Writes procedural skin with exact ground truth: with --images a data set (YOLO labels, crops by class, a COCO",
            "json), with --clip a video of a camera over a body (its lesions frame by frame beside it, FILE.jsonl)."
        },
        footer = Derm.RESEARCH_USE)
final class PhantomCommand implements Callable<Integer> {
    @Option(names = "--images", paramLabel = "N", description = "How many scenes.")
    private @Nullable Integer images;

    @Option(names = "--clip", paramLabel = "FILE", description = "An MP4 to write, 1280x720 at 30 frames/s.")
    private @Nullable Path clip;

    @Option(
            names = "--frames",
            paramLabel = "N",
            defaultValue = "360",
            description = "Of the clip (default: ${DEFAULT-VALUE}).")
    private int frames = 360;

    @Option(
            names = "--bitrate",
            paramLabel = "KBIT",
            defaultValue = "2400",
            description = "Of the clip, in kbit/s (default: ${DEFAULT-VALUE}).")
    private int kilobits = 2400;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "1",
            description = "Seed of the first scene; scene i has S + i.")
    private long seed;

    @Option(names = "--out", paramLabel = "DIR", description = "An empty or missing folder for the data set.")
    private @Nullable Path out;

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

    @Option(
            names = "--more-things",
            paramLabel = "N",
            defaultValue = "0",
            description = "Things that are no lesions, beside the usual ones of a scene (default: ${DEFAULT-VALUE}).")
    private int moreThings;

    @Option(names = "--no-lesions", description = "Skin without lesions.")
    private boolean noLesions;

    @Option(
            names = "--frames-per-clip",
            paramLabel = "N",
            defaultValue = "0",
            description = {
                "Images of the data set are frames of clips, N of each; clip k has seed S + k. 0 is scenes",
                "(default: ${DEFAULT-VALUE}). With --size 1280x720 what an exam of a clip sees."
            })
    private int framesPerClip;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (clip != null && images == null && out == null) {
            return clip(clip);
        }
        if (clip != null || images == null || out == null) {
            throw new ParameterException(spec.commandLine(), "Expected --images with --out, or --clip");
        }
        return dataset(images, out);
    }

    private int dataset(int count, Path folder) {
        if (!size.matches("[1-9]\\d{1,3}x[1-9]\\d{1,3}")) {
            throw new ParameterException(spec.commandLine(), "--size is '" + size + "', expected WIDTHxHEIGHT");
        }
        int x = size.indexOf('x');
        PhantomDataset.Options options = new PhantomDataset.Options(
                        count,
                        seed,
                        Integer.parseInt(size.substring(0, x)),
                        Integer.parseInt(size.substring(x + 1)),
                        framing,
                        smallestCrop,
                        Runtime.getRuntime().availableProcessors())
                .withMoreThings(moreThings)
                .withLesions(!noLesions)
                .withFramesPerClip(framesPerClip);
        try (Progress progress = new Progress("phantom", count)) {
            PhantomDataset.Summary summary = PhantomDataset.write(folder, options, (done, total) -> progress.step(""));
            progress.close();
            System.err.println(summary.images() + " scenes with lesions " + summary.lesions() + ", crops "
                    + summary.crops() + " and " + summary.distractorCrops() + " of distractors, in " + folder);
        }
        return 0;
    }

    private int clip(Path file) throws Exception {
        PhantomClip.Options options = PhantomClip.Options.of(frames, seed).withMoreThings(moreThings);
        if (noLesions) {
            options = options.withMostLesions(0);
        }
        RecorderOptions recording =
                RecorderOptions.of(options.framesPerSecond()).withBitsPerSecond(1000L * kilobits);
        StringBuilder truth = new StringBuilder();
        try (PhantomClip source = new PhantomClip(options);
                VideoRecorder recorder = VideoRecorder.open(file, recording);
                Progress progress = new Progress("phantom", frames)) {
            for (Optional<Frame> next = source.next(); next.isPresent(); next = source.next()) {
                try (Frame frame = next.get()) {
                    recorder.record(frame);
                    truth.append(truth(source, frame)).append('\n');
                }
                progress.step("");
            }
        }
        Outputs.write(file.resolveSibling(file.getFileName() + ".jsonl"), truth.toString());
        return 0;
    }

    private static String truth(PhantomClip source, Frame frame) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator g = new JsonFactory().createGenerator(text)) {
            g.writeStartObject();
            g.writeNumberField("frame", frame.sequence());
            g.writeArrayFieldStart("lesions");
            for (LesionTruth lesion : source.truth(frame.sequence())) {
                g.writeStartObject();
                g.writeNumberField("id", lesion.id());
                g.writeFieldName("box");
                FindingsWriter.box(g, lesion.box());
                g.writeStringField("class", lesion.lesionClass().name());
                g.writeEndObject();
            }
            g.writeEndArray();
            g.writeEndObject();
        }
        return text.toString();
    }
}

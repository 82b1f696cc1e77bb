package io.derm.samples;

import com.google.inject.Guice;
import com.google.inject.Injector;
import io.derm.api.CaptureException;
import io.derm.api.Classifier;
import io.derm.api.DermException;
import io.derm.api.Detector;
import io.derm.api.FrameSource;
import io.derm.api.InferenceRuntime;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.Runtimes;
import io.derm.api.SourceInfo;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamListener;
import io.derm.pipeline.ExamSummary;
import io.derm.pipeline.LatencySummary;
import io.derm.pipeline.Lesion;
import io.derm.pipeline.Stage;
import io.derm.samples.wiring.ExamModule;
import io.derm.samples.wiring.Parts;
import io.derm.samples.wiring.RuntimeModule;
import io.derm.samples.wiring.SourceModule;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "exam",
        mixinStandardHelpOptions = true,
        description =
                "Examines a video: finds, follows and assesses every lesion; writes exam.mp4, findings.jsonl and report.html.",
        footer = Derm.RESEARCH_USE)
final class ExamCommand implements Callable<Integer> {
    private static final int STOPPED = 130;
    private static final String RECORDING = "exam.mp4";
    private static final String FINDINGS = "findings.jsonl";
    private static final String REPORT = "report.html";

    @Parameters(
            arity = "0..1",
            paramLabel = "SOURCE",
            description = "Video, stream, webcam, image or folder, see derm sources (default: a bundled clip).")
    private @Nullable String source;

    @Option(names = "--out", paramLabel = "DIR", defaultValue = "derm-out", description = "Default: ${DEFAULT-VALUE}.")
    private Path out = Path.of("derm-out");

    @Option(names = "--no-recording", description = "Writes no exam.mp4.")
    private boolean noRecording;

    @Mixin
    private final ModelsOption modelsOption = new ModelsOption();

    @Mixin
    private final ThreadsOption threadsOption = new ThreadsOption();

    @Mixin
    private final DetectorsOption detectorsOption = new DetectorsOption();

    @Mixin
    private final EvidenceOptions evidenceOptions = new EvidenceOptions();

    @Mixin
    private final DetectionOptions detectionOptions = new DetectionOptions();

    @Mixin
    private final LiveOption liveOption = new LiveOption();

    @Mixin
    private final ConfigOption configOption = new ConfigOption();

    @Mixin
    private final MetricsOption metricsOption = new MetricsOption();

    @Override
    public Integer call() throws Exception {
        InferenceRuntime runtime = modelsOption.runtime();
        int detectors = detectorsOption.of(runtime);
        try (MetricsServer metrics = metricsOption.start();
                DemoClip clip = source == null ? DemoClip.extract() : null;
                ExamSource frames = liveOption.open(
                        clip == null ? String.valueOf(source) : clip.path().toString())) {
            SourceInfo info = frames.frames().info();
            Injector injector = Guice.createInjector(
                    new RuntimeModule(Runtimes.withFallback(runtime)),
                    modelsOption.modules(
                            runtime,
                            detectionOptions.yolo(),
                            threadsOption.session(),
                            info.live() || info.frames() == 1 ? 1 : detectors),
                    new SourceModule(frames::frames),
                    new ExamModule(evidenceOptions.of(info)));
            try (Detector detector = Parts.get(injector, Detector.class);
                    Classifier classifier = Parts.get(injector, Classifier.class)) {
                String name = clip == null ? info.name() : "bundled phantom clip";
                List<Model> used = List.of(detector.model(), classifier.model());
                return run(name, clip, frames, Parts.get(injector, Exam.class), used, metrics);
            }
        }
    }

    private int run(
            String name,
            @Nullable DemoClip clip,
            ExamSource examined,
            Exam exam,
            List<Model> models,
            @Nullable MetricsServer metrics)
            throws Exception {
        FrameSource frames = examined.frames();
        Outputs.folder(out);
        requireNotWrittenOver();
        if (metrics != null) {
            metrics.add(exam, name, examined);
        }
        BestCrops crops = new BestCrops();
        ExamCourse course = new ExamCourse();
        Instant begun = Instant.now();
        DermException failure = null;
        boolean stopped;
        try (Interruption interruption = new Interruption(exam::stop)) {
            try (FindingsWriter findings = new FindingsWriter(out.resolve(FINDINGS));
                    Recording recording = new Recording(noRecording ? null : out.resolve(RECORDING), frames);
                    Progress progress = new Progress("exam", frames.info().frames())) {
                ExamListener listener = f -> {
                    recording.write(f);
                    findings.write(f);
                    crops.keep(f);
                    course.add(f, exam.status().dropped());
                    progress.step(Figures.counted(f.sightings().size(), "lesion"));
                };
                exam.run(listener);
            } catch (DermException e) {
                failure = e;
            }
            examined.close();
            stopped = interruption.happened();
            ExamSummary summary = exam.summary();
            String ended = failure != null
                    ? "Broken off: " + failure.getMessage()
                    : stopped ? "Stopped by the user." : "Complete.";
            ended += examined.outages();
            if (summary.frames() > 0) {
                course.end(summary.dropped());
                HtmlReport.Facts facts =
                        new HtmlReport.Facts(name, frames.info(), begun, models, ended, files(name, clip));
                try {
                    Outputs.write(out.resolve(REPORT), HtmlReport.render(facts, summary, crops, course));
                } catch (DermException e) {
                    if (failure == null) {
                        throw e;
                    }
                    failure.addSuppressed(e);
                }
                print(summary);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return stopped ? STOPPED : 0;
    }

    /** Else it would be gone with its first frame. */
    private void requireNotWrittenOver() throws IOException {
        Optional<Path> file = source == null ? Optional.empty() : file(source);
        for (String name : List.of(RECORDING, FINDINGS, REPORT)) {
            Path written = out.resolve(name);
            if (file.isPresent() && Files.exists(written) && Files.isSameFile(file.get(), written)) {
                throw new CaptureException(
                        265,
                        "Source " + source + " is the file that this exam would write over",
                        "Choose another folder with --out.");
            }
        }
    }

    private static Optional<Path> file(String source) {
        try {
            Path path = source.regionMatches(true, 0, "file://", 0, 7) ? Path.of(URI.create(source)) : Path.of(source);
            return Optional.of(path).filter(Files::isRegularFile);
        } catch (IllegalArgumentException | FileSystemNotFoundException e) {
            // It is no path.
            return Optional.empty();
        }
    }

    /** Digests of what was examined, where it is one file, and of what was written. */
    private List<FileDigest> files(String name, @Nullable DemoClip clip) {
        List<FileDigest> files = new ArrayList<>();
        // A URI is no file name on every system, and no file on any.
        if (clip != null) {
            files.add(FileDigest.of(name, clip.path()));
        } else if (!name.contains(":") && Files.isRegularFile(Path.of(name))) {
            files.add(FileDigest.of(name, Path.of(name)));
        }
        for (String written : List.of(FINDINGS, RECORDING)) {
            Path file = out.resolve(written);
            if (Files.exists(file) && !(noRecording && written.equals(RECORDING))) {
                files.add(FileDigest.of(written, file));
            }
        }
        return files;
    }

    /** What an exam came to, in a line. */
    static String line(ExamSummary summary) {
        return String.format(
                Locale.ROOT,
                "%s in %s, %.1f s, %.1f frames/s",
                Figures.counted(summary.lesions().size(), "lesion"),
                Figures.counted(summary.frames(), "frame"),
                summary.elapsedNanos() / 1e9,
                summary.framesPerSecond());
    }

    private void print(ExamSummary summary) {
        System.err.printf(
                Locale.ROOT,
                "%n%6s  %-9s %7s %7s %8s  %15s  %6s%n",
                "lesion",
                "class",
                "benign",
                "unknown",
                "melanoma",
                "seen",
                "frames");
        for (Lesion lesion : summary.lesions()) {
            Map<LesionClass, Float> p = lesion.probabilities();
            System.err.printf(
                    Locale.ROOT,
                    "%6d  %-9s %5.0f %% %5.0f %% %6.0f %%  %5.1f to %5.1f s  %6d%n",
                    lesion.id(),
                    lesion.lesionClass(),
                    100 * p.getOrDefault(LesionClass.BENIGN, 0f),
                    100 * p.getOrDefault(LesionClass.UNKNOWN, 0f),
                    100 * p.getOrDefault(LesionClass.MELANOMA, 0f),
                    lesion.firstMicros() / 1e6,
                    lesion.lastMicros() / 1e6,
                    lesion.sightings());
        }
        System.err.printf("%n%s%n", line(summary));
        for (Stage stage : Stage.values()) {
            LatencySummary t = summary.times().get(stage);
            if (t != null && t.count() > 0) {
                System.err.printf(
                        Locale.ROOT,
                        "%-9s p50 %7.1f ms   p99 %7.1f ms   max %7.1f ms%n",
                        stage.name().toLowerCase(Locale.ROOT),
                        t.p50() / 1e6,
                        t.p99() / 1e6,
                        t.max() / 1e6);
            }
        }
        System.err.println("Written to " + out + ". " + Derm.RESEARCH_USE);
    }
}

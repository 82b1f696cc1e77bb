package io.derm.samples;

import com.google.inject.Injector;
import io.derm.api.Classifier;
import io.derm.api.DermException;
import io.derm.api.Detector;
import io.derm.api.FrameSource;
import io.derm.api.InferenceRuntime;
import io.derm.api.LesionClass;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamListener;
import io.derm.pipeline.ExamOptions;
import io.derm.pipeline.ExamSummary;
import io.derm.pipeline.LatencySummary;
import io.derm.pipeline.Lesion;
import io.derm.pipeline.Stage;
import java.nio.file.Path;
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
    private static final String DETECTOR = "detector";
    private static final String CLASSIFIER = "classifier";

    @Parameters(
            arity = "0..1",
            paramLabel = "SOURCE",
            description = "Video, stream, webcam, image or folder, see derm sources (default: a bundled clip).")
    private @Nullable String source;

    @Option(names = "--out", paramLabel = "DIR", defaultValue = "derm-out", description = "Default: ${DEFAULT-VALUE}.")
    private Path out = Path.of("derm-out");

    @Option(names = "--detector", paramLabel = "FILE", description = "ONNX model that finds (default: the demo model).")
    private @Nullable Path detectorFile;

    @Option(
            names = "--classifier",
            paramLabel = "FILE",
            description = "ONNX model that assesses (default: the demo model).")
    private @Nullable Path classifierFile;

    @Option(names = "--labels", paramLabel = "FILE", description = "What the classifier's classes count as.")
    private @Nullable Path labels;

    @Option(names = "--no-recording", description = "Writes no exam.mp4.")
    private boolean noRecording;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "CPU threads for each model (default: half of the cores).")
    private int threads;

    @Mixin
    private final DetectionOptions detectionOptions = new DetectionOptions();

    @Mixin
    private final RuntimeOption runtimeOption = new RuntimeOption();

    @Mixin
    private final RuntimeProperties runtimeProperties = new RuntimeProperties();

    @Mixin
    private final PrecisionOption precisionOption = new PrecisionOption();

    @Mixin
    private final LiveOption liveOption = new LiveOption();

    @Mixin
    private final MetricsOption metricsOption = new MetricsOption();

    @Override
    public Integer call() throws Exception {
        int perModel = threads > 0 ? threads : Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        SessionOptions session = SessionOptions.defaults().withThreads(perModel);
        InferenceRuntime runtime = runtimeOption.find();
        runtimeProperties.check(Map.of(DETECTOR, runtime, CLASSIFIER, runtime));
        Injector injector = Wiring.injector(
                new Wiring.RuntimeModule(Runtimes.withFallback(runtime)),
                new Wiring.DetectorModule(
                        () -> precisionOption.detector(Optional.ofNullable(detectorFile), runtime),
                        detectionOptions.yolo(),
                        runtimeProperties.of(DETECTOR, runtime, session)),
                new Wiring.ClassifierModule(
                        () -> precisionOption.classifier(Optional.ofNullable(classifierFile), runtime),
                        Optional.ofNullable(labels),
                        runtimeProperties.of(CLASSIFIER, runtime, session)));
        try (MetricsServer metrics = metricsOption.start();
                DemoClip clip = source == null ? DemoClip.extract() : null;
                ExamSource frames = liveOption.open(
                        clip == null ? String.valueOf(source) : clip.path().toString());
                Detector detector = Wiring.get(injector, Detector.class);
                Classifier classifier = Wiring.get(injector, Classifier.class)) {
            String name = clip == null ? frames.frames().info().name() : "bundled phantom clip";
            return run(name, runtime.name(), frames, detector, classifier, metrics);
        }
    }

    private int run(
            String name,
            String runtime,
            ExamSource examined,
            Detector detector,
            Classifier classifier,
            @Nullable MetricsServer metrics)
            throws Exception {
        FrameSource frames = examined.frames();
        Outputs.folder(out);
        // A lesion in a still picture is not seen again.
        boolean stills = !frames.info().live() && frames.info().framesPerSecond() <= 1;
        ExamOptions options = stills ? ExamOptions.defaults().withConfirmSightings(1) : ExamOptions.defaults();
        Exam exam = new Exam(frames, detector, classifier, options);
        if (metrics != null) {
            metrics.add(exam, name, examined);
        }
        BestCrops crops = new BestCrops();
        LatencyCourse latency = new LatencyCourse();
        DermException failure = null;
        boolean stopped;
        try (Interruption interruption = new Interruption(exam::stop)) {
            try (FindingsWriter findings = new FindingsWriter(out.resolve("findings.jsonl"));
                    Recording recording = new Recording(noRecording ? null : out.resolve("exam.mp4"), frames);
                    Progress progress = new Progress("exam", frames.info().frames())) {
                ExamListener listener = f -> {
                    recording.write(f);
                    findings.write(f);
                    f.bestLooks().forEach(s -> crops.keep(f.frame(), s));
                    latency.add(f.frame().timestampMicros(), f.latencyNanos());
                    progress.step(lesions(f.sightings().size()));
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
                HtmlReport.Facts facts =
                        new HtmlReport.Facts(name, runtime, List.of(detector.model(), classifier.model()), ended);
                try {
                    Outputs.write(out.resolve("report.html"), HtmlReport.render(facts, summary, crops, latency));
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

    private static String lesions(int n) {
        return n == 1 ? "1 lesion" : n + " lesions";
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
        System.err.printf(
                Locale.ROOT,
                "%n%d lesions in %d frames, %.1f s, %.1f frames/s%n",
                summary.lesions().size(),
                summary.frames(),
                summary.elapsedNanos() / 1e9,
                summary.framesPerSecond());
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

package io.derm.samples;

import com.google.inject.Guice;
import com.google.inject.Injector;
import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.InferenceRuntime;
import io.derm.phantom.PhantomClip;
import io.derm.pipeline.Exam;
import io.derm.samples.wiring.Parts;
import io.derm.samples.wiring.RuntimeModule;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "evaluate-clips",
        mixinStandardHelpOptions = true,
        description = {
            "Measures exams of phantom clips, whose lesions have known identities: IDF1 and identity switches of the lesions reported,",
            "false lesions a minute, recall by lesion, and how many sightings were classified."
        },
        footer = Derm.RESEARCH_USE)
final class EvaluateClipsCommand implements Callable<Integer> {
    private static final int RATE = 30;

    @Option(names = "--clips", paramLabel = "N", defaultValue = "6", description = "Default: ${DEFAULT-VALUE}.")
    private int clips = 6;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "1000",
            description = "Of the first clip; those that follow count up (default: ${DEFAULT-VALUE}).")
    private long seed = 1000;

    @Option(
            names = "--seconds",
            paramLabel = "T",
            defaultValue = "20",
            description = "Length of a clip at 30 frames/s (default: ${DEFAULT-VALUE}).")
    private int seconds = 20;

    @Option(names = "--passers", paramLabel = "N", description = "Things that pass over the skin (default: none).")
    private int passers;

    @Option(names = "--no-lesions", description = "Clips without any lesion.")
    private boolean noLesions;

    @Option(names = "--more-things", paramLabel = "N", description = "More things that are no lesions (default: none).")
    private int moreThings;

    @Mixin
    private final ModelsOption modelsOption = new ModelsOption();

    @Mixin
    private final DetectorsOption detectorsOption = new DetectorsOption();

    @Mixin
    private final ThreadsOption threadsOption = new ThreadsOption();

    @Mixin
    private final EvidenceOptions evidenceOptions = new EvidenceOptions();

    @Mixin
    private final DetectionOptions detectionOptions = new DetectionOptions();

    @Mixin
    private final ConfigOption configOption = new ConfigOption();

    @Override
    public Integer call() throws Exception {
        if (clips < 1 || seconds < 1) {
            throw new IllegalArgumentException(
                    "Found " + clips + " clips of " + seconds + " s, expected at least 1 of 1 s");
        }
        InferenceRuntime runtime = modelsOption.runtime();
        Injector injector = Guice.createInjector(
                new RuntimeModule(runtime),
                modelsOption.modules(
                        runtime, detectionOptions.yolo(), threadsOption.session(), detectorsOption.of(runtime)));
        ClipTally.Result all = ClipTally.Result.NONE;
        try (Detector detector = Parts.get(injector, Detector.class);
                Classifier classifier = Parts.get(injector, Classifier.class);
                Progress progress = new Progress("evaluate", (long) clips * seconds * RATE)) {
            for (int c = 0; c < clips; c++) {
                ClipTally.Result result = clip(seed + c, detector, classifier, progress);
                print("clip " + (seed + c), result);
                all = all.plus(result);
            }
            System.out.printf("detector %s, classifier %s%n", detector.model(), classifier.model());
        }
        print("all", all);
        System.out.println(Derm.RESEARCH_USE);
        return 0;
    }

    private ClipTally.Result clip(long clipSeed, Detector detector, Classifier classifier, Progress progress)
            throws Exception {
        PhantomClip.Options filmed = PhantomClip.Options.of(seconds * RATE, clipSeed)
                .withMoreThings(moreThings)
                .withPassers(passers);
        if (noLesions) {
            filmed = filmed.withMostLesions(0);
        }
        try (PhantomClip clip = new PhantomClip(filmed)) {
            ClipTally tally = new ClipTally();
            Exam exam = new Exam(clip, detector, classifier, evidenceOptions.of(clip.info()));
            return tally.result(exam.run(f -> {
                        tally.add(clip.truth(f.frame().sequence()), f);
                        progress.step("");
                    })
                    .lesions());
        }
    }

    private static void print(String what, ClipTally.Result r) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-10s %5d frames", what, r.frames()));
        if (r.truthBoxes() > 0) {
            line.append(String.format(
                    Locale.ROOT,
                    "  IDF1 %.3f (IDP %.3f, IDR %.3f)  %d switches  found %d of %d lesions, %d of %d melanomas (%d called so)",
                    r.idf1(),
                    r.idp(),
                    r.idr(),
                    r.switches(),
                    r.found(),
                    r.lesions(),
                    r.melanomasFound(),
                    r.melanomas(),
                    r.melanomasCalled()));
        }
        line.append(String.format(
                Locale.ROOT,
                "  reported %d, %d false: %.2f a minute  classified %d of %d sightings",
                r.reported(),
                r.wrong(),
                r.wrongPerMinute(RATE),
                r.assessed(),
                r.sightings()));
        System.out.println(line);
    }
}

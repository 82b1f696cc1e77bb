package io.derm.samples;

import com.google.inject.Guice;
import com.google.inject.Injector;
import io.derm.api.Availability;
import io.derm.api.Classifier;
import io.derm.api.DermException;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.InferenceRuntime;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.samples.wiring.Parts;
import io.derm.samples.wiring.RuntimeModule;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Tells which runtimes, sources and models work here, and what to do where they do not.",
        footer = Derm.RESEARCH_USE)
final class DoctorCommand implements Callable<Integer> {
    @Mixin
    private final ModelsOption modelsOption = new ModelsOption();

    @Mixin
    private final DetectionOptions detectionOptions = new DetectionOptions();

    @Mixin
    private final ConfigOption configOption = new ConfigOption();

    private boolean healthy = true;

    @Override
    public Integer call() {
        System.out.printf(
                Locale.ROOT,
                "derm %s, Java %s, %s %s, %d cores, %d MiB heap at most%n",
                Derm.version(),
                Runtime.version(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() >> 20);
        configOption.problems().ifPresent(problems -> {
            System.out.println("configuration");
            problems.forEach(problem -> broken("option", problem));
            if (problems.isEmpty()) {
                System.out.println("  yes every option fits each command that has it");
            }
        });
        System.out.println("runtimes");
        for (InferenceRuntime runtime : Runtimes.all()) {
            line(runtime.name(), runtime.availability());
        }
        System.out.println("sources");
        Sources.kinds().forEach(kind -> line(kind.name(), kind.availability()));
        try (DemoClip clip = DemoClip.extract();
                FrameSource source = Sources.open(clip.path().toString(), CaptureOptions.defaults());
                Frame frame = source.next().orElseThrow()) {
            line(
                    "bundled clip",
                    Availability.yes(source.info().frames() + " frames of " + frame.width() + "x" + frame.height()));
            System.out.println("models");
            models(frame);
        } catch (DermException e) {
            broken("bundled clip", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            healthy = false;
        }
        System.out.println(Derm.RESEARCH_USE);
        return healthy ? 0 : 1;
    }

    private void models(Frame frame) {
        Injector injector;
        InferenceRuntime runtime;
        try {
            runtime = modelsOption.runtime();
            injector = Guice.createInjector(
                    new RuntimeModule(runtime),
                    modelsOption.modules(runtime, detectionOptions.yolo(), SessionOptions.defaults(), 1));
        } catch (DermException | IllegalArgumentException e) {
            broken("runtime", e);
            return;
        }
        try (Detector detector = Parts.get(injector, Detector.class)) {
            int found = detector.detect(frame).size();
            line(
                    "detector",
                    Availability.yes(detector.model() + " on " + runtime.name() + ", "
                            + Figures.counted(found, "lesion") + " in the clip's first frame"));
        } catch (DermException | IllegalArgumentException e) {
            broken("detector", e);
        }
        try (Classifier classifier = Parts.get(injector, Classifier.class)) {
            classifier.classify(frame, List.of(frame.bounds()));
            line("classifier", Availability.yes(classifier.model() + " on " + runtime.name()));
        } catch (DermException | IllegalArgumentException e) {
            broken("classifier", e);
        }
    }

    private void line(String name, Availability a) {
        System.out.printf("  %-3s %-16s %s%n", a.available() ? "yes" : "no", name, a.detail());
        if (!a.available()) {
            System.out.printf("      %-16s -> %s%n", "", a.remedy());
        }
    }

    private void broken(String name, RuntimeException e) {
        healthy = false;
        System.out.printf("  %-3s %-16s %s%n", "no", name, e.getMessage());
    }
}

package com.example.device;

import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Module;
import com.google.inject.Singleton;
import com.google.inject.util.Modules;
import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.FrameSource;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.capture.Sources;
import io.derm.models.DemoModels;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamOptions;
import io.derm.samples.wiring.ClassifierModule;
import io.derm.samples.wiring.DetectorModule;
import io.derm.samples.wiring.ExamModule;
import io.derm.samples.wiring.RuntimeModule;
import io.derm.samples.wiring.SourceModule;
import io.derm.yolo.YoloOptions;
import java.util.Optional;

/** An exam as derm wires it, with another detector by one binding: {@code SwappedDetector SOURCE}. */
public final class SwappedDetector {
    private SwappedDetector() {}

    /** Prints each lesion of each frame, then each lesion of the exam. */
    public static void main(String[] args) throws Exception {
        Module derm = Modules.combine(
                new SourceModule(() -> Sources.open(args[0])),
                new RuntimeModule(Runtimes.find(Runtimes.AUTO)),
                new DetectorModule(DemoModels::detector, YoloOptions.defaults(), SessionOptions.defaults()),
                new ClassifierModule(DemoModels::classifier, Optional.empty(), SessionOptions.defaults()),
                new ExamModule(ExamOptions.defaults()));
        Module ours =
                binder -> binder.bind(Detector.class).to(DarkSpotDetector.class).in(Singleton.class);
        Injector injector = Guice.createInjector(Modules.override(derm).with(ours));
        try (FrameSource source = injector.getInstance(FrameSource.class);
                Detector detector = injector.getInstance(Detector.class);
                Classifier classifier = injector.getInstance(Classifier.class)) {
            System.out.println(source.info().name() + ": " + detector.model() + ", " + classifier.model());
            injector.getInstance(Exam.class)
                    .run(findings -> findings.sightings().forEach(System.out::println))
                    .lesions()
                    .forEach(System.out::println);
        }
        System.out.println("Research use only, not a medical device.");
    }
}

package com.example.device;

import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.FrameSource;
import io.derm.api.InferenceRuntime;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.capture.Sources;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.models.DemoModels;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamOptions;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;

/** From a camera, a stream or a file to findings: {@code CameraToFindings SOURCE [RUNTIME]}. */
public final class CameraToFindings {
    private CameraToFindings() {}

    /** Prints each lesion of each frame, then each lesion of the exam. */
    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            System.err.println("Usage: CameraToFindings SOURCE [RUNTIME]");
            System.exit(2);
        }
        InferenceRuntime runtime = Runtimes.find(args.length > 1 ? args[1] : Runtimes.AUTO);
        SessionOptions session = SessionOptions.defaults();
        try (FrameSource camera = Sources.open(args[0]);
                Detector detector = YoloDetector.open(runtime, DemoModels.detector(), session, YoloOptions.defaults());
                Classifier classifier =
                        EffnetClassifier.open(runtime, DemoModels.classifier(), session, EffnetOptions.defaults())) {
            Exam exam = new Exam(camera, detector, classifier, ExamOptions.defaults());
            exam.run(findings -> findings.sightings()
                            .forEach(s -> System.out.println(findings.frame().timestampMicros() / 1000 + " ms: " + s)))
                    .lesions()
                    .forEach(System.out::println);
        }
        System.out.println("Research use only, not a medical device.");
    }
}

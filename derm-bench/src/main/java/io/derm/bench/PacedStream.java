package io.derm.bench;

import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.InferenceRuntime;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamOptions;
import io.derm.pipeline.ExamSummary;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.util.List;

/** One camera's models and exam. Confined. */
final class PacedStream implements AutoCloseable {
    private final Detector detector;
    private final Classifier classifier;
    private final ExamOptions exam;

    PacedStream(InferenceRuntime runtime, PacedOptions options) {
        exam = ExamOptions.defaults().withClassifyEvery(options.classifyEvery());
        SessionOptions session = SessionOptions.defaults().withThreads(options.threads());
        detector = YoloDetector.open(
                runtime,
                Subjects.detector(options.detector(), options.precision(), runtime),
                session,
                YoloOptions.defaults());
        try {
            classifier = EffnetClassifier.open(
                    runtime,
                    Subjects.classifier(options.classifier(), options.precision(), runtime),
                    session,
                    EffnetOptions.defaults());
        } catch (RuntimeException e) {
            detector.close();
            throw e;
        }
    }

    /** What the models find in each picture, one after the other. */
    List<Findings> findings(List<Frame> pictures) {
        return pictures.stream().map(p -> Findings.of(detector, classifier, p)).toList();
    }

    /**
     * Examines all that a camera shows.
     *
     * @param expected what is to be found in each picture
     * @throws IllegalStateException if findings differ from that, or a frame is neither delivered nor counted as dropped
     */
    void run(PacedCamera camera, List<Findings> expected, PacedTally tally) throws Exception {
        ExamSummary summary = new Exam(camera, detector, classifier, exam).run(findings -> {
            expected.get((int) (findings.frame().sequence() % expected.size())).require(findings);
            tally.delivered(
                    findings.frame().capturedNanos(),
                    findings.latencyNanos(),
                    findings.sightings().size());
        });
        long dropped =
                summary.dropped().values().stream().mapToLong(Long::longValue).sum();
        if (camera.handedOut() != summary.frames() + dropped) {
            throw new IllegalStateException("Of " + camera.handedOut() + " frames the exam delivered "
                    + summary.frames() + " and dropped " + summary.dropped() + ", expected no other");
        }
    }

    @Override
    public void close() {
        try (detector) {
            classifier.close();
        }
    }
}

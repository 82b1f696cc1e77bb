package io.derm.bench;

import com.sun.management.OperatingSystemMXBean;
import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.SessionOptions;
import io.derm.bench.PipelineRounds.Part;
import io.derm.bench.PipelineRounds.Taken;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.pipeline.DetectorPool;
import io.derm.pipeline.Exam;
import io.derm.pipeline.ExamOptions;
import io.derm.samples.DemoClip;
import io.derm.samples.DemoModel.Precision;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.lang.management.ManagementFactory;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;

/**
 * The exam of the bundled clip's first frames, and each of its stages alone on the same frames with the same models and threads. Every time is
 * that of all frames but the first, from when the first is done: so no start-up counts, neither of a decoder nor of a pipeline that fills.
 * Confined.
 */
final class PipelineParts implements AutoCloseable {
    /** Where a part's time begins: behind its first frame. */
    private record Mark(long nanos, long cpuNanos) {
        private static final OperatingSystemMXBean SYSTEM =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

        static Mark now() {
            return new Mark(System.nanoTime(), SYSTEM.getProcessCpuTime());
        }

        Taken to(Mark end, int frames) {
            return new Taken((double) (end.nanos - nanos) / frames, (double) (end.cpuNanos - cpuNanos) / frames);
        }
    }

    /** Something to be done with each frame. */
    private interface Step {
        void frame(int i) throws InterruptedException;
    }

    private final DemoClip clip;
    private final Pictures pictures;
    private final Detector detector;
    private final Classifier classifier;
    private final List<Findings> expected;

    /**
     * Opens the models and examines the frames once, one model after the other.
     *
     * @param detectors frames that the exam has in detection at once; detection alone is of one
     * @throws NotRunException if this machine cannot run it
     */
    PipelineParts(String runtime, Precision precision, int threads, int detectors, int frames) throws Exception {
        InferenceRuntime found = Subjects.runtime(runtime);
        SessionOptions options = SessionOptions.defaults().withThreads(threads);
        clip = DemoClip.extract();
        try {
            pictures = Pictures.decode(clip.path().toString(), frames);
            if (pictures.frames().size() != frames) {
                throw new IllegalArgumentException("Frames are " + frames + ", expected at most "
                        + pictures.frames().size() + ", which the clip has");
            }
            Model model = Subjects.detector(Subjects.DEMO, precision, found);
            detector = DetectorPool.open(
                    detectors, () -> YoloDetector.open(found, model, options, YoloOptions.defaults()));
            classifier = EffnetClassifier.open(
                    found, Subjects.classifier(Subjects.DEMO, precision, found), options, EffnetOptions.defaults());
        } catch (Exception e) {
            clip.close();
            throw e;
        }
        expected = pictures.frames().stream()
                .map(frame -> Findings.of(detector, classifier, frame))
                .toList();
    }

    /** Boxes to classify in a frame, on average. */
    double boxes() {
        return expected.stream().mapToInt(f -> f.boxes().size()).average().orElseThrow();
    }

    /** Gives each of {@link Part#TIMED} its turn, in that order. */
    Map<Part, Taken> round(List<Part> order) throws Exception {
        Map<Part, Taken> round = new EnumMap<>(Part.class);
        for (Part part : order) {
            switch (part) {
                case CAPTURE -> round.put(part, capture());
                case DETECT -> round.put(part, detect());
                case CLASSIFY -> round.put(part, classify());
                case BOTH -> round.put(part, both());
                case EXAM -> round.putAll(exam());
                default -> throw new IllegalArgumentException(part + " has no turn of its own");
            }
        }
        return round;
    }

    private Taken detect() throws InterruptedException {
        return alone(this::detect);
    }

    private void detect(int i) {
        try (Frame frame = again(i)) {
            detector.detect(frame);
        }
    }

    private Taken classify() throws InterruptedException {
        return alone(this::classify);
    }

    private void classify(int i) {
        try (Frame frame = again(i)) {
            classifier.classify(frame, expected.get(i).boxes());
        }
    }

    /** As fast as this machine runs both models at once where neither waits for the other: what is slower in the exam is the loop's. */
    private Taken both() throws Exception {
        FutureTask<Mark> classified = new FutureTask<>(() -> {
            for (int i = 1; i < expected.size(); i++) {
                classify(i);
            }
            return Mark.now();
        });
        detect(0);
        classify(0);
        Mark start = Mark.now();
        new Thread(classified, "derm-bench-classify").start();
        for (int i = 1; i < expected.size(); i++) {
            detect(i);
        }
        Mark detected = Mark.now();
        Mark end = classified.get();
        return start.to(end.nanos > detected.nanos ? end : detected, expected.size() - 1);
    }

    private Taken alone(Step step) throws InterruptedException {
        step.frame(0);
        Mark start = Mark.now();
        for (int i = 1; i < expected.size(); i++) {
            step.frame(i);
        }
        return start.to(Mark.now(), expected.size() - 1);
    }

    private Taken capture() throws InterruptedException {
        try (FrameSource source = source()) {
            return alone(i -> {
                Optional<Frame> frame = source.next();
                frame.orElseThrow().close();
            });
        }
    }

    /** Findings are held to those of the models one after the other. */
    private Map<Part, Taken> exam() throws Exception {
        Mark[] marks = new Mark[expected.size()];
        int[] delivered = {0};
        long[] within = new long[2];
        try (FrameSource source = source()) {
            new Exam(source, detector, classifier, ExamOptions.defaults().withClassifyEvery(1)).run(findings -> {
                expected.get(delivered[0]).require(findings);
                if (delivered[0] > 0) {
                    within[0] += findings.detectNanos();
                    within[1] += findings.classifyNanos();
                }
                marks[delivered[0]++] = Mark.now();
            });
        }
        int last = expected.size() - 1;
        if (delivered[0] != expected.size()) {
            throw new IllegalStateException("Examined " + delivered[0] + " frames of " + expected.size());
        }
        return Map.of(
                Part.EXAM, marks[0].to(marks[last], last),
                Part.DETECT_WITHIN, new Taken((double) within[0] / last, Double.NaN),
                Part.CLASSIFY_WITHIN, new Taken((double) within[1] / last, Double.NaN));
    }

    private FrameSource source() {
        return new FirstFrames(Sources.open(clip.path().toString(), CaptureOptions.defaults()), expected.size());
    }

    /** The frame wrapped anew, as a source's are, so that a runtime on a device uploads it. */
    private Frame again(int i) {
        Frame frame = pictures.frames().get(i);
        return Frame.wrap(frame.pixels(), frame.width(), frame.height(), frame.stride(), frame.format());
    }

    @Override
    public void close() {
        try (clip;
                pictures;
                detector) {
            classifier.close();
        }
    }
}

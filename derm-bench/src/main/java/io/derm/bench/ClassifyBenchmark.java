package io.derm.bench;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.ort.OrtRuntime;
import io.derm.samples.DemoModel.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * {@code classify} of several regions of a 720p frame beside a bare run of the same model on a batch of as many. A batch larger than
 * {@code maxBatch} is run in parts; the bare run then is one part, as often as there are any.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 4)
@Fork(1)
@SuppressWarnings("NullAway.Init")
public class ClassifyBenchmark {
    @Param(OrtRuntime.NAME)
    String runtime;

    @Param(Subjects.DEMO)
    String model;

    @Param("fp32")
    Precision precision;

    @Param({"1", "8", "32"})
    int regions;

    @Param("0")
    int threads;

    @Param("32")
    int maxBatch;

    private Pictures pictures;
    private Frame frame;
    private List<Box> boxes;
    private EffnetClassifier classifier;
    private BareRun bare;
    private int parts;

    @Setup(Level.Trial)
    public void open() throws Exception {
        InferenceRuntime found = Subjects.runtime(runtime);
        Model classes = Subjects.classifier(model, precision, found);
        pictures = Pictures.decode(Pictures.PHANTOM, 1);
        frame = pictures.frames().get(0);
        boxes = Regions.spread(frame.width(), frame.height(), regions);
        SessionOptions options = SessionOptions.defaults().withThreads(threads).withMaxBatch(maxBatch);
        Session session = found.open(classes, options);
        classifier = new EffnetClassifier(session, classes, EffnetOptions.defaults());
        List<Assessment> together = classifier.classify(frame, boxes);
        List<Assessment> oneByOne = new ArrayList<>();
        for (Box box : boxes) {
            oneByOne.addAll(classifier.classify(frame, List.of(box)));
        }
        // An integer model rounds alike in any batch; kernels of other batch sizes may add in another order.
        Agreement.requireAssessments(oneByOne, together, 0.02);
        int batch = Math.min(regions, session.maxBatch());
        parts = (regions + batch - 1) / batch;
        classifier.classify(frame, boxes.subList(0, batch));
        bare = BareRun.of(found, session, classes, batch, threads);
    }

    @Benchmark
    public List<Assessment> classify() {
        return classifier.classify(frame, boxes);
    }

    @Benchmark
    public void bareRun() {
        for (int i = 0; i < parts; i++) {
            bare.run();
        }
    }

    @TearDown(Level.Trial)
    public void close() {
        bare.close();
        classifier.close();
        pictures.close();
    }
}

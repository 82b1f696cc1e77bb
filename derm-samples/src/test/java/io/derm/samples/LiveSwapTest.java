package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.models.DemoModels;
import io.derm.pipeline.SwapOptions;
import io.derm.pipeline.SwapState;
import io.derm.pipeline.SwapStatus;
import io.derm.pipeline.SwappableClassifier;
import io.derm.pipeline.SwappableDetector;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The demo models replaced by one another under a clip that goes on, and what is no match for them refused. */
@Timeout(180)
class LiveSwapTest {
    // How fast they are beside each other depends on the machine and what else it does.
    private static final SwapOptions TRIAL =
            SwapOptions.defaults().withFrames(10).withMaxSlowdown(100).withTimeoutMillis(120_000);

    private final InferenceRuntime runtime = Runtimes.find("onnxruntime");

    private Detector detector(Model model, YoloOptions options) {
        return YoloDetector.open(runtime, model, SessionOptions.defaults().withThreads(1), options);
    }

    private Classifier classifier(Model model) {
        return EffnetClassifier.open(
                runtime, model, SessionOptions.defaults().withThreads(1), EffnetOptions.defaults());
    }

    private interface Run {
        void frame(Frame frame);
    }

    private static SwapStatus play(CompletableFuture<SwapStatus> swap, Run run) throws Exception {
        try (DemoClip clip = DemoClip.extract()) {
            while (!swap.isDone()) {
                try (FrameSource source = Sources.open(
                        clip.path().toString(), CaptureOptions.defaults().withTrackLeases(true))) {
                    for (var frame = source.next(); frame.isPresent() && !swap.isDone(); frame = source.next()) {
                        try (Frame f = frame.get()) {
                            run.frame(f);
                        }
                    }
                }
            }
        }
        return swap.get();
    }

    @Test
    void detector_float32ToInt8AndBack_agreesAndSwitches() throws Exception {
        Model int8 = DemoInt8.detector();
        try (SwappableDetector live =
                new SwappableDetector("float32", () -> detector(DemoModels.detector(), YoloOptions.defaults()))) {
            SwapStatus there =
                    play(live.propose("int8", () -> detector(int8, YoloOptions.defaults()), TRIAL), live::detect);
            assertThat(there).as(there.reason()).returns(SwapState.SWITCHED, SwapStatus::state);
            assertThat(there.agreement().orElseThrow()).isBetween(0.9, 1.0);
            assertThat(there.compared()).isEqualTo(10);
            assertThat(live.model().sha256()).isEqualTo(int8.sha256());
            SwapStatus back = play(
                    live.propose("float32", () -> detector(DemoModels.detector(), YoloOptions.defaults()), TRIAL),
                    live::detect);
            assertThat(back).as(back.reason()).returns(SwapState.SWITCHED, SwapStatus::state);
            assertThat(live.model().sha256()).isEqualTo(DemoModels.detector().sha256());
        }
    }

    @Test
    void classifier_float32ToInt8AndBack_agreesAndSwitches() throws Exception {
        Model int8 = DemoInt8.classifier();
        try (Detector detector = detector(DemoModels.detector(), YoloOptions.defaults());
                SwappableClassifier live =
                        new SwappableClassifier("float32", () -> classifier(DemoModels.classifier()))) {
            Run run = frame -> {
                List<Box> boxes =
                        detector.detect(frame).stream().map(d -> d.box()).toList();
                if (!boxes.isEmpty()) {
                    live.classify(frame, boxes);
                }
            };
            SwapOptions some = TRIAL.withMinAgreement(0.8);
            SwapStatus there = play(live.propose("int8", () -> classifier(int8), some), run);
            assertThat(there).as(there.reason()).returns(SwapState.SWITCHED, SwapStatus::state);
            SwapStatus back = play(live.propose("float32", () -> classifier(DemoModels.classifier()), some), run);
            assertThat(back).as(back.reason()).returns(SwapState.SWITCHED, SwapStatus::state);
            assertThat(live.model().sha256()).isEqualTo(DemoModels.classifier().sha256());
        }
    }

    @Test
    void detector_otherThanTheLiveOne_isRefused() throws Exception {
        Model live = DemoModels.detector();
        try (SwappableDetector detector = new SwappableDetector("live", () -> detector(live, YoloOptions.defaults()))) {
            // It finds next to nothing.
            SwapStatus blind = play(
                    detector.propose(
                            "blind", () -> detector(live, YoloOptions.defaults().withScoreThreshold(0.99)), TRIAL),
                    detector::detect);
            assertThat(blind).returns(SwapState.REFUSED, SwapStatus::state);
            assertThat(blind.reason()).contains("% of its answers are those of the live one, expected at least 90.0 %");
            SwapStatus classifies = play(
                    detector.propose(
                            "classifier", () -> detector(DemoModels.classifier(), YoloOptions.defaults()), TRIAL),
                    detector::detect);
            assertThat(classifies).returns(SwapState.REFUSED, SwapStatus::state);
            assertThat(classifies.reason()).startsWith("[DERM-0");
            Path nan = Path.of("src/test/resources/io/derm/samples/nan-detector.onnx");
            SwapStatus notFinite = play(
                    detector.propose("nan", () -> detector(Model.of(nan), YoloOptions.defaults()), TRIAL),
                    detector::detect);
            assertThat(notFinite).returns(SwapState.REFUSED, SwapStatus::state);
            assertThat(notFinite.reason()).startsWith("[DERM-13");
            assertThat(detector.name()).isEqualTo("live");
        }
    }
}

package com.example.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.derm.api.Assessment;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.InferenceRuntime;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.Runtimes;
import io.derm.api.SessionOptions;
import io.derm.api.contract.InferenceRuntimeContract;
import io.derm.capture.CaptureOptions;
import io.derm.capture.Sources;
import io.derm.effnet.EffnetClassifier;
import io.derm.effnet.EffnetOptions;
import io.derm.models.DemoModels;
import io.derm.yolo.YoloDetector;
import io.derm.yolo.YoloOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The runtime beside ONNX Runtime, which shares no code with it. */
class PlainRuntimeTest {
    private record Answers(List<Detection> detections, List<Assessment> assessments) {}

    @Test
    void demoModels_onAPhantom_answerAsOnOnnxRuntime() throws Exception {
        Answers plain = answers(Runtimes.find(PlainRuntime.NAME));
        Answers reference = answers(Runtimes.find("onnxruntime"));
        assertThat(reference.detections()).isNotEmpty();
        assertThat(plain.detections()).hasSameSizeAs(reference.detections());
        for (int i = 0; i < plain.detections().size(); i++) {
            Detection found = plain.detections().get(i);
            Detection expected = reference.detections().get(i);
            assertThat(found.score()).isCloseTo(expected.score(), within(1e-3f));
            assertThat(found.box().iou(expected.box())).isGreaterThan(0.99f);
            for (LesionClass c : LesionClass.values()) {
                assertThat(plain.assessments().get(i).probability(c))
                        .isCloseTo(reference.assessments().get(i).probability(c), within(2e-3f));
            }
        }
    }

    private static Answers answers(InferenceRuntime runtime) throws Exception {
        SessionOptions session = SessionOptions.defaults();
        try (FrameSource source = Sources.open("phantom:seed=7&frames=1&size=640x480", CaptureOptions.defaults());
                Frame frame = source.next().orElseThrow();
                Detector detector = YoloDetector.open(runtime, DemoModels.detector(), session, YoloOptions.defaults());
                Classifier classifier =
                        EffnetClassifier.open(runtime, DemoModels.classifier(), session, EffnetOptions.defaults())) {
            List<Detection> found = detector.detect(frame);
            return new Answers(
                    found,
                    classifier.classify(
                            frame, found.stream().map(Detection::box).toList()));
        }
    }

    @Test
    void open_operatorNotKnown_isNamed() throws Exception {
        ModelProto.Builder onnx = ModelProto.parseFrom(InferenceRuntimeContract.AFFINE.bytes()).toBuilder();
        onnx.getGraphBuilder().getNodeBuilder(1).setOpType("Einsum").setName("last");
        Model model = Model.of("other.onnx", onnx.build().toByteArray());
        assertThatThrownBy(() -> new PlainRuntime()
                        .open(model, SessionOptions.defaults())
                        .close())
                .isInstanceOf(ModelException.class)
                .hasMessageStartingWith("[DERM-900] Model other.onnx has operator Einsum at 'last'");
    }
}

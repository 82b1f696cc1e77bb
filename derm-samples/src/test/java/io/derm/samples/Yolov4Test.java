package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.onnx.OnnxModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The generated YOLOv4 against what its authors published of theirs. */
class Yolov4Test {
    @TempDir
    Path folder;

    // yolov4.cfg of AlexeyAB/darknet has 110 [convolutional] sections, and the yolov4.weights released for it
    // 257,717,640 bytes.
    @Test
    void network_of80Classes_isAsLargeAsThePublishedOne() {
        Yolov4 network = Yolov4.of(608, 80);
        assertThat(network.convolutions()).isEqualTo(110);
        assertThat(network.cfg().lines().filter("[convolutional]"::equals)).hasSize(110);
        assertThat(network.weightBytes()).isEqualTo(257_717_640);
    }

    // 72 Mish layers in the backbone, 35 leaky ones in the neck and 23 residual blocks: figure 4 of the CSPNet paper
    // for CSPDarknet53, and the
    // cfg.
    @Test
    void network_imported_hasThreeHeadsOfItsStridesAndThePublishedLayers() throws Exception {
        OnnxModel model = Yolov4.of(64, 1).model(1, folder);
        assertThat(model.graph().outputs().stream().map(Object::toString))
                .containsExactly(
                        "yolo_8 float32 [1,18,8,8]", "yolo_16 float32 [1,18,4,4]", "yolo_32 float32 [1,18,2,2]");
        assertThat(model.graph().nodes().stream().filter(n -> n.getOpType().equals("Tanh")))
                .hasSize(72);
        assertThat(model.graph().nodes().stream().filter(n -> n.getOpType().equals("LeakyRelu")))
                .hasSize(35);
        assertThat(model.graph().nodes().stream().filter(n -> n.getOpType().equals("Add")))
                .hasSize(23);
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void network_ofASideThatDoesNotHalveFiveTimes_isRefused() {
        assertThatThrownBy(() -> Yolov4.of(600, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("600");
    }
}

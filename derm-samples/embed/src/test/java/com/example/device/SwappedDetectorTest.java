package com.example.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SwappedDetectorTest {
    @Test
    void main_onAPhantom_examinesWithTheOtherDetectorAndDermsClassifier() throws Exception {
        assertThat(Printed.by(SwappedDetector::main, "phantom:seed=7&frames=12&size=640x480"))
                .contains(": dark-spots-1 (", "derm-efficientnet-lite0.onnx")
                .containsPattern("(?m)^Sighting\\[lesion=1, .*label=dark spot")
                .containsPattern("(?m)^Lesion\\[id=1, .*(BENIGN|UNKNOWN|MELANOMA)")
                .doesNotContain("label=lesion");
    }
}

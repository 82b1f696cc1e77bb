package com.example.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CameraToFindingsTest {
    @Test
    void main_onAPhantom_printsSightingsAndLesions() throws Exception {
        assertThat(Printed.by(CameraToFindings::main, "phantom:seed=7&frames=8&size=640x480"))
                .containsPattern("(?m)^0 ms: Sighting\\[lesion=1, .*label=lesion")
                .containsPattern("(?m)^Lesion\\[id=1, .*(BENIGN|UNKNOWN|MELANOMA)")
                .endsWith("Research use only, not a medical device." + System.lineSeparator());
    }
}

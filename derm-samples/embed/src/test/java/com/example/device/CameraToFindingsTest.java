package com.example.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CameraToFindingsTest {
    @Test
    void main_onAPhantomCamera_printsSightingsAndLesions() throws Exception {
        PrintStream real = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            CameraToFindings.main(new String[] {"phantom:seed=7&frames=8&size=640x480"});
        } finally {
            System.setOut(real);
        }
        String printed = out.toString(StandardCharsets.UTF_8);
        assertThat(printed)
                .containsPattern("(?m)^0 ms: Sighting\\[lesion=1, ")
                .containsPattern("(?m)^Lesion\\[id=1, .*(BENIGN|UNKNOWN|MELANOMA)")
                .endsWith("Research use only, not a medical device." + System.lineSeparator());
    }
}

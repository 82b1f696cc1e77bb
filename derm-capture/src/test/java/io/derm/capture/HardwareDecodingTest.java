package io.derm.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.FrameSource;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HardwareDecodingTest {
    /** {@code mediacodec} is Android's: no machine that runs this has it. */
    @ParameterizedTest
    @ValueSource(strings = {"no-such-thing", "mediacodec"})
    void open_hardwareThatIsNotHere_decodesInSoftwareWithOneWarning(String hardware) throws Exception {
        List<String> warnings = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                warnings.add(java.text.MessageFormat.format(entry.getMessage(), entry.getParameters()));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(HardwareDecoding.class.getName());
        logger.addHandler(handler);
        CaptureOptions options = CaptureOptions.defaults().withHardware(hardware);
        try (FrameSource source = Sources.open(TestMedia.file("plain.mp4").toString(), options)) {
            assertThat(TestMedia.count(source)).isEqualTo(12);
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(warnings).singleElement().asString().contains("plain.mp4 is decoded in software: ");
    }

    @Test
    void names_ofThisBuild_areThoseOfItsPlatform() {
        Ffmpeg.load();
        assertThat(HardwareDecoding.names()).isNotEmpty();
    }
}

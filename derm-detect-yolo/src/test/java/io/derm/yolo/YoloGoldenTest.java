package io.derm.yolo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.ModelKeys;
import io.derm.api.Signature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every layout against boxes worked out in float64 by src/test/python/yolo_goldens.py. */
class YoloGoldenTest {
    static List<Path> files() throws IOException {
        return Golden.files();
    }

    @Test
    void goldens_coverEveryLayout() throws IOException {
        List<String> covered = files().stream()
                .map(f -> {
                    try {
                        return Golden.read(f).layout();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .distinct()
                .toList();
        assertThat(covered)
                .containsExactlyInAnyOrderElementsOf(java.util.Arrays.stream(YoloLayout.values())
                        .map(YoloLayout::decoderName)
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("files")
    void outputs_recognisedByNamesAndShapes_giveTheBoxesWorkedOutIndependently(Path file) throws IOException {
        Golden golden = Golden.read(file);
        try (YoloDetector detector = golden.detector(YoloOptions.defaults())) {
            assertThat(detector.layout().decoderName()).isEqualTo(golden.layout());
            compare(golden, detector);
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void outputs_withTheDecoderNamed_giveTheSame(Path file) throws IOException {
        Golden golden = Golden.read(file);
        Map<String, String> metadata = new HashMap<>(golden.signature().metadata());
        metadata.put(ModelKeys.DECODER, golden.layout());
        Signature signature =
                new Signature(golden.signature().inputs(), golden.signature().outputs(), metadata);
        try (YoloDetector detector = new YoloDetector(
                new FixedSession(signature, golden.outputs()), Golden.model(), YoloOptions.defaults())) {
            compare(golden, detector);
        }
    }

    private static void compare(Golden golden, YoloDetector detector) {
        assertThat(golden.frames()).hasSizeGreaterThanOrEqualTo(4);
        for (Golden.Expected expected : golden.frames()) {
            assertThat(expected.detections()).isNotEmpty();
            try (Frame frame = Golden.frame(expected.width(), expected.height())) {
                List<Detection> found = detector.detect(frame);
                assertThat(found).as("%s on %s", golden.name(), frame).hasSameSizeAs(expected.detections());
                double tolerance = 2e-6 * Math.max(frame.width(), frame.height()) + 2e-5;
                for (int i = 0; i < found.size(); i++) {
                    Detection d = found.get(i);
                    double[] e = expected.detections().get(i);
                    assertThat((double) d.box().left()).isCloseTo(e[0], within(tolerance));
                    assertThat((double) d.box().top()).isCloseTo(e[1], within(tolerance));
                    assertThat((double) d.box().right()).isCloseTo(e[2], within(tolerance));
                    assertThat((double) d.box().bottom()).isCloseTo(e[3], within(tolerance));
                    assertThat((double) d.score()).isCloseTo(e[4], within(1e-6));
                    assertThat(d.classIndex()).isEqualTo((int) e[5]);
                }
            }
        }
    }
}

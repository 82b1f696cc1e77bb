package io.derm.yolo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Detector;
import io.derm.api.Frame;
import io.derm.api.Model;
import io.derm.api.ModelKeys;
import io.derm.api.PixelFormat;
import io.derm.api.SessionOptions;
import io.derm.api.contract.DetectorContract;
import io.derm.ort.OrtRuntime;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract and the way from pixels to boxes, on a model that finds white squares. */
class YoloDetectorContractTest extends DetectorContract {
    @Override
    protected Detector open() {
        return open("stretch");
    }

    private static Detector open(String fit) {
        return YoloDetector.open(
                new OrtRuntime(),
                Model.of(Path.of("src/test/resources/white_squares.onnx")).with(ModelKeys.INPUT_FIT, fit),
                SessionOptions.defaults().withThreads(1),
                YoloOptions.defaults());
    }

    @Override
    protected Frame frame() {
        return blackWithWhite(96, 64, new Box(40, 16, 48, 24), new Box(88, 56, 96, 64));
    }

    @Test
    void whiteSquare_inAFrameOfTheNetworksSize_isFoundWhereItIs() {
        try (Detector detector = open();
                Frame frame = frame()) {
            List<Detection> found = detector.detect(frame);
            assertThat(found).hasSize(2).allSatisfy(d -> {
                assertThat((double) d.score()).isCloseTo(Math.pow(1 / (1 + Math.exp(-8)), 2), within(1e-6));
                assertThat(d.label()).isEqualTo("square");
            });
            assertThat(found.get(0).box()).isEqualTo(new Box(36, 14, 52, 26));
            // Around (92, 60): clipped to the frame.
            assertThat(found.get(1).box()).isEqualTo(new Box(84, 54, 96, 64));
        }
    }

    @Test
    void whiteSquare_inATallFrameStretched_isFoundWhereItIs() {
        // Columns are scaled by 1/2 and rows by 1/4: cell (5, 2) is 80..96 x 64..96 in the frame, its anchor 32 x 48.
        try (Detector detector = open();
                Frame frame = blackWithWhite(192, 256, new Box(80, 64, 96, 96))) {
            assertThat(detector.detect(frame))
                    .extracting(Detection::box)
                    .containsExactly(new Box(88 - 16, 80 - 24, 88 + 16, 80 + 24));
        }
    }

    @Test
    void whiteSquare_inATallFrameLetterboxed_isFoundWhereItIs() {
        // Scaled by 1/4 into columns 24..72: cell (5, 2) is 64..96 x 64..96 in the frame, its anchor 64 x 48.
        try (Detector detector = open("letterbox");
                Frame frame = blackWithWhite(192, 256, new Box(64, 64, 96, 96))) {
            assertThat(detector.detect(frame))
                    .extracting(Detection::box)
                    .containsExactly(new Box(80 - 32, 80 - 24, 80 + 32, 80 + 24));
        }
    }

    private static Frame blackWithWhite(int width, int height, Box... squares) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(3 * width * height);
        for (Box square : squares) {
            for (int y = (int) square.top(); y < square.bottom(); y++) {
                for (int x = (int) square.left(); x < square.right(); x++) {
                    for (int c = 0; c < 3; c++) {
                        pixels.put(3 * (y * width + x) + c, (byte) 255);
                    }
                }
            }
        }
        return Frame.wrap(pixels, width, height, 3 * width, PixelFormat.BGR24);
    }
}

package io.derm.bench;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.Runtimes;
import io.derm.api.Tensor;
import io.derm.models.DemoModels;
import io.derm.samples.DemoModel.Precision;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checks before a benchmark is timed find what is wrong. */
class ChecksTest {
    private static final int SIDE = 32;
    private static final ImageInput INPUT = ImageInput.yolo(SIDE, SIDE);

    /** Of one blue, green and red in every pixel, so that the expected levels are beyond doubt. */
    private static Frame plain() {
        ByteBuffer pixels = ByteBuffer.allocateDirect(3 * 64 * 64);
        for (int i = 0; i < 64 * 64; i++) {
            pixels.put(3 * i, (byte) 10).put(3 * i + 1, (byte) 100).put(3 * i + 2, (byte) 200);
        }
        return Frame.wrap(pixels, 64, 64, 3 * 64, PixelFormat.BGR24);
    }

    private static Tensor planes(float red, float green, float blue) {
        Tensor tensor = Tensor.allocate("x", ElementType.FLOAT32, 1, 3, SIDE, SIDE);
        for (int i = 0; i < SIDE * SIDE; i++) {
            tensor.floats().put(i, red / 255).put(SIDE * SIDE + i, green / 255).put(2 * SIDE * SIDE + i, blue / 255);
        }
        return tensor;
    }

    @Test
    void pixels_inTheRightOrder_pass() {
        assertThatCode(() -> PixelCheck.check(INPUT, plain(), new Box(0, 0, 64, 64), planes(200, 100, 10), 0))
                .doesNotThrowAnyException();
    }

    @Test
    void pixels_withRedAndBlueSwapped_fail() {
        assertThatThrownBy(() -> PixelCheck.check(INPUT, plain(), new Box(0, 0, 64, 64), planes(10, 100, 200), 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("expected");
    }

    @Test
    void pixels_offByHalfALevelEverywhere_fail() {
        assertThatThrownBy(
                        () -> PixelCheck.check(INPUT, plain(), new Box(0, 0, 64, 64), planes(200.5f, 100.5f, 10.5f), 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("on average");
    }

    @Test
    void detections_offByMoreThanAllowed_fail() {
        Detection a = new Detection(new Box(0, 0, 10, 10), 0.9f, 0, "lesion");
        Detection moved = new Detection(new Box(0, 0, 10, 12), 0.9f, 0, "lesion");
        Detection surer = new Detection(new Box(0, 0, 10, 10), 0.95f, 0, "lesion");
        assertThatCode(() -> Agreement.require(List.of(a), List.of(a), 0, 0)).doesNotThrowAnyException();
        assertThatThrownBy(() -> Agreement.require(List.of(a), List.of(moved), 1, 0.01))
                .hasMessageContaining("Detection 0");
        assertThatThrownBy(() -> Agreement.require(List.of(a), List.of(surer), 1, 0.01))
                .hasMessageContaining("Detection 0");
        assertThatThrownBy(() -> Agreement.require(List.of(a), List.of(), 1, 0.01))
                .hasMessage("Found 0 detections, expected 1");
    }

    @Test
    void file_ofAnotherPrecision_isRefused(@TempDir Path dir) throws Exception {
        Path file = Files.write(dir.resolve("own.onnx"), DemoModels.detector().bytes());
        Model own = Subjects.detector(file.toString(), Precision.fp32, Runtimes.find("onnxruntime"));
        assertThatCode(() -> own.bytes()).doesNotThrowAnyException();
        assertThatThrownBy(() -> Subjects.detector(file.toString(), Precision.int8, Runtimes.find("onnxruntime")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is float32, expected int8");
    }
}

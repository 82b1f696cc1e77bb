package io.derm.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LookTest {
    private static final int SIDE = 200;
    private static final Box MIDDLE = new Box(60, 60, 140, 140);

    /** A dark disc of 60 pixels on bright skin, its edge blurred over so many pixels. */
    private static Frame disc(PixelFormat format, double blur) {
        return frame(format, (x, y) -> {
            double outside = Math.hypot(x - 100, y - 100) - 30;
            return 180 - 100 / (1 + Math.exp(4 * outside / blur));
        });
    }

    private static Frame frame(PixelFormat format, DoubleBinaryOperator level) {
        int step = format == PixelFormat.BGR24 ? 3 : 1;
        ByteBuffer pixels = ByteBuffer.allocateDirect(format.bytes(step * SIDE, SIDE));
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                for (int c = 0; c < step; c++) {
                    pixels.put((y * SIDE + x) * step + c, (byte) Math.round(level.applyAsDouble(x, y)));
                }
            }
        }
        return Frame.wrap(pixels, SIDE, SIDE, step * SIDE, format);
    }

    private static double quality(Frame frame, Box box, float score) {
        return Look.quality(frame, new Detection(box, score, 0, "lesion"));
    }

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void quality_sharperSurerOrWhole_isBetter(PixelFormat format) {
        double sharp = quality(disc(format, 3), MIDDLE, 0.8f);
        assertThat(sharp).isGreaterThan(1.2 * quality(disc(format, 9), MIDDLE, 0.8f));
        assertThat(quality(disc(format, 9), MIDDLE, 0.8f)).isGreaterThan(1.2 * quality(disc(format, 27), MIDDLE, 0.8f));
        assertThat(sharp).isGreaterThan(quality(disc(format, 3), MIDDLE, 0.7f));
        assertThat(sharp).isGreaterThan(2 * quality(disc(format, 3), new Box(60, 60, 200, 140), 0.8f));
    }

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void quality_glareOverAQuarter_isWorse(PixelFormat format) {
        Frame clear = disc(format, 3);
        Frame glaring = frame(
                format,
                (x, y) -> x < 100 && y < 100
                        ? 255
                        : 180 - 100 / (1 + Math.exp(4 * (Math.hypot(x - 100, y - 100) - 30) / 3)));
        // The disc is cut by the glare's edge, which is sharp as well: what is left is the share without glare.
        assertThat(Look.clarity(glaring, MIDDLE)).isLessThan(0.8 * Math.max(Look.clarity(clear, MIDDLE), 1e-9));
    }

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void quality_boxAtTheLastPixel_staysInTheFrame(PixelFormat format) {
        Frame frame = disc(format, 3);
        assertThat(quality(frame, new Box(199, 199, 200, 200), 0.8f)).isZero();
        assertThat(quality(frame, new Box(150, 150, 230, 230), 0.8f)).isGreaterThanOrEqualTo(0);
        assertThat(quality(frame, new Box(-50, -50, 400, 400), 0.8f)).isPositive();
    }
}

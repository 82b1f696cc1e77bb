package io.derm.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Pictures of a texture that is a formula, so that it can be seen from anywhere: waves of 15 to 200 pixels in all directions. */
class CameraMotionTest {
    private static final int WIDTH = 1280;
    private static final int HEIGHT = 720;
    private static final DoubleBinaryOperator SKIN = texture(1);

    static DoubleBinaryOperator texture(long seed) {
        Random random = new Random(seed);
        double[][] waves = new double[60][];
        for (int k = 0; k < waves.length; k++) {
            double length = Math.exp(Math.log(15) + random.nextDouble() * Math.log(200 / 15.0));
            double way = random.nextDouble() * Math.PI;
            double step = 2 * Math.PI / length;
            waves[k] = new double[] {step * Math.cos(way), step * Math.sin(way), random.nextDouble() * 2 * Math.PI};
        }
        return (x, y) -> {
            double sum = 150;
            for (double[] w : waves) {
                sum += 1.5 * Math.sin(w[0] * x + w[1] * y + w[2]);
            }
            return sum;
        };
    }

    /** Seen by a camera that has moved so, with noise of two levels. */
    static DoubleBinaryOperator seen(DoubleBinaryOperator scene, Similarity moved) {
        double square = moved.a() * moved.a() + moved.b() * moved.b();
        return (x, y) -> {
            double u = x - moved.shiftX();
            double v = y - moved.shiftY();
            return scene.applyAsDouble(
                    (moved.a() * u + moved.b() * v) / square, (moved.a() * v - moved.b() * u) / square);
        };
    }

    static Frame frame(PixelFormat format, DoubleBinaryOperator level, long seed) {
        return frame(format, level, seed, WIDTH, HEIGHT);
    }

    private static Frame frame(PixelFormat format, DoubleBinaryOperator level, long seed, int width, int height) {
        int step = format == PixelFormat.BGR24 ? 3 : 1;
        int stride = width * step;
        ByteBuffer pixels = ByteBuffer.allocateDirect(format.bytes(stride, height));
        Random noise = new Random(seed);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double v = level.applyAsDouble(x + 0.5, y + 0.5) + 2 * noise.nextGaussian();
                pixels.put(y * stride + x * step + step / 2, (byte) Math.max(0, Math.min(255, Math.round(v))));
            }
        }
        return Frame.wrap(pixels, width, height, stride, format);
    }

    private static Similarity about(double zoom, double turn, double shiftX, double shiftY) {
        double a = zoom * Math.cos(turn);
        double b = zoom * Math.sin(turn);
        double cx = WIDTH / 2.0;
        double cy = HEIGHT / 2.0;
        return new Similarity(a, b, cx - a * cx + b * cy + shiftX, cy - b * cx - a * cy + shiftY);
    }

    /** How far it is off at the worst corner. */
    static double off(@Nullable Similarity told, Similarity is) {
        assertThat(told).isNotNull();
        double most = 0;
        for (int x = 0; x <= WIDTH; x += WIDTH) {
            for (int y = 0; y <= HEIGHT; y += HEIGHT) {
                most = Math.max(most, Math.hypot(told.x(x, y) - is.x(x, y), told.y(x, y) - is.y(x, y)));
            }
        }
        return most;
    }

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void next_shiftZoomAndTurn_areTold(PixelFormat format) {
        CameraMotion motion = new CameraMotion();
        Similarity moved = about(1.01, 0.008, 7.3, -4.6);
        assertThat(motion.next(frame(format, SKIN, 1))).isNull();
        assertThat(off(motion.next(frame(format, seen(SKIN, moved), 2)), moved)).isLessThan(0.4);
        // As far again.
        assertThat(off(motion.next(frame(format, seen(SKIN, moved.after(moved)), 3)), moved))
                .isLessThan(0.4);
    }

    @ParameterizedTest
    @CsvSource({"1, 0, 30, 18", "1.02, 0, 0, 0", "1, -0.02, 0, 0", "1, 0, 0.4, -0.3"})
    void next_fastOrSlow_isTold(double zoom, double turn, double x, double y) {
        CameraMotion motion = new CameraMotion();
        Similarity moved = about(zoom, turn, x, y);
        motion.next(frame(PixelFormat.NV12, SKIN, 1));
        assertThat(off(motion.next(frame(PixelFormat.NV12, seen(SKIN, moved), 2)), moved))
                .isLessThan(0.4);
    }

    @Test
    void next_frameOfWhichNotEveryPixelIsRead_isTold() {
        CameraMotion motion = new CameraMotion();
        Similarity moved = new Similarity(1.005, 0.003, 11.3, -7.9);
        motion.next(frame(PixelFormat.BGR24, SKIN, 1, 1920, 1080));
        assertThat(off(motion.next(frame(PixelFormat.BGR24, seen(SKIN, moved), 2, 1920, 1080)), moved))
                .isLessThan(0.6);
    }

    @Test
    void next_somethingStillOverAFifthOfTheFrame_isLeftOut() {
        CameraMotion motion = new CameraMotion();
        Similarity moved = about(1, 0, 9, 5);
        DoubleBinaryOperator hand = texture(2);
        DoubleBinaryOperator before = (x, y) -> x < WIDTH / 5.0 ? hand.applyAsDouble(x, y) : SKIN.applyAsDouble(x, y);
        DoubleBinaryOperator shifted = seen(SKIN, moved);
        DoubleBinaryOperator after = (x, y) -> x < WIDTH / 5.0 ? hand.applyAsDouble(x, y) : shifted.applyAsDouble(x, y);
        motion.next(frame(PixelFormat.NV12, before, 1));
        assertThat(off(motion.next(frame(PixelFormat.NV12, after, 2)), moved)).isLessThan(1);
    }

    @Test
    void next_lampBrighter_isLeftOut() {
        CameraMotion motion = new CameraMotion();
        Similarity moved = about(1, 0, 9, 5);
        DoubleBinaryOperator shifted = seen(SKIN, moved);
        motion.next(frame(PixelFormat.NV12, SKIN, 1));
        assertThat(off(
                        motion.next(frame(PixelFormat.NV12, (x, y) -> 1.1 * shifted.applyAsDouble(x, y) + 10, 2)),
                        moved))
                .isLessThan(0.6);
    }

    @Test
    void next_nothingToGoBy_isNull() {
        CameraMotion motion = new CameraMotion();
        motion.next(frame(PixelFormat.NV12, (x, y) -> 150, 1));
        assertThat(motion.next(frame(PixelFormat.NV12, (x, y) -> 150, 2))).isNull();
        assertThat(motion.next(frame(PixelFormat.NV12, SKIN, 3))).isNull();
        assertThat(motion.next(frame(PixelFormat.NV12, texture(7), 4))).isNull();
        assertThat(motion.next(frame(PixelFormat.NV12, texture(7), 5))).isNotNull();
    }

    @Test
    void next_farFromWhatAHandDoes_isNull() {
        CameraMotion motion = new CameraMotion();
        motion.next(frame(PixelFormat.NV12, SKIN, 1));
        assertThat(motion.next(frame(PixelFormat.NV12, seen(SKIN, about(1, 0.05, 0, 0)), 2)))
                .isNull();
    }

    @Test
    void next_anotherSize_beginsAnew() {
        CameraMotion motion = new CameraMotion();
        ByteBuffer pixels = ByteBuffer.allocateDirect(64 * 64 * 3);
        motion.next(frame(PixelFormat.BGR24, SKIN, 1));
        assertThat(motion.next(Frame.wrap(pixels, 64, 64, 192, PixelFormat.BGR24)))
                .isNull();
        assertThat(motion.next(frame(PixelFormat.BGR24, SKIN, 2))).isNull();
        assertThat(motion.next(frame(PixelFormat.BGR24, SKIN, 3))).isNotNull();
    }
}

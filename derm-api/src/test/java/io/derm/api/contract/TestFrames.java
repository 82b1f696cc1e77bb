package io.derm.api.contract;

import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/** Frames for tests. */
public final class TestFrames {
    private TestFrames() {}

    /** A BGR24 frame of uniform noise, the same for the same seed. */
    public static Frame noise(int width, int height, long seed) {
        return noise(width, height, 3 * width, seed);
    }

    /** A BGR24 frame of uniform noise with rows of {@code stride} bytes. */
    public static Frame noise(int width, int height, int stride, long seed) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(stride * height).order(ByteOrder.nativeOrder());
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (byte) random.nextInt(256));
        }
        return Frame.wrap(pixels, width, height, stride, PixelFormat.BGR24);
    }

    /** A BGR24 frame of one colour. */
    public static Frame solid(int width, int height, int blue, int green, int red) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(3 * width * height).order(ByteOrder.nativeOrder());
        for (int i = 0; i < width * height; i++) {
            pixels.put(3 * i, (byte) blue).put(3 * i + 1, (byte) green).put(3 * i + 2, (byte) red);
        }
        return Frame.wrap(pixels, width, height, 3 * width, PixelFormat.BGR24);
    }
}

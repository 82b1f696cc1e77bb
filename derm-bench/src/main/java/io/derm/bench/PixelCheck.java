package io.derm.bench;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.ChannelOrder;
import io.derm.api.ImageInput.Layout;
import io.derm.api.ImageMapping;
import io.derm.api.PixelFormat;
import io.derm.api.Tensor;
import java.util.SplittableRandom;

/**
 * Holds an input tensor to the definition of what must be in it, in double precision and one sample at a time, at places drawn at random.
 * For RGB in NCHW. Stateless.
 */
final class PixelCheck {
    private static final int PLACES = 500;
    /** Of a level: float32 rounding of sums of products of 0 to 255, and a rounding of BT.709 that falls on the other side. */
    private static final double SLACK = 1.01;

    private static final double MEAN_SLACK = 0.01;

    private PixelCheck() {}

    /**
     * Checks one batch element.
     *
     * @throws IllegalStateException if a number is not what it must be
     */
    static void check(ImageInput input, Frame frame, Box region, Tensor pixels, int element) {
        if (input.layout() != Layout.NCHW || input.channels() != ChannelOrder.RGB) {
            throw new IllegalArgumentException("Input is " + input + ", expected RGB in NCHW");
        }
        ImageMapping mapping = ImageMapping.of(input, region, frame.width(), frame.height());
        SplittableRandom random = new SplittableRandom(7);
        double sum = 0;
        for (int n = 0; n < PLACES; n++) {
            int x = random.nextInt(input.width());
            int y = random.nextInt(input.height());
            int c = random.nextInt(3);
            int at = ((element * 3 + c) * input.height() + y) * input.width() + x;
            double found = pixels.floats().get(at) * (double) input.std().get(c)
                    + input.mean().get(c);
            double expected = level(input, mapping, frame, x, y, 2 - c);
            double off = Math.abs(found - expected);
            sum += off;
            if (!(off <= SLACK)) {
                throw new IllegalStateException("Region " + element + " has level " + found + " in channel " + c
                        + " at (" + x + ", " + y + "), expected " + expected);
            }
        }
        if (!(sum / PLACES <= MEAN_SLACK)) {
            throw new IllegalStateException(
                    "Region " + element + " is off by " + sum / PLACES + " levels on average, expected none");
        }
    }

    private static double level(ImageInput input, ImageMapping mapping, Frame frame, int x, int y, int channel) {
        int i = x - mapping.contentLeft();
        int j = y - mapping.contentTop();
        if (i < 0 || j < 0 || i >= mapping.contentWidth() || j >= mapping.contentHeight()) {
            return input.pad();
        }
        double stepX = mapping.source().width() / (double) mapping.contentWidth();
        double stepY = mapping.source().height() / (double) mapping.contentHeight();
        int tapsX = Math.max(1, (int) Math.floor(stepX / 3));
        int tapsY = Math.max(1, (int) Math.floor(stepY / 3));
        double sum = 0;
        for (int t = 0; t < tapsY; t++) {
            for (int s = 0; s < tapsX; s++) {
                double u = mapping.source().left() + (i + (s + 0.5) / tapsX) * stepX - 0.5;
                double v = mapping.source().top() + (j + (t + 0.5) / tapsY) * stepY - 0.5;
                sum += bilinear(frame, u, v, channel);
            }
        }
        return sum / (tapsX * tapsY);
    }

    private static double bilinear(Frame frame, double u, double v, int channel) {
        int x = (int) Math.floor(u);
        int y = (int) Math.floor(v);
        double top = (x + 1 - u) * pixel(frame, x, y, channel) + (u - x) * pixel(frame, x + 1, y, channel);
        double bottom = (x + 1 - u) * pixel(frame, x, y + 1, channel) + (u - x) * pixel(frame, x + 1, y + 1, channel);
        return (y + 1 - v) * top + (v - y) * bottom;
    }

    /** One of blue, green and red of the nearest pixel inside the frame. */
    private static double pixel(Frame frame, int column, int row, int channel) {
        int x = Math.max(0, Math.min(frame.width() - 1, column));
        int y = Math.max(0, Math.min(frame.height() - 1, row));
        if (frame.format() == PixelFormat.BGR24) {
            return unsigned(frame, y * frame.stride() + 3 * x + channel);
        }
        int chroma = (frame.height() + y / 2) * frame.stride() + x / 2 * 2;
        double luma = (unsigned(frame, y * frame.stride() + x) - 16) / 219.0;
        double blue = luma + 1.8556 * (unsigned(frame, chroma) - 128) / 224.0;
        double red = luma + 1.5748 * (unsigned(frame, chroma + 1) - 128) / 224.0;
        // ITU-R BT.709: luma = 0.2126 red + 0.7152 green + 0.0722 blue.
        double green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152;
        double value = channel == 0 ? blue : channel == 1 ? green : red;
        return Math.max(0, Math.min(255, Math.floor(255 * value + 0.5)));
    }

    private static int unsigned(Frame frame, int at) {
        return frame.pixels().get(at) & 0xFF;
    }
}

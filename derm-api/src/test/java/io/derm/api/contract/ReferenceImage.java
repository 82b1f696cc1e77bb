package io.derm.api.contract;

import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageMapping;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;

/** What an input tensor must hold, in double precision and straight from the definition, one sample at a time. */
public final class ReferenceImage {
    private final ImageInput input;
    private final ImageMapping mapping;
    private final Frame frame;
    private final ByteBuffer pixels;

    public ReferenceImage(ImageInput input, ImageMapping mapping, Frame frame) {
        this.input = input;
        this.mapping = mapping;
        this.frame = frame;
        this.pixels = frame.pixels().duplicate().clear();
    }

    /** The level at a place of the tensor before mean and std; channel in the tensor's order. */
    public double level(int channel, int x, int y) {
        int i = x - mapping.contentLeft();
        int j = y - mapping.contentTop();
        if (i < 0 || j < 0 || i >= mapping.contentWidth() || j >= mapping.contentHeight()) {
            return input.pad();
        }
        int bgrChannel = input.channels() == ImageInput.ChannelOrder.BGR ? channel : 2 - channel;
        double scaleX = mapping.source().width() / (double) mapping.contentWidth();
        double scaleY = mapping.source().height() / (double) mapping.contentHeight();
        int tapsX = Math.max(1, (int) Math.floor(scaleX / 3));
        int tapsY = Math.max(1, (int) Math.floor(scaleY / 3));
        double sum = 0;
        for (int s = 0; s < tapsX; s++) {
            for (int t = 0; t < tapsY; t++) {
                double u = mapping.source().left() + (i + (s + 0.5) / tapsX) * scaleX;
                double v = mapping.source().top() + (j + (t + 0.5) / tapsY) * scaleY;
                sum += bilinear(bgrChannel, u, v);
            }
        }
        return sum / (tapsX * tapsY);
    }

    /** The number stored for it, before it is rounded to the tensor's type. */
    public double number(int channel, int x, int y) {
        return (level(channel, x, y) - input.mean().get(channel)) / input.std().get(channel);
    }

    private double bilinear(int channel, double u, double v) {
        int x = (int) Math.floor(u - 0.5);
        int y = (int) Math.floor(v - 0.5);
        double fx = u - 0.5 - x;
        double fy = v - 0.5 - y;
        double top = (1 - fx) * pixel(channel, x, y) + fx * pixel(channel, x + 1, y);
        double bottom = (1 - fx) * pixel(channel, x, y + 1) + fx * pixel(channel, x + 1, y + 1);
        return (1 - fy) * top + fy * bottom;
    }

    private double pixel(int channel, int column, int row) {
        int x = Math.max(0, Math.min(column, frame.width() - 1));
        int y = Math.max(0, Math.min(row, frame.height() - 1));
        if (frame.format() == PixelFormat.BGR24) {
            return pixels.get(y * frame.stride() + 3 * x + channel) & 0xFF;
        }
        int chroma = (frame.height() + y / 2) * frame.stride() + x / 2 * 2;
        return bt709(
                channel,
                pixels.get(y * frame.stride() + x) & 0xFF,
                pixels.get(chroma) & 0xFF,
                pixels.get(chroma + 1) & 0xFF);
    }

    /** ITU-R BT.709, limited range, from its luma coefficients 0.2126, 0.7152 and 0.0722. */
    static double bt709(int channel, int y, int cb, int cr) {
        double luma = (y - 16) / 219.0;
        double blue = luma + 2 * (1 - 0.0722) * (cb - 128) / 224.0;
        double red = luma + 2 * (1 - 0.2126) * (cr - 128) / 224.0;
        double green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152;
        double value = channel == 0 ? blue : channel == 1 ? green : red;
        return Math.max(0, Math.min(Math.floor(value * 255 + 0.5), 255));
    }
}

package com.example.device;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageMapping;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;

/**
 * Brings regions of a frame into a float tensor. Where each pixel goes is said by {@link ImageMapping}, which the decoders use to bring
 * boxes back; how it is sampled is said by {@code ImageKernel} of derm-ort-runtime.
 */
final class Pixels {
    private final ImageInput input;
    private final Frame frame;
    private final ByteBuffer pixels;

    Pixels(ImageInput input, Frame frame) {
        this.input = input;
        this.frame = frame;
        this.pixels = frame.pixels();
    }

    /** Writes one element of the batch. */
    void write(Box region, float[] tensor, int slot) {
        ImageMapping mapping = ImageMapping.of(input, region, frame.width(), frame.height());
        int plane = input.width() * input.height();
        boolean nchw = input.layout() == ImageInput.Layout.NCHW;
        for (int y = 0; y < input.height(); y++) {
            for (int x = 0; x < input.width(); x++) {
                int at = y * input.width() + x;
                for (int c = 0; c < 3; c++) {
                    float level = (float) level(mapping, c, x - mapping.contentLeft(), y - mapping.contentTop());
                    tensor[3 * slot * plane + (nchw ? c * plane + at : 3 * at + c)] =
                            (level - input.mean().get(c)) / input.std().get(c);
                }
            }
        }
    }

    private double level(ImageMapping mapping, int channel, int x, int y) {
        if (x < 0 || y < 0 || x >= mapping.contentWidth() || y >= mapping.contentHeight()) {
            return input.pad();
        }
        int ofBgr = input.channels() == ImageInput.ChannelOrder.BGR ? channel : 2 - channel;
        double sum = 0;
        for (int t = 0; t < mapping.tapsY(); t++) {
            double v = mapping.frameY(mapping.contentTop() + y + (t + 0.5) / mapping.tapsY());
            for (int s = 0; s < mapping.tapsX(); s++) {
                sum += bilinear(ofBgr, mapping.frameX(mapping.contentLeft() + x + (s + 0.5) / mapping.tapsX()), v);
            }
        }
        return sum / (mapping.tapsX() * mapping.tapsY());
    }

    private double bilinear(int channel, double u, double v) {
        int x = (int) Math.floor(u - 0.5);
        int y = (int) Math.floor(v - 0.5);
        double fx = u - 0.5 - x;
        double fy = v - 0.5 - y;
        return (1 - fy) * ((1 - fx) * pixel(channel, x, y) + fx * pixel(channel, x + 1, y))
                + fy * ((1 - fx) * pixel(channel, x, y + 1) + fx * pixel(channel, x + 1, y + 1));
    }

    /** A level of blue, green or red; outside the frame that of the nearest pixel. */
    private double pixel(int channel, int column, int row) {
        int x = Math.max(0, Math.min(column, frame.width() - 1));
        int y = Math.max(0, Math.min(row, frame.height() - 1));
        if (frame.format() == PixelFormat.BGR24) {
            return pixels.get(y * frame.stride() + 3 * x + channel) & 0xFF;
        }
        int chroma = (frame.height() + y / 2) * frame.stride() + x / 2 * 2;
        double luma = 255 / 219.0 * ((pixels.get(y * frame.stride() + x) & 0xFF) - 16);
        double cb = 255 / 224.0 * ((pixels.get(chroma) & 0xFF) - 128);
        double cr = 255 / 224.0 * ((pixels.get(chroma + 1) & 0xFF) - 128);
        // ITU-R BT.709.
        double level =
                switch (channel) {
                    case 0 -> luma + 1.8556 * cb;
                    case 1 -> luma - 0.187324 * cb - 0.468124 * cr;
                    default -> luma + 1.5748 * cr;
                };
        return Math.max(0, Math.min(Math.round(level), 255));
    }
}

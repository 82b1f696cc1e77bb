package io.derm.trt;

import io.derm.api.Box;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.ChannelOrder;
import io.derm.api.ImageInput.Layout;
import io.derm.api.ImageMapping;
import io.derm.api.PixelFormat;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What {@code derm_image} is told: which regions of which frame go into which batch elements, and how pixels become numbers. The
 * kernel gives what derm-ort-runtime's does, to the rounding of a float.
 *
 * <p>Its arguments are a {@code const Job*} in device memory, a copy of what {@link #write} left, a {@code void*} of the tensor, and an
 * {@code Input} by value, what {@link #writeInput} left. So a launch kept in a CUDA graph serves every frame.
 */
final class ImageJob {
    /** Bytes of an {@code Input}. */
    static final int INPUT_BYTES = 48;

    private static final int HEADER = 32;
    private static final int REGION = 64;

    private ImageJob() {}

    /** Bytes of a {@code Job} of as many regions. */
    static int bytes(int maxRegions) {
        return HEADER + maxRegions * REGION;
    }

    /** Writes a {@code Job} of no regions, which does nothing. */
    static void clear(ByteBuffer job) {
        for (int at = 0; at < HEADER; at += Long.BYTES) {
            job.putLong(at, 0);
        }
    }

    /** A thread for each pixel of the tensor. */
    static Launch launch(ImageInput input, int batch) {
        return Launch.grid(input.width(), input.height(), batch, 32, 8);
    }

    /**
     * Writes a {@code Job}.
     *
     * @param job in native order, from index 0, of at least {@link #bytes bytes(regions.size())}
     * @param frame whose size, stride and format count; its pixels are not looked at
     * @param pixels device address of the frame's bytes, a multiple of 4; memory up to the next multiple of 4 after them is read
     * @param regions one for each batch element, from the first
     * @throws IllegalArgumentException if a region does not meet the frame, or the address is no multiple of 4
     */
    static void write(ByteBuffer job, ImageInput input, Frame frame, long pixels, List<Box> regions) {
        if ((pixels & 3) != 0) {
            throw new IllegalArgumentException("Pixels are at " + pixels + ", expected a multiple of 4");
        }
        for (int k = 0; k < regions.size(); k++) {
            ImageMapping mapping = ImageMapping.of(input, regions.get(k), frame.width(), frame.height());
            write(job, HEADER + k * REGION, mapping);
        }
        job.putLong(0, pixels)
                .putInt(8, frame.width())
                .putInt(12, frame.height())
                .putInt(16, frame.stride())
                .putInt(20, frame.format() == PixelFormat.BGR24 ? 0 : 1)
                .putInt(24, regions.size())
                .putInt(28, 0);
    }

    private static void write(ByteBuffer job, int at, ImageMapping mapping) {
        int tapsX = mapping.tapsX();
        int tapsY = mapping.tapsY();
        // The kernel counts pixels from the centre of the first, the mapping from its corner.
        double x = mapping.frameX(mapping.contentLeft() + 0.5 / tapsX) - 0.5;
        double y = mapping.frameY(mapping.contentTop() + 0.5 / tapsY) - 0.5;
        job.putLong(at, fixed(x))
                .putLong(at + 8, fixed(y))
                .putLong(at + 16, fixed(mapping.scaleX() / tapsX))
                .putLong(at + 24, fixed(mapping.scaleY() / tapsY))
                .putInt(at + 32, mapping.contentLeft())
                .putInt(at + 36, mapping.contentTop())
                .putInt(at + 40, mapping.contentWidth())
                .putInt(at + 44, mapping.contentHeight())
                .putInt(at + 48, tapsX)
                .putInt(at + 52, tapsY)
                .putFloat(at + 56, 1f / tapsY)
                .putInt(at + 60, 0);
    }

    private static long fixed(double pixels) {
        return Math.round(pixels * 0x1p32);
    }

    /**
     * Writes an {@code Input}.
     *
     * @param to in native order, from index 0, of at least {@link #INPUT_BYTES}
     */
    static void writeInput(ByteBuffer to, ImageInput input) {
        to.putInt(0, input.width())
                .putInt(4, input.height())
                .putInt(8, input.layout() == Layout.NCHW ? 0 : 1)
                .putInt(12, type(input.type()))
                .putInt(16, input.channels() == ChannelOrder.RGB ? 1 : 0)
                .putFloat(20, input.pad());
        for (int c = 0; c < 3; c++) {
            to.putFloat(24 + 4 * c, input.mean().get(c));
            to.putFloat(36 + 4 * c, input.std().get(c));
        }
    }

    private static int type(ElementType type) {
        return switch (type) {
            case FLOAT32 -> 0;
            case FLOAT16 -> 1;
            case UINT8 -> 2;
            default -> throw new AssertionError(type);
        };
    }
}

package io.derm.ort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Box;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.ChannelOrder;
import io.derm.api.ImageInput.Fit;
import io.derm.api.ImageInput.Layout;
import io.derm.api.ImageInput.PerChannel;
import io.derm.api.ImageMapping;
import io.derm.api.PixelFormat;
import io.derm.api.contract.ReferenceImage;
import io.derm.api.contract.TestFrames;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageKernelTest {
    /** Largest error of a sample, in levels. */
    private static final double LEVEL = 0.02;

    private static ByteBuffer tensor(ImageInput input, int batch) {
        return ByteBuffer.allocateDirect(batch
                        * 3
                        * input.width()
                        * input.height()
                        * input.type().bytes())
                .order(ByteOrder.nativeOrder());
    }

    private static Frame nv12(int width, int height, int stride, long seed) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(PixelFormat.NV12.bytes(stride, height));
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (byte) random.nextInt(256));
        }
        return Frame.wrap(pixels, width, height, stride, PixelFormat.NV12);
    }

    private static double stored(ImageInput input, ByteBuffer tensor, int slot, int c, int x, int y) {
        int index = input.layout() == Layout.NCHW
                ? ((slot * 3 + c) * input.height() + y) * input.width() + x
                : ((slot * input.height() + y) * input.width() + x) * 3 + c;
        return switch (input.type()) {
            case FLOAT32 -> tensor.getFloat(4 * index);
            case FLOAT16 -> HalfFloat.toFloat(tensor.getShort(2 * index));
            default -> tensor.get(index) & 0xFF;
        };
    }

    private static void check(ImageInput input, ByteBuffer tensor, int slot, Frame frame, Box region) {
        ImageMapping mapping = ImageMapping.of(input, region, frame.width(), frame.height());
        ReferenceImage reference = new ReferenceImage(input, mapping, frame);
        int oneLevelOff = 0;
        for (int c = 0; c < 3; c++) {
            double level = 1 / input.std().get(c);
            for (int y = 0; y < input.height(); y++) {
                for (int x = 0; x < input.width(); x++) {
                    double expected = reference.number(c, x, y);
                    double rounding = 0;
                    if (input.type() == ElementType.UINT8) {
                        expected = Math.max(0, Math.min(expected, 255));
                        rounding = 0.5;
                    } else if (input.type() == ElementType.FLOAT16) {
                        rounding = Math.abs(expected) / 2000 + 1e-7;
                    }
                    double got = stored(input, tensor, slot, c, x, y);
                    double tolerance = LEVEL * level + rounding;
                    // Of NV12 colours a few lie so close to the middle of two levels that rounding goes either way.
                    if (frame.format() == PixelFormat.NV12 && Math.abs(got - expected) > tolerance) {
                        oneLevelOff++;
                        tolerance += level;
                    }
                    if (!(Math.abs(got - expected) <= tolerance)) {
                        fail(
                                "%s %s of %s at %d,%d,%d is %s, expected %s",
                                input, region, frame, c, x, y, got, expected);
                    }
                }
            }
        }
        assertThat(oneLevelOff).isLessThanOrEqualTo(2 + input.width() * input.height() / 500);
    }

    private static List<ImageInput> inputs(int width, int height) {
        List<ImageInput> inputs = new ArrayList<>();
        for (Fit fit : Fit.values()) {
            for (Layout layout : Layout.values()) {
                for (ElementType type : List.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.UINT8)) {
                    for (ChannelOrder order : ChannelOrder.values()) {
                        ImageInput input = ImageInput.yolo(width, height)
                                .withFit(fit)
                                .withLayout(layout)
                                .withType(type)
                                .withChannels(order)
                                .withCropScale(1.25f);
                        inputs.add(
                                type == ElementType.UINT8
                                        ? input.withNormalisation(PerChannel.all(0), PerChannel.all(1))
                                        : input);
                        inputs.add(input.withNormalisation(
                                new PerChannel(123.675f, 10, -5), new PerChannel(58.395f, 2, 0.5f)));
                    }
                }
            }
        }
        return inputs;
    }

    @Test
    void write_everyFitLayoutTypeAndOrder_isTheDefinition() {
        List<Frame> frames =
                List.of(TestFrames.noise(61, 43, 3), TestFrames.noise(61, 43, 3 * 61 + 13, 4), nv12(62, 44, 80, 5));
        for (ImageInput input : inputs(12, 10)) {
            ByteBuffer tensor = tensor(input, 3);
            ImageKernel kernel = new ImageKernel(input, tensor);
            for (Frame frame : frames) {
                List<Box> regions =
                        List.of(frame.bounds(), Box.ofSize(3.25f, 4.5f, 7.75f, 9.5f), Box.ofSize(-10, 30, 40, 40));
                for (int slot = 0; slot < 3; slot++) {
                    kernel.write(frame, regions.get(slot), slot);
                }
                for (int slot = 0; slot < 3; slot++) {
                    check(input, tensor, slot, frame, regions.get(slot));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void write_randomRegions_isTheDefinition(PixelFormat format) {
        SplittableRandom random = new SplittableRandom(11);
        for (int round = 0; round < 300; round++) {
            int width = 2 + 2 * random.nextInt(100);
            int height = 2 + 2 * random.nextInt(100);
            int padding = random.nextInt(20);
            Frame frame = format == PixelFormat.BGR24
                    ? TestFrames.noise(width, height, 3 * width + padding, round)
                    : nv12(width, height, width + 2 * padding, round);
            ImageInput input = ImageInput.yolo(4 + random.nextInt(20), 4 + random.nextInt(20))
                    .withFit(Fit.values()[random.nextInt(3)]);
            float left = (float) random.nextDouble(-20, width - 1);
            float top = (float) random.nextDouble(-20, height - 1);
            Box region =
                    Box.ofSize(left, top, (float) Math.max(0.01, random.nextDouble(width) - Math.min(0, left)), (float)
                            Math.max(0.01, random.nextDouble(height) - Math.min(0, top)));
            ByteBuffer tensor = tensor(input, 1);
            new ImageKernel(input, tensor).write(frame, region, 0);
            check(input, tensor, 0, frame, region);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 6, 7, 9, 12, 40})
    void write_reducedByScale_averagesTheTaps(int scale) {
        Frame frame = TestFrames.noise(8 * scale + 1, 8 * scale, scale);
        ImageInput input = ImageInput.yolo(8, 8).withFit(Fit.STRETCH);
        ByteBuffer tensor = tensor(input, 1);
        new ImageKernel(input, tensor).write(frame, frame.bounds(), 0);
        check(input, tensor, 0, frame, frame.bounds());
    }

    @Test
    void write_framesOfOnePixelAWay_areTheDefinition() {
        int[][] sizes = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {3, 1}};
        for (int[] size : sizes) {
            Frame frame = TestFrames.noise(size[0], size[1], 9);
            ImageInput input = ImageInput.yolo(6, 5);
            for (Box region : List.of(frame.bounds(), Box.ofSize(0.25f, 0.5f, 0.25f, 0.125f))) {
                ByteBuffer tensor = tensor(input, 1);
                new ImageKernel(input, tensor).write(frame, region, 0);
                check(input, tensor, 0, frame, region);
            }
        }
    }

    @Test
    void write_frameInALargerBufferWithItsOwnLimitAndOrder_readsFromItsStart() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(500);
        for (int i = 0; i < buffer.capacity(); i++) {
            buffer.put(i, (byte) (31 * i));
        }
        buffer.position(7).limit(100);
        Frame frame = Frame.wrap(buffer, 10, 8, 33, PixelFormat.BGR24);
        ImageInput input = ImageInput.yolo(10, 8);
        ByteBuffer tensor = tensor(input, 1);
        new ImageKernel(input, tensor).write(frame, frame.bounds(), 0);
        check(input, tensor, 0, frame, frame.bounds());
        assertThat(buffer.position()).isEqualTo(7);
        assertThat(buffer.limit()).isEqualTo(100);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 114, 128, 255})
    void write_oneColour_isExactWhateverTheScale(int level) {
        for (int side : new int[] {5, 8, 23, 90}) {
            Frame frame = TestFrames.solid(side, side, level, level, level);
            ImageInput input = ImageInput.yolo(8, 8);
            ByteBuffer tensor = tensor(input, 1);
            new ImageKernel(input, tensor).write(frame, frame.bounds(), 0);
            for (int i = 0; i < 3 * 64; i++) {
                assertThat(tensor.getFloat(4 * i)).isEqualTo(level / 255f);
            }
        }
    }

    @Test
    void write_mappingsThatAlternate_padAnewEachTime() {
        Frame wide = TestFrames.noise(32, 10, 1);
        Frame tall = TestFrames.noise(10, 32, 2);
        Frame square = TestFrames.noise(20, 20, 3);
        for (Layout layout : Layout.values()) {
            ImageInput input = ImageInput.yolo(16, 16).withLayout(layout);
            ByteBuffer tensor = tensor(input, 2);
            ImageKernel kernel = new ImageKernel(input, tensor);
            Frame[] order = {wide, tall, wide, wide, square, tall, square, wide};
            for (int i = 0; i + 1 < order.length; i++) {
                kernel.write(order[i], order[i].bounds(), 0);
                kernel.write(order[i + 1], order[i + 1].bounds(), 1);
                check(input, tensor, 0, order[i], order[i].bounds());
                check(input, tensor, 1, order[i + 1], order[i + 1].bounds());
            }
        }
    }

    @Test
    void write_uint8_roundsHalfUp() {
        Frame frame = TestFrames.noise(2, 1, 6);
        frame.pixels().put(0, (byte) 10).put(3, (byte) 11);
        ImageInput input = ImageInput.yolo(1, 1)
                .withFit(Fit.STRETCH)
                .withType(ElementType.UINT8)
                .withChannels(ChannelOrder.BGR)
                .withNormalisation(PerChannel.all(0), PerChannel.all(1));
        ByteBuffer tensor = tensor(input, 1);
        new ImageKernel(input, tensor).write(frame, frame.bounds(), 0);
        assertThat(tensor.get(0)).isEqualTo((byte) 11);
    }

    @Test
    void write_regionOutsideTheFrame_isRefused() {
        Frame frame = TestFrames.noise(8, 8, 1);
        ImageInput input = ImageInput.yolo(8, 8);
        ImageKernel kernel = new ImageKernel(input, tensor(input, 1));
        assertThatThrownBy(() -> kernel.write(frame, Box.ofSize(8, 0, 5, 5), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("outside the frame of 8x8");
    }

    @Test
    void write_noise_isWhatPyTorchGives() {
        ByteBuffer golden = ByteBuffer.wrap(TestModels.bytes("bilinear.bin"));
        int cases = 0;
        while (golden.hasRemaining()) {
            int sourceWidth = golden.getInt();
            int sourceHeight = golden.getInt();
            int width = golden.getInt();
            int height = golden.getInt();
            ByteBuffer pixels = ByteBuffer.allocateDirect(3 * sourceWidth * sourceHeight);
            pixels.put(0, golden, golden.position(), pixels.capacity());
            golden.position(golden.position() + pixels.capacity());
            Frame frame = Frame.wrap(pixels, sourceWidth, sourceHeight, 3 * sourceWidth, PixelFormat.BGR24);
            ImageInput input = ImageInput.yolo(width, height)
                    .withFit(Fit.STRETCH)
                    .withChannels(ChannelOrder.BGR)
                    .withNormalisation(PerChannel.all(0), PerChannel.all(1));
            ByteBuffer tensor = tensor(input, 1);
            new ImageKernel(input, tensor).write(frame, frame.bounds(), 0);
            for (int i = 0; i < 3 * width * height; i++) {
                assertThat(tensor.getFloat(4 * i)).isCloseTo(golden.getFloat(), within((float) LEVEL));
            }
            cases++;
        }
        assertThat(cases).isEqualTo(6);
    }
}

package io.derm.trt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.derm.api.Box;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.ChannelOrder;
import io.derm.api.ImageInput.Fit;
import io.derm.api.ImageInput.Layout;
import io.derm.api.ImageInput.PerChannel;
import io.derm.api.ImageMapping;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.contract.ReferenceImage;
import io.derm.api.contract.TestFrames;
import io.derm.onnx.OnnxModel;
import io.derm.ort.OrtRuntime;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** kernels.cu, run thread by thread on the CPU, against the definition in double precision, the CPU runtime and plain Java. */
class KernelOnCpuTest {
    /** Largest error of a sample against the definition, in levels. */
    private static final double LEVEL = 0.02;

    /** What each tap adds to it: the more taps, the coarser their shares. */
    private static final double TAP = 0.0005;

    /** Largest difference from the CPU runtime, in levels: a tap's share is a multiple of 2^-15 that may be rounded the other way. */
    private static final double SAME = 255 * 0x1p-15;

    @TempDir
    static Path folder;

    private static KernelsOnCpu kernels;

    @BeforeAll
    static void start() throws Exception {
        kernels = KernelsOnCpu.start(folder);
    }

    @AfterAll
    static void stop() throws Exception {
        if (kernels != null) {
            kernels.close();
        }
    }

    @Test
    void image_everyFitLayoutTypeAndOrder_isTheDefinition() throws Exception {
        List<Frame> frames =
                List.of(TestFrames.noise(61, 43, 3), TestFrames.noise(61, 43, 3 * 61 + 13, 4), nv12(62, 44, 81, 5));
        for (Frame frame : frames) {
            List<Box> regions =
                    List.of(frame.bounds(), Box.ofSize(3.25f, 4.5f, 7.75f, 9.5f), Box.ofSize(-10, 30, 40, 40));
            for (ImageInput input : inputs(35, 13)) {
                check(input, kernels.image(input, 3, frame, regions), frame, regions);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void image_randomFramesAndRegions_isTheDefinitionAndWhatTheCpuRuntimeGives(PixelFormat format) throws Exception {
        SplittableRandom random = new SplittableRandom(11);
        Map<String, Session> sessions = new TreeMap<>();
        try {
            for (int round = 0; round < 400; round++) {
                Frame frame = frame(format, random, round);
                List<ImageInput> all = inputs(1 + random.nextInt(40), 1 + random.nextInt(24));
                ImageInput input = all.get(random.nextInt(all.size())).withPad(random.nextInt(256));
                List<Box> regions = new ArrayList<>();
                for (int k = 0; k <= random.nextInt(3); k++) {
                    regions.add(region(frame, random));
                }
                ByteBuffer tensor = kernels.image(input, 4, frame, regions);
                check(input, tensor, frame, regions);
                Session session = sessions.computeIfAbsent(input.layout() + " " + input.type(), k -> new OrtRuntime()
                        .open(identity(input), SessionOptions.defaults().withMaxBatch(4)));
                checkSame(input, tensor, session.run(input, frame, regions).get("y"), frame, regions.size());
                int written = bytes(input) * regions.size();
                for (int i = written; i < tensor.capacity(); i++) {
                    assertThat(tensor.get(i)).isEqualTo(KernelsOnCpu.UNTOUCHED);
                }
            }
        } finally {
            sessions.values().forEach(Session::close);
        }
    }

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void image_frameOf8192Columns_isTheDefinition(PixelFormat format) throws Exception {
        Frame frame = format == PixelFormat.BGR24 ? TestFrames.noise(8192, 6, 1) : nv12(8192, 6, 8192, 1);
        List<Box> regions = List.of(frame.bounds(), new Box(0.1f, 0.2f, 8191.3f, 5.9f), new Box(8100.7f, 0, 8192, 6));
        for (int width : new int[] {8192, 8191, 3001, 608, 9}) {
            ImageInput input = ImageInput.yolo(width, 3).withFit(Fit.STRETCH);
            check(input, kernels.image(input, 3, frame, regions), frame, regions);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 6, 7, 9, 12, 40})
    void image_reducedByScale_averagesTheTaps(int scale) throws Exception {
        Frame frame = TestFrames.noise(8 * scale + 1, 8 * scale, scale);
        ImageInput input = ImageInput.yolo(8, 8).withFit(Fit.STRETCH);
        List<Box> whole = List.of(frame.bounds());
        check(input, kernels.image(input, 1, frame, whole), frame, whole);
    }

    @Test
    void image_framesOfOnePixelAWay_areTheDefinition() throws Exception {
        int[][] sizes = {{1, 1}, {1, 9}, {9, 1}, {2, 2}, {3, 1}};
        for (int[] size : sizes) {
            Frame frame = TestFrames.noise(size[0], size[1], 9);
            ImageInput input = ImageInput.yolo(6, 5);
            List<Box> regions = List.of(frame.bounds(), Box.ofSize(0.25f, 0.5f, 0.25f, 0.125f));
            check(input, kernels.image(input, 2, frame, regions), frame, regions);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 114, 128, 255})
    void image_oneColour_isExactWhateverTheScale(int level) throws Exception {
        for (int side : new int[] {5, 8, 23, 90}) {
            Frame frame = TestFrames.solid(side, side, level, level, level);
            ByteBuffer tensor = kernels.image(ImageInput.yolo(8, 8), 1, frame, List.of(frame.bounds()));
            for (int i = 0; i < 3 * 64; i++) {
                assertThat(tensor.getFloat(4 * i)).isEqualTo(level / 255f);
            }
        }
    }

    @Test
    void image_uint8_roundsHalfUp() throws Exception {
        Frame frame = TestFrames.noise(2, 1, 6);
        frame.pixels().put(0, (byte) 10).put(3, (byte) 11);
        ImageInput input = ImageInput.yolo(1, 1)
                .withFit(Fit.STRETCH)
                .withType(ElementType.UINT8)
                .withChannels(ChannelOrder.BGR)
                .withNormalisation(PerChannel.all(0), PerChannel.all(1));
        assertThat(kernels.image(input, 1, frame, List.of(frame.bounds())).get(0))
                .isEqualTo((byte) 11);
    }

    @Test
    void rows_randomTensors_areThoseOverTheThreshold() throws Exception {
        SplittableRandom random = new SplittableRandom(21);
        int overfull = 0;
        int kept = 0;
        for (int round = 0; round < 500; round++) {
            boolean halves = random.nextBoolean();
            boolean halfCompanion = random.nextBoolean();
            int plane = random.nextBoolean() ? 1 : 1 + random.nextInt(60);
            int rows = plane * (1 + random.nextInt(plane == 1 ? 400 : 6));
            int length = 1 + random.nextInt(round % 5 == 0 ? 90 : 12);
            int first = random.nextInt(length);
            int count = 1 + random.nextInt(length - first);
            int companionLength = random.nextBoolean() ? 0 : 1 + random.nextInt(5);
            double share = random.nextDouble() / count;
            ByteBuffer scores = numbers(rows * length, halves, share, random);
            ByteBuffer companion = numbers(rows * companionLength, halfCompanion, 0.5, random);
            int capacity = random.nextInt(rows + 1);
            // A threshold that some elements may equal.
            float over = 0.5f;
            RowJob job = new RowJob(
                    0,
                    0,
                    0,
                    0,
                    rows,
                    length,
                    plane,
                    first,
                    count,
                    companionLength,
                    capacity,
                    halves,
                    halfCompanion,
                    over);

            KernelsOnCpu.Kept result = kernels.rows(job, scores, companion);

            Map<Integer, List<Float>> expected = new TreeMap<>();
            for (int row = 0; row < rows; row++) {
                List<Float> values = new ArrayList<>();
                boolean keep = false;
                for (int e = 0; e < length; e++) {
                    int index = row / plane * length * plane + e * plane + row % plane;
                    float value = number(scores, index, halves);
                    values.add(value);
                    keep |= e >= first && e < first + count && (Float.isNaN(value) || value > over);
                }
                for (int e = 0; e < companionLength; e++) {
                    values.add(number(companion, row * companionLength + e, halfCompanion));
                }
                if (keep) {
                    expected.put(row, values);
                }
            }
            assertThat(result.counter()).isEqualTo(expected.size());
            Map<Integer, List<Float>> got = records(job, result);
            if (expected.size() <= capacity) {
                assertThat(got).isEqualTo(expected);
            } else {
                overfull++;
                assertThat(got).hasSize(capacity);
                assertThat(expected).containsAllEntriesOf(got);
            }
            kept += expected.size();
        }
        assertThat(overfull).isBetween(50, 450);
        assertThat(kept).isGreaterThan(1000);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, 0.50001f, 0.5f, Float.NEGATIVE_INFINITY})
    void rows_oneElementSet_isKeptIfItIsAScoreAndNotUpToTheThreshold(float value) throws Exception {
        for (int element = 0; element < 12; element++) {
            ByteBuffer scores = KernelsOnCpu.memory(4 * 12 * 3);
            scores.putFloat(4 * (12 + element), value);
            RowJob job = new RowJob(0, 0, 0, 0, 3, 12, 1, 1, 10, 0, 3, false, false, 0.5f);
            KernelsOnCpu.Kept result = kernels.rows(job, scores, KernelsOnCpu.memory(0));
            boolean keep = element >= 1 && element <= 10 && !(value <= 0.5f);
            assertThat(records(job, result).keySet()).isEqualTo(keep ? Set.of(1) : Set.of());
        }
    }

    @Test
    void widen_everyHalf_isTheSameNumber() throws Exception {
        ByteBuffer halves = KernelsOnCpu.memory(2 << 16);
        for (int i = 0; i < 1 << 16; i++) {
            halves.putShort(2 * i, (short) i);
        }
        ByteBuffer floats = kernels.widen(halves);
        for (int i = 0; i < 1 << 16; i++) {
            assertThat((Float) floats.getFloat(4 * i)).isEqualTo((Float) number(halves, i, true));
        }
    }

    private static Map<Integer, List<Float>> records(RowJob job, KernelsOnCpu.Kept result) {
        Map<Integer, List<Float>> got = new TreeMap<>();
        for (int k = 0; k < Math.min(result.counter(), job.capacity()); k++) {
            List<Float> values = new ArrayList<>();
            for (int e = 1; e < job.recordBytes() / 4; e++) {
                values.add(result.records().getFloat(k * job.recordBytes() + 4 * e));
            }
            got.put(result.records().getInt(k * job.recordBytes()), values);
        }
        return got;
    }

    /** Numbers of which the share given is over 0.5; a few are 0.5, NaN or infinite. */
    private static ByteBuffer numbers(int n, boolean halves, double share, SplittableRandom random) {
        ByteBuffer numbers = KernelsOnCpu.memory(n * (halves ? 2 : 4));
        int[] special = {0x3800, 0x7E00, 0x7C00, 0xFC00, 0x8000, 0x0001};
        for (int i = 0; i < n; i++) {
            boolean over = random.nextDouble() < share;
            // 0.5 is 0x3800: larger bits are larger numbers.
            int bits = over ? 0x3801 + random.nextInt(0x400) : random.nextInt(0x3800);
            if (random.nextInt(200) == 0) {
                bits = special[random.nextInt(special.length)];
            }
            if (halves) {
                numbers.putShort(2 * i, (short) bits);
            } else {
                numbers.putFloat(4 * i, half(bits) * (over ? 1.0001f : 1));
            }
        }
        return numbers;
    }

    private static float number(ByteBuffer numbers, int i, boolean halves) {
        return halves ? half(numbers.getShort(2 * i) & 0xFFFF) : numbers.getFloat(4 * i);
    }

    /** IEEE 754 binary16, from its definition. */
    private static float half(int bits) {
        int exponent = bits >> 10 & 31;
        int fraction = bits & 1023;
        float magnitude = exponent == 31
                ? fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN
                : exponent == 0 ? fraction * 0x1p-24f : (float) ((1024 + fraction) * Math.pow(2, exponent - 25));
        return (bits & 0x8000) == 0 ? magnitude : -magnitude;
    }

    private static Frame frame(PixelFormat format, SplittableRandom random, long seed) {
        boolean wide = random.nextInt(20) == 0;
        int width = 1 + random.nextInt(wide ? 4000 : 200);
        int height = 1 + random.nextInt(wide ? 30 : 200);
        int padding = random.nextInt(20);
        if (format == PixelFormat.BGR24) {
            return TestFrames.noise(width, height, 3 * width + padding, seed);
        }
        int even = (width + 1) / 2 * 2;
        return nv12(even, (height + 1) / 2 * 2, even + padding, seed);
    }

    private static Frame nv12(int width, int height, int stride, long seed) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(PixelFormat.NV12.bytes(stride, height));
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (byte) random.nextInt(256));
        }
        return Frame.wrap(pixels, width, height, stride, PixelFormat.NV12);
    }

    private static Box region(Frame frame, SplittableRandom random) {
        if (random.nextInt(4) == 0) {
            return frame.bounds();
        }
        double left = random.nextDouble(-20, frame.width() - 0.5);
        double top = random.nextDouble(-20, frame.height() - 0.5);
        double right = Math.max(0, left) + random.nextDouble(0.01, frame.width() + 20);
        double bottom = Math.max(0, top) + random.nextDouble(0.01, frame.height() + 20);
        return new Box((float) left, (float) top, (float) right, (float) bottom);
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

    private static int bytes(ImageInput input) {
        return 3 * input.width() * input.height() * input.type().bytes();
    }

    private static double stored(ImageInput input, ByteBuffer tensor, int index) {
        return switch (input.type()) {
            case FLOAT32 -> tensor.getFloat(4 * index);
            case FLOAT16 -> half(tensor.getShort(2 * index) & 0xFFFF);
            default -> tensor.get(index) & 0xFF;
        };
    }

    /** How far a number of the tensor's type may be from the one that it stands for. */
    private static double rounding(ImageInput input, double number) {
        return switch (input.type()) {
            case FLOAT32 -> Math.abs(number) * 0x1p-22;
            case FLOAT16 -> Math.abs(number) * 0x1p-11 + 0x1p-25;
            default -> 0.5;
        };
    }

    private static void check(ImageInput input, ByteBuffer tensor, Frame frame, List<Box> regions) {
        int oneLevelOff = 0;
        for (int slot = 0; slot < regions.size(); slot++) {
            ImageMapping mapping = ImageMapping.of(input, regions.get(slot), frame.width(), frame.height());
            ReferenceImage reference = new ReferenceImage(input, mapping, frame);
            for (int c = 0; c < 3; c++) {
                double level = 1 / input.std().get(c);
                for (int y = 0; y < input.height(); y++) {
                    for (int x = 0; x < input.width(); x++) {
                        int index = input.layout() == Layout.NCHW
                                ? ((slot * 3 + c) * input.height() + y) * input.width() + x
                                : ((slot * input.height() + y) * input.width() + x) * 3 + c;
                        double expected = reference.number(c, x, y);
                        if (input.type() == ElementType.UINT8) {
                            expected = Math.max(0, Math.min(expected, 255));
                        }
                        double got = stored(input, tensor, index);
                        double error = Math.abs(got - expected) - rounding(input, expected);
                        double tolerance = (LEVEL + TAP * mapping.tapsX()) * level;
                        // Of NV12 colours a few lie so close to the middle of two levels that rounding goes either way.
                        if (frame.format() == PixelFormat.NV12 && error > tolerance) {
                            oneLevelOff++;
                            tolerance += level;
                        }
                        if (!(error <= tolerance)) {
                            fail(
                                    "%s %s of %s at %d,%d,%d is %s, expected %s",
                                    input, regions.get(slot), frame, c, x, y, got, expected);
                        }
                    }
                }
            }
        }
        assertThat(oneLevelOff).isLessThanOrEqualTo(2 + regions.size() * input.width() * input.height() / 500);
    }

    private static void checkSame(ImageInput input, ByteBuffer tensor, Tensor cpu, Frame frame, int count) {
        int plane = input.width() * input.height();
        for (int i = 0; i < 3 * plane * count; i++) {
            int channel = input.layout() == Layout.NCHW ? i / plane % 3 : i % 3;
            double expected = input.type() == ElementType.UINT8
                    ? cpu.bytes().get(i) & 0xFF
                    : cpu.floats().get(i);
            double got = stored(input, tensor, i);
            double error = Math.abs(got - expected) - 2 * rounding(input, expected);
            if (!(error <= SAME / input.std().get(channel))) {
                fail("%s of %s at %d is %s, expected %s as on the CPU", input, frame, i, got, expected);
            }
        }
    }

    private static Model identity(ImageInput input) {
        TensorProto.DataType type = TensorProto.DataType.valueOf(
                switch (input.type()) {
                    case FLOAT32 -> "FLOAT";
                    case FLOAT16 -> "FLOAT16";
                    default -> "UINT8";
                });
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (String side : input.layout() == Layout.NCHW ? "N 3 H W".split(" ") : "N H W 3".split(" ")) {
            if (side.equals("3")) {
                shape.addDimBuilder().setDimValue(3);
            } else {
                shape.addDimBuilder().setDimParam(side);
            }
        }
        TypeProto image = TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder()
                        .setElemType(type.getNumber())
                        .setShape(shape))
                .build();
        GraphProto graph = GraphProto.newBuilder()
                .setName("identity")
                .addInput(ValueInfoProto.newBuilder().setName("x").setType(image))
                .addOutput(ValueInfoProto.newBuilder().setName("y").setType(image))
                .addNode(NodeProto.newBuilder()
                        .setOpType("Identity")
                        .addInput("x")
                        .addOutput("y"))
                .build();
        return OnnxModel.of(
                        "identity.onnx",
                        ModelProto.newBuilder()
                                .setIrVersion(8)
                                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                                .setGraph(graph)
                                .build())
                .toModel();
    }
}

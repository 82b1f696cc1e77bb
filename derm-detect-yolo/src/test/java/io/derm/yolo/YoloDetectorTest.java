package io.derm.yolo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import io.derm.api.Availability;
import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.ImageInput.ChannelOrder;
import io.derm.api.ImageInput.Fit;
import io.derm.api.ImageInput.Layout;
import io.derm.api.ImageInput.PerChannel;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.ModelKeys;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import io.derm.yolo.YoloOptions.Nms;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class YoloDetectorTest {
    @Test
    void input_ofEachLayout_isThatOfItsExporter() throws IOException {
        ImageInput darknet = input("darknet-yolov4");
        assertThat(darknet)
                .isEqualTo(new ImageInput(
                        96,
                        64,
                        Fit.STRETCH,
                        114,
                        1,
                        ChannelOrder.RGB,
                        PerChannel.all(0),
                        PerChannel.all(255),
                        Layout.NCHW,
                        ElementType.FLOAT32));
        assertThat(input("boxes-confs")).isEqualTo(darknet);
        assertThat(input("opencv-rows")).isEqualTo(darknet);
        assertThat(input("hunglc007")).isEqualTo(darknet.withLayout(Layout.NHWC));
        assertThat(input("zoo"))
                .isEqualTo(
                        darknet.withLayout(Layout.NHWC).withFit(Fit.LETTERBOX).withPad(128));
        assertThat(input("deepstream-greedy")).isEqualTo(darknet.withFit(Fit.LETTERBOX));
        assertThat(input("tao-batched-nms"))
                .isEqualTo(darknet.withFit(Fit.LETTERBOX)
                        .withPad(0)
                        .withChannels(ChannelOrder.BGR)
                        .withNormalisation(new PerChannel(103.939f, 116.779f, 123.68f), PerChannel.all(1)));
    }

    @Test
    void input_ofUint8_takesLevelsAsTheyAre() {
        Signature signature = new Signature(
                List.of(new TensorInfo("images", ElementType.UINT8, List.of(1, 3, 64, 96))),
                List.of(new TensorInfo("output", ElementType.FLOAT32, List.of(1, 10, 6))),
                Map.of());
        YoloDetector detector =
                new YoloDetector(new FixedSession(signature, Tensors.of()), Golden.model(), YoloOptions.defaults());
        assertThat(detector.input().mean()).isEqualTo(PerChannel.all(0));
        assertThat(detector.input().std()).isEqualTo(PerChannel.all(1));
    }

    private static ImageInput input(String golden) throws IOException {
        return Golden.read(golden).detector(YoloOptions.defaults()).input();
    }

    @Test
    void options_goBeforeMetadata() throws IOException {
        Golden golden = Golden.read("darknet-tiny-letterbox");
        assertThat(golden.signature().metadata()).containsEntry(YoloOptions.SCORE_THRESHOLD_KEY, "0.1");
        List<Detection> byMetadata = detect(golden, YoloOptions.defaults());
        List<Detection> byOption = detect(golden, YoloOptions.defaults().withScoreThreshold(0.5));
        assertThat(byMetadata).anyMatch(d -> d.score() <= 0.5f);
        assertThat(byOption).isNotEmpty().allMatch(d -> d.score() > 0.5f);
    }

    @Test
    void labels_ofTheModel_nameTheClasses() throws IOException {
        assertThat(detect(Golden.read("darknet-yolov4"), YoloOptions.defaults()))
                .allMatch(d -> d.label().equals(d.classIndex() == 0 ? "nevus" : "melanoma"));
        assertThat(detect(Golden.read("zoo"), YoloOptions.defaults()))
                .allMatch(d -> d.label().equals("class " + d.classIndex()));
    }

    @Test
    void detections_areLimitedToTheBest() throws IOException {
        Golden golden = Golden.read("deepstream-greedy");
        List<Detection> all = detect(golden, YoloOptions.defaults());
        assertThat(detect(golden, YoloOptions.defaults().withMaxDetections(7))).isEqualTo(all.subList(0, 7));
        // The best twenty candidates suppress one another as they would among all of them.
        assertThat(detect(golden, YoloOptions.defaults().withMaxCandidates(20)))
                .isNotEmpty()
                .hasSizeLessThanOrEqualTo(20)
                .isEqualTo(all.subList(
                        0,
                        detect(golden, YoloOptions.defaults().withMaxCandidates(20))
                                .size()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"darknet-yolov4", "zoo", "boxes-confs", "deepstream-greedy", "deepstream-diou"})
    void threshold_raised_keepsExactlyTheDetectionsOverIt(String name) throws IOException {
        Golden golden = Golden.read(name);
        List<Detection> low = detect(golden, YoloOptions.defaults().withScoreThreshold(0.05));
        for (double t = 0.1; t < 1; t += 0.1) {
            float threshold = (float) t;
            assertThat(detect(golden, YoloOptions.defaults().withScoreThreshold(t)))
                    .isEqualTo(low.stream().filter(d -> d.score() > threshold).toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GREEDY", "DIOU"})
    void rows_inAnyOrder_giveTheSameDetections(String kind) throws IOException {
        Golden golden = Golden.read("deepstream-greedy");
        YoloOptions options = YoloOptions.defaults().withNms(Nms.valueOf(kind));
        List<Detection> expected = detect(golden, options);
        Tensor original = golden.outputs().get(0);
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 20; round++) {
            Tensor shuffled = Tensor.allocate("output", ElementType.FLOAT32, 1, 200, 6);
            List<Integer> rows = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                rows.add(random.nextInt(i + 1), i);
            }
            for (int i = 0; i < 200; i++) {
                for (int k = 0; k < 6; k++) {
                    shuffled.floats().put(6 * i + k, original.floats().get(6 * rows.get(i) + k));
                }
            }
            assertThat(detect(
                            new Golden(golden.name(), "", golden.signature(), Tensors.of(shuffled), List.of()),
                            options))
                    .isEqualTo(expected);
        }
    }

    @Test
    void diou_keepsANeighbourThatGreedyTakesForADuplicate() {
        // Two 20 x 20 boxes, 6 apart: IoU 14/26 = 0.538; the distance term is (36 / (26^2 + 20^2))^0.6 = 0.130.
        Tensor rows = Tensor.allocate("output", ElementType.FLOAT32, 1, 2, 6);
        rows.floats().put(0, new float[] {10, 10, 30, 30, 0.9f, 0, 16, 10, 36, 30, 0.8f, 0});
        Golden golden = new Golden("", "", deepstream(2), Tensors.of(rows), List.of());
        assertThat(detect(golden, YoloOptions.defaults())).hasSize(1);
        assertThat(detect(golden, YoloOptions.defaults().withNms(Nms.DIOU))).hasSize(2);
        // With a large exponent the term vanishes.
        assertThat(detect(golden, YoloOptions.defaults().withNms(Nms.DIOU).withBetaNms(5)))
                .hasSize(1);
    }

    @Test
    void boxes_reachingOverTheFrame_areClippedAndEmptyOnesDropped() {
        Tensor rows = Tensor.allocate("output", ElementType.FLOAT32, 1, 5, 6);
        rows.floats().put(0, new float[] {
            -10,
            -5,
            20,
            30,
            0.9f,
            0, // over the corner
            100,
            10,
            120,
            20,
            0.8f,
            1, // right of the frame
            40,
            20,
            40,
            30,
            0.7f,
            2, // no width
            50,
            30,
            45,
            40,
            0.6f,
            3, // inside out
            -1e30f,
            -1e30f,
            1e30f,
            1e30f,
            0.5f,
            4 // everything
        });
        Golden golden = new Golden("", "", deepstream(5), Tensors.of(rows), List.of());
        assertThat(detect(golden, YoloOptions.defaults()))
                .extracting(Detection::box, Detection::classIndex)
                .containsExactly(tuple(new Box(0, 0, 20, 30), 0), tuple(new Box(0, 0, 96, 64), 4));
    }

    @Test
    void confs_overTheThreshold_areFoundWhereverTheyLie() {
        int rows = 1500;
        Tensor boxes = Tensor.allocate("boxes", ElementType.FLOAT32, 1, rows, 1, 4);
        Tensor confs = Tensor.allocate("confs", ElementType.FLOAT32, 1, rows, 3);
        for (int row = 0; row < rows; row++) {
            boxes.floats().put(4 * row, new float[] {0, 0, (row + 1) / (float) rows, 1});
        }
        // Numbers that are not over the threshold of 0.25, the threshold itself and tiny negative ones among them.
        float[] quiet = {0.25f, 0, -0.0f, Float.MIN_VALUE, 0.2499f, -1e-6f};
        for (int i = 0; i < confs.elements(); i++) {
            confs.floats().put(i, quiet[i % quiet.length]);
        }
        int[] over = {0, 1, 1022, 1023, 1024, 2047, 2048, 3333, 4498, 4499};
        for (int i = 0; i < over.length; i++) {
            confs.floats().put(over[i], Math.nextUp(0.25f) + (over.length - i) / 100f);
        }
        Signature signature = new Signature(
                List.of(new TensorInfo("input", ElementType.FLOAT32, List.of(1, 3, 64, 96))),
                List.of(boxes.info(), confs.info()),
                Map.of());
        List<Detection> found = detect(
                new Golden("", "", signature, Tensors.of(boxes, confs), List.of()),
                YoloOptions.defaults().withIouThreshold(1));
        assertThat(found).extracting(Detection::classIndex).containsExactly(0, 1, 2, 0, 1, 1, 2, 0, 1, 2);
        for (int i = 0; i < over.length; i++) {
            assertThat(found.get(i).box().right()).isCloseTo((over[i] / 3 + 1) / (float) rows * 96, within(1e-3f));
        }
    }

    @Test
    void equalScores_comeInTheModelsOrder() {
        Tensor rows = Tensor.allocate("output", ElementType.FLOAT32, 1, 3, 6);
        rows.floats().put(0, new float[] {1, 1, 9, 9, 0.5f, 0, 11, 1, 19, 9, 0.5f, 0, 21, 1, 29, 9, 0.5f, 0});
        assertThat(detect(new Golden("", "", deepstream(3), Tensors.of(rows), List.of()), YoloOptions.defaults()))
                .extracting(d -> d.box().left())
                .containsExactly(1f, 11f, 21f);
    }

    @Test
    void detect_inSteadyState_allocatesLessThan2KiBAsideFromTheResults() throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Golden golden = Golden.read("darknet-yolov4");
        // No detection survives, so what is allocated is not results.
        try (YoloDetector detector = golden.detector(YoloOptions.defaults().withScoreThreshold(0.999));
                Frame frame = Golden.frame(1920, 1080)) {
            for (int i = 0; i < 500; i++) {
                assertThat(detector.detect(frame)).isEmpty();
            }
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1000; i++) {
                detector.detect(frame);
            }
            assertThat((threads.getCurrentThreadAllocatedBytes() - before) / 1000)
                    .isLessThan(2048);
        }
        // With results: a detection and its box take 56 bytes at most, the list 16 bytes a slot with room to grow.
        try (YoloDetector detector = golden.detector(YoloOptions.defaults());
                Frame frame = Golden.frame(1920, 1080)) {
            int results = 0;
            for (int i = 0; i < 500; i++) {
                results = detector.detect(frame).size();
            }
            assertThat(results).isGreaterThan(30);
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1000; i++) {
                detector.detect(frame);
            }
            assertThat((threads.getCurrentThreadAllocatedBytes() - before) / 1000)
                    .isLessThan(2048 + results * 72L);
        }
    }

    @Test
    void open_ofAModelThatCannotBeUnderstood_closesTheSession() {
        FixedSession session = new FixedSession(
                new Signature(
                        List.of(new TensorInfo("images", ElementType.FLOAT32, List.of(1, 3, 64, 96))),
                        List.of(new TensorInfo("output", ElementType.FLOAT32, List.of(1, 1000))),
                        Map.of(ModelKeys.DECODER, "darknet")),
                Tensors.of());
        int[] batch = new int[1];
        InferenceRuntime runtime = new InferenceRuntime() {
            @Override
            public String name() {
                return "fixed";
            }

            @Override
            public int priority() {
                return 0;
            }

            @Override
            public Availability availability() {
                throw new UnsupportedOperationException();
            }

            @Override
            public Session open(Model model, SessionOptions options) {
                batch[0] = options.maxBatch();
                return session;
            }
        };
        assertThatThrownBy(() ->
                        YoloDetector.open(runtime, Golden.model(), SessionOptions.defaults(), YoloOptions.defaults()))
                .isInstanceOf(ModelException.class);
        assertThat(session.closed()).isTrue();
        assertThat(batch[0]).isEqualTo(1);
    }

    private static Signature deepstream(int rows) {
        return new Signature(
                List.of(new TensorInfo("images", ElementType.FLOAT32, List.of(1, 3, 64, 96))),
                List.of(new TensorInfo("output", ElementType.FLOAT32, List.of(1, rows, 6))),
                Map.of());
    }

    private static List<Detection> detect(Golden golden, YoloOptions options) {
        try (YoloDetector detector = golden.detector(options);
                Frame frame = Golden.frame(96, 64)) {
            return detector.detect(frame);
        }
    }
}

package io.derm.yolo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Detection;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.InferenceException;
import io.derm.api.ModelKeys;
import io.derm.api.RowFilter;
import io.derm.api.Signature;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import io.derm.api.contract.FilteringSession;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Detections do not depend on whether the session brings back all rows or only those that the detector declares. */
class YoloRowFilterTest {
    private static final double[] THRESHOLDS = {0.05, 0.25, 0.5, 0.8, 0.999};

    static List<Path> files() throws IOException {
        return Golden.files();
    }

    static List<Path> filesWithRows() throws IOException {
        return Golden.files().stream()
                .filter(f -> !f.endsWith("tao-batched-nms.txt"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("files")
    void goldens_withGarbageInRowsLeftOut_giveTheSameDetections(Path file) throws IOException {
        Golden golden = Golden.read(file);
        for (double threshold : THRESHOLDS) {
            YoloOptions options = YoloOptions.defaults().withScoreThreshold(threshold);
            FilteringSession session = new FilteringSession(new FixedSession(golden.signature(), golden.outputs()), 1);
            try (YoloDetector detector = new YoloDetector(session, Golden.model(), options);
                    Frame frame = Golden.frame(1280, 720)) {
                List<Detection> whole = detector.detect(frame);
                assertThat(session.droppedRows() + session.keptRows()).isZero();
                for (int i = 0; i < 5; i++) {
                    assertThat(detector.detect(frame)).isEqualTo(whole);
                }
                if (detector.layout() == YoloLayout.TAO_BATCHED_NMS) {
                    assertThat(session.droppedRows()).isZero();
                } else {
                    assertThat(session.droppedRows()).isPositive();
                }
                if (!whole.isEmpty() && detector.layout() != YoloLayout.TAO_BATCHED_NMS) {
                    assertThat(session.keptRows()).isPositive();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("filesWithRows")
    void randomOutputs_withGarbageInRowsLeftOut_giveTheSameDetections(Path file) throws IOException {
        Golden golden = Golden.read(file);
        for (double threshold : THRESHOLDS) {
            YoloOptions options = YoloOptions.defaults().withScoreThreshold(threshold);
            FixedSession device = new FixedSession(golden.signature(), golden.outputs());
            FilteringSession session = new FilteringSession(device, 2);
            int found = 0;
            try (YoloDetector filtering = new YoloDetector(session, Golden.model(), options);
                    Frame frame = Golden.frame(1280, 720)) {
                filtering.detect(frame);
                for (int seed = 0; seed < 40; seed++) {
                    Tensors outputs = random(golden, threshold, new SplittableRandom(seed));
                    device.outputs(outputs.list().toArray(Tensor[]::new));
                    try (YoloDetector whole =
                            new YoloDetector(new FixedSession(golden.signature(), outputs), Golden.model(), options)) {
                        List<Detection> expected = whole.detect(frame);
                        found += expected.size();
                        assertThat(filtering.detect(frame))
                                .as("%s, threshold %s, seed %d", golden.name(), threshold, seed)
                                .isEqualTo(expected);
                    }
                }
            }
            assertThat(found).isPositive();
            assertThat(session.keptRows()).isPositive();
            assertThat(session.droppedRows()).isPositive();
            assertThat(device.declared()).isEmpty();
        }
    }

    /** Outputs of the golden's shapes, with many scores at the threshold and one step to either side of it. */
    private static Tensors random(Golden golden, double threshold, SplittableRandom random) {
        boolean newCoords =
                golden.signature().get(ModelKeys.NEW_COORDS).orElse("0").equals("1");
        boolean logits = golden.layout().equals("darknet") && !newCoords;
        boolean heads = golden.layout().equals("darknet") || golden.layout().equals("zoo");
        float over = (float) (logits ? Math.log(threshold / (1 - threshold)) : threshold);
        float[] edges = {over, Math.nextDown(over), -0.0f, logits ? -40 : 0, Math.nextUp(over), logits ? 40 : 1};
        return new Tensors(golden.outputs().list().stream()
                .map(t -> {
                    Tensor out = Tensor.allocate(
                            t.name(),
                            ElementType.FLOAT32,
                            t.shape().stream().mapToInt(Integer::intValue).toArray());
                    boolean boxes = t.name().equals("boxes");
                    for (int i = 0; i < out.elements(); i++) {
                        // Every other row is quiet, so that rows of many classes are left out too.
                        boolean quiet = !heads && i / out.dim(-1) % 2 == 0;
                        boolean gaussian = logits || (golden.layout().equals("zoo") && i % out.dim(-1) < 4);
                        float value = (float)
                                (gaussian
                                        ? 3 * random.nextGaussian() - (logits ? 1 : 0)
                                        : random.nextDouble() * (quiet ? threshold : 1));
                        if (!boxes && random.nextInt(4) == 0) {
                            value = edges[random.nextInt(quiet ? 4 : edges.length)];
                        }
                        if (golden.layout().equals("deepstream") && i % 6 != 4) {
                            value = i % 6 == 5 ? random.nextInt(3) : 90 * random.nextFloat();
                        }
                        out.floats().put(i, value);
                    }
                    return out;
                })
                .toList());
    }

    @Test
    void filters_ofEachLayout_areTheRowsItsDocumentationNames() throws IOException {
        // logit(0.25) = ln(1/3).
        float logit = (float) -1.0986122886681098;
        Golden darknet = Golden.read("darknet-yolov4");
        assertThat(declaredFor("darknet-yolov4"))
                .extracting(RowFilter::output)
                .containsExactlyElementsOf(
                        darknet.outputs().list().stream().map(Tensor::info).toList());
        assertThat(declaredFor("darknet-yolov4")).allSatisfy(f -> {
            // Three anchors of x, y, w, h, objectness and two classes.
            assertThat(f.length()).isEqualTo(7);
            assertThat(f.plane()).isEqualTo(f.output().dim(2) * f.output().dim(3));
            assertThat(f.rows()).isEqualTo(3 * f.plane());
            assertRow(f, 4, 1, logit, logit);
        });
        assertThat(declaredFor("darknet-new-coords")).isNotEmpty().allSatisfy(f -> assertRow(f, 4, 1, 0.25f, 0));
        assertThat(declaredFor("zoo")).hasSize(3).allSatisfy(f -> {
            assertThat(f.length()).isEqualTo(f.output().dim(4));
            assertThat(f.plane()).isEqualTo(1);
            assertRow(f, 4, 1, 0.25f, 0);
        });
        for (String name : List.of("boxes-confs", "confs-boxes-symbolic")) {
            assertThat(declaredFor(name)).singleElement().satisfies(f -> {
                assertThat(f.output().name()).isEqualTo("confs");
                assertThat(f.companion().map(TensorInfo::name)).contains("boxes");
                assertThat(f.companionLength()).isEqualTo(4);
                assertRow(f, 0, f.output().dim(2), 0.25f, 0);
            });
        }
        assertThat(declaredFor("hunglc007"))
                .singleElement()
                .satisfies(f -> assertRow(f, 4, f.output().dim(2) - 4, 0.25f, 0));
        assertThat(declaredFor("opencv-rows")).hasSize(2).allSatisfy(f -> assertRow(f, 5, 2, 0.25f, 0));
        assertThat(declaredFor("deepstream-greedy")).singleElement().satisfies(f -> {
            assertThat(f.length()).isEqualTo(6);
            assertRow(f, 4, 1, 0.25f, 0);
        });
        assertThat(declaredFor("tao-batched-nms")).isEmpty();
    }

    private static void assertRow(RowFilter filter, int first, int count, float over, float absent) {
        assertThat(filter.first()).isEqualTo(first);
        assertThat(filter.count()).isEqualTo(count);
        assertThat(filter.over()).isEqualTo(over);
        assertThat(filter.absent()).isEqualTo(absent);
    }

    private static List<RowFilter> declaredFor(String name) throws IOException {
        Golden golden = Golden.read(name);
        FixedSession session = new FixedSession(golden.signature(), golden.outputs());
        detect(new YoloDetector(session, Golden.model(), YoloOptions.defaults().withScoreThreshold(0.25)));
        return session.declared().isEmpty() ? List.of() : session.declared().get(0);
    }

    @Test
    void filters_areDeclaredAfterTheFirstFrameAndNotAgain() throws IOException {
        Golden golden = Golden.read("darknet-yolov4");
        FixedSession session = new FixedSession(golden.signature(), golden.outputs());
        try (YoloDetector detector = new YoloDetector(session, Golden.model(), YoloOptions.defaults());
                Frame frame = Golden.frame(96, 64)) {
            assertThat(session.declared()).isEmpty();
            for (int i = 0; i < 20; i++) {
                detector.detect(frame);
                assertThat(session.declared()).hasSize(1);
                // The same shapes in other objects, as a runtime that wraps its outputs anew gives them.
                session.outputs(golden.outputs().list().stream()
                        .map(t -> new Tensor(
                                new TensorInfo(t.name(), t.info().type(), List.copyOf(new ArrayList<>(t.shape()))),
                                t.bytes()))
                        .toArray(Tensor[]::new));
            }
        }
    }

    @Test
    void filters_afterOutputsOfAnotherShape_areDeclaredForIt() {
        Signature signature = new Signature(
                List.of(new TensorInfo("images", ElementType.FLOAT32, List.of(1, 3, 64, 96))),
                List.of(new TensorInfo("output", ElementType.FLOAT32, List.of(1, -1, 6))),
                Map.of());
        FixedSession session = new FixedSession(signature, Tensors.of());
        try (YoloDetector detector = new YoloDetector(session, Golden.model(), YoloOptions.defaults());
                Frame frame = Golden.frame(96, 64)) {
            for (int rows : new int[] {10, 10, 12, 12, 0, 0, 10}) {
                session.outputs(Tensor.allocate("output", ElementType.FLOAT32, 1, rows, 6));
                detector.detect(frame);
            }
        }
        assertThat(session.declared().stream()
                        .map(f -> f.stream().map(r -> r.output().dim(1)).toList()))
                .containsExactly(List.of(10), List.of(12), List.of(), List.of(10));
    }

    @Test
    void filters_waitForAFrameThatPassesTheChecks() {
        // Numbers that look as if they were after the sigmoid: DERM-133 until there is a negative one.
        Tensor head = Tensor.allocate("h", ElementType.FLOAT32, 1, 18, 2, 3);
        FixedSession session =
                new FixedSession(signature(Map.of(ModelKeys.ANCHORS, "9,9 19,19 29,29"), head), Tensors.of(head));
        try (YoloDetector detector = new YoloDetector(session, Golden.model(), YoloOptions.defaults());
                Frame frame = Golden.frame(96, 64)) {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> detector.detect(frame))
                        .isInstanceOf(InferenceException.class)
                        .hasMessageStartingWith("[DERM-133]");
                assertThat(session.declared()).isEmpty();
            }
            head.floats().put(4 * 6, -9);
            detector.detect(frame);
            assertThat(session.declared()).hasSize(1);
        }
    }

    @Test
    void frames_inWhichNoRowIsKept_passTheChecks() throws IOException {
        for (String name :
                List.of("darknet-yolov4", "darknet-new-coords", "zoo", "boxes-confs", "hunglc007", "opencv-rows")) {
            Golden golden = Golden.read(name);
            // Over 0.5 a logit is positive: rows left out must not read as if none were negative.
            YoloOptions options = YoloOptions.defaults().withScoreThreshold(0.9999999);
            FilteringSession session = new FilteringSession(new FixedSession(golden.signature(), golden.outputs()), 3);
            try (YoloDetector detector = new YoloDetector(session, Golden.model(), options);
                    Frame frame = Golden.frame(96, 64)) {
                for (int i = 0; i < 3; i++) {
                    assertThat(detector.detect(frame)).isEmpty();
                }
                assertThat(session.keptRows()).isZero();
                assertThat(session.droppedRows()).isPositive();
            }
        }
    }

    @Test
    void threshold_ofZero_losesNothing() throws IOException {
        for (Path file : files()) {
            Golden golden = Golden.read(file);
            YoloOptions options = YoloOptions.defaults().withScoreThreshold(0);
            FilteringSession session = new FilteringSession(new FixedSession(golden.signature(), golden.outputs()), 4);
            try (YoloDetector detector = new YoloDetector(session, Golden.model(), options);
                    Frame frame = Golden.frame(1280, 720)) {
                List<Detection> whole = detector.detect(frame);
                assertThat(whole).isNotEmpty();
                assertThat(detector.detect(frame)).isEqualTo(whole);
            }
        }
    }

    @Test
    void scores_thatAreNaNOrOver1_comeToLightInLaterFrames() throws IOException {
        // Where a score of row 3 lies.
        Tensor zoo = Golden.read("zoo").outputs().get(0);
        Tensor planes = Golden.read("darknet-new-coords").outputs().get(0);
        Map<String, Integer> scoreAt = Map.of(
                "boxes-confs",
                        3 * Golden.read("boxes-confs").outputs().get("confs").dim(2),
                "opencv-rows", 3 * 7 + 6,
                "deepstream-greedy", 3 * 6 + 4,
                "zoo", 3 * zoo.dim(4) + 4,
                "darknet-new-coords", 4 * planes.dim(2) * planes.dim(3) + 3);
        for (Map.Entry<String, Integer> entry : scoreAt.entrySet()) {
            Golden golden = Golden.read(entry.getKey());
            Tensor scores = entry.getKey().equals("boxes-confs")
                    ? golden.outputs().get("confs")
                    : golden.outputs().get(0);
            FilteringSession session = new FilteringSession(new FixedSession(golden.signature(), golden.outputs()), 5);
            try (YoloDetector detector = new YoloDetector(session, Golden.model(), YoloOptions.defaults());
                    Frame frame = Golden.frame(96, 64)) {
                detector.detect(frame);
                scores.floats().put(entry.getValue(), Float.NaN);
                assertThatThrownBy(() -> detector.detect(frame)).hasMessageStartingWith("[DERM-130]");
                scores.floats().put(entry.getValue(), 1.5f);
                assertThatThrownBy(() -> detector.detect(frame)).hasMessageStartingWith("[DERM-131]");
                assertThat(session.droppedRows()).isPositive();
            }
        }
    }

    private static void detect(YoloDetector detector) {
        try (detector;
                Frame frame = Golden.frame(96, 64)) {
            detector.detect(frame);
        }
    }

    private static Signature signature(Map<String, String> metadata, Tensor... outputs) {
        return new Signature(
                List.of(new TensorInfo("images", ElementType.FLOAT32, List.of(1, 3, 64, 96))),
                Arrays.stream(outputs).map(Tensor::info).toList(),
                metadata);
    }
}

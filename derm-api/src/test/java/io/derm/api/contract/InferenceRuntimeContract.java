package io.derm.api.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.derm.api.Availability;
import io.derm.api.Box;
import io.derm.api.ElementType;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.InferenceRuntime;
import io.derm.api.Model;
import io.derm.api.ModelException;
import io.derm.api.RowFilter;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.TensorInfo;
import io.derm.api.Tensors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link InferenceRuntime} must do, on a model whose outputs are known without running it: {@code y = 2 x + 1} on
 * a float32 image batch [N,3,8,8]. Skips, with the reason, where the runtime is not available.
 */
@Timeout(300)
public abstract class InferenceRuntimeContract {
    /** {@code input} float32 [N,3,8,8] to {@code output} = 2 * input + 1; metadata {@code derm.name} = {@code affine}. */
    public static final Model AFFINE =
            Model.of("affine.onnx", Base64.getDecoder().decode(AffineModel.BASE64));

    /** {@link #AFFINE} with a second output {@code doubled} = 2 * input. */
    public static final Model AFFINE_WITH_DOUBLED =
            Model.of("affine-doubled.onnx", Base64.getDecoder().decode(AffineModel.WITH_DOUBLED_BASE64));

    private static final ImageInput EIGHT = ImageInput.yolo(8, 8).withFit(ImageInput.Fit.STRETCH);

    /** Makes the runtime. */
    protected abstract InferenceRuntime runtime();

    @BeforeEach
    void needsTheRuntime() {
        Availability availability = runtime().availability();
        assumeTrue(availability.available(), () -> runtime().name() + " is not available: " + availability.detail());
    }

    @Test
    void name_isUsableAsAnOption() {
        assertThat(runtime().name())
                .isEqualTo(runtime().name().toLowerCase(Locale.ROOT))
                .doesNotContain(" ");
    }

    @Test
    void signature_tellsNamesTypesShapesAndMetadata() {
        try (Session session = open(4)) {
            assertThat(session.signature().inputs().get(0).toString()).isEqualTo("input float32 [?,3,8,8]");
            assertThat(session.signature().output("output")).isPresent();
            assertThat(session.signature().get("derm.name")).contains("affine");
            assertThat(session.maxBatch()).isEqualTo(4);
        }
    }

    @Test
    void signature_overriddenMetadata_takesPrecedence() {
        try (Session session = runtime().open(AFFINE.with("derm.name", "other"), SessionOptions.defaults())) {
            assertThat(session.signature().metadata()).containsAllEntriesOf(Map.of("derm.name", "other"));
        }
    }

    @Test
    void runTensors_knownNumbers_givesKnownNumbers() {
        try (Session session = open(4)) {
            Tensor in = Tensor.allocate("input", ElementType.FLOAT32, 2, 3, 8, 8);
            for (int i = 0; i < in.elements(); i++) {
                in.floats().put(i, i * 0.25f - 7);
            }
            Tensor out = session.run(Tensors.of(in)).get("output");
            assertThat(out.shape()).containsExactly(2, 3, 8, 8);
            for (int i = 0; i < in.elements(); i++) {
                assertThat(out.floats().get(i)).isCloseTo(2 * (i * 0.25f - 7) + 1, within(1e-4f));
            }
        }
    }

    @Test
    void runFrame_severalRegions_putsEachInItsPlaceInTheBatch() {
        ImageInput input = ImageInput.yolo(8, 8).withFit(ImageInput.Fit.STRETCH);
        try (Session session = open(4);
                Frame frame = TestFrames.noise(32, 24, 1)) {
            for (int n = 1; n <= 4; n++) {
                List<Box> regions = new ArrayList<>();
                for (int i = 0; i < n; i++) {
                    regions.add(Box.ofSize(5 * i, 3 * i, 8, 8));
                }
                Tensor out = session.run(input, frame, regions).get("output");
                assertThat(out.shape()).containsExactly(n, 3, 8, 8);
                for (int b = 0; b < n; b++) {
                    for (int c = 0; c < 3; c++) {
                        for (int y = 0; y < 8; y++) {
                            for (int x = 0; x < 8; x++) {
                                int at = (3 * b + y) * frame.stride() + 3 * (5 * b + x) + 2 - c;
                                float level = frame.pixels().get(at) & 0xFF;
                                assertThat(out.floats().get(((b * 3 + c) * 8 + y) * 8 + x))
                                        .isCloseTo(2 * level / 255 + 1, within(2e-3f));
                            }
                        }
                    }
                }
            }
        }
    }

    @Test
    void runFrame_letterboxAfterStretch_padsAgain() {
        try (Session session = open(4);
                Frame frame = TestFrames.solid(40, 10, 255, 255, 255)) {
            ImageInput stretch = ImageInput.yolo(8, 8).withFit(ImageInput.Fit.STRETCH);
            session.run(stretch, frame, List.of(frame.bounds()));
            Tensor out = session.run(ImageInput.yolo(8, 8), frame, List.of(frame.bounds()))
                    .get("output");
            for (int y = 0; y < 8; y++) {
                float expected = y == 3 || y == 4 ? 1 : 114 / 255f;
                assertThat(out.floats().get(y * 8)).isCloseTo(2 * expected + 1, within(2e-3f));
            }
        }
    }

    @Test
    void runFrame_moreRegionsThanTheBatch_isRefused() {
        try (Session session = open(2);
                Frame frame = TestFrames.noise(16, 16, 2)) {
            List<Box> three = List.of(frame.bounds(), frame.bounds(), frame.bounds());
            assertThatThrownBy(() -> session.run(ImageInput.yolo(8, 8), frame, three))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> session.run(ImageInput.yolo(8, 8), frame, List.of()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void runFrame_inputThatDoesNotFit_isRefused() {
        try (Session session = open(2);
                Frame frame = TestFrames.noise(16, 16, 3)) {
            assertThatThrownBy(() -> session.run(ImageInput.yolo(16, 16), frame, List.of(frame.bounds())))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void runTensors_missingInput_isRefused() {
        try (Session session = open(2)) {
            Tensor wrong = Tensor.allocate("pixels", ElementType.FLOAT32, 1, 3, 8, 8);
            assertThatThrownBy(() -> session.run(Tensors.of(wrong))).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void open_notOnnx_isOneClearLine() {
        Model text = Model.of("notes.onnx", "This is not a model, it is text.".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> runtime().open(text, SessionOptions.defaults()).close())
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("notes.onnx")
                .hasMessageContaining("Remedy:")
                .message()
                .doesNotContain("\n");
    }

    @Test
    void run_afterClose_isIllegalState() {
        Session session = open(2);
        session.close();
        session.close();
        try (Frame frame = TestFrames.noise(16, 16, 4)) {
            assertThatThrownBy(() -> session.run(ImageInput.yolo(8, 8), frame, List.of(frame.bounds())))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void filter_declared_keepsEveryRowOverTheBoundAsItIs() {
        try (Session session = open(4)) {
            List<float[]> whole = run(session, "output");
            TensorInfo output = new TensorInfo("output", ElementType.FLOAT32, List.of(1, 3, 8, 8));
            // A number of the output, so that what is equal to the bound is met.
            float over = median(whole.get(0));
            List<RowFilter> filters = List.of(
                    RowFilter.of(output, 3, 64, 1, 1, over, over),
                    RowFilter.of(output, 3, 64, 0, 3, over + 0.6f, -1),
                    RowFilter.of(output, 8, 1, 7, 1, over, 0),
                    RowFilter.of(output, 8, 1, 2, 3, over, Float.NEGATIVE_INFINITY),
                    RowFilter.of(output, 6, 8, 5, 1, over, -1),
                    RowFilter.of(output, 1, 1, 0, 1, over, -1));
            for (RowFilter filter : filters) {
                session.filter(List.of(filter));
                List<float[]> filtered = run(session, "output");
                for (int i = 0; i < whole.size(); i++) {
                    assertThat(keptRows(filter, whole.get(i)).cardinality()).isBetween(1, filter.rows() - 1);
                    assertKept(filter, whole.get(i), filtered.get(i));
                }
            }
        }
    }

    @Test
    void filter_thatKeepsAllOrNothing_givesThatToo() {
        try (Session session = open(4)) {
            List<float[]> whole = run(session, "output");
            TensorInfo output = new TensorInfo("output", ElementType.FLOAT32, List.of(1, 3, 8, 8));
            for (float over : new float[] {Float.NEGATIVE_INFINITY, 0.5f, 3.5f, Float.POSITIVE_INFINITY}) {
                RowFilter filter = RowFilter.of(output, 3, 64, 0, 2, over, Float.NEGATIVE_INFINITY);
                session.filter(List.of(filter));
                List<float[]> filtered = run(session, "output");
                for (int i = 0; i < whole.size(); i++) {
                    assertThat(keptRows(filter, whole.get(i)).cardinality()).isEqualTo(over < 1 ? filter.rows() : 0);
                    assertKept(filter, whole.get(i), filtered.get(i));
                }
            }
        }
    }

    @Test
    void filter_ofOneOutput_leavesTheOtherWhole() {
        try (Session session = openWithDoubled()) {
            List<float[]> wholeOutput = run(session, "output");
            List<float[]> wholeDoubled = run(session, "doubled");
            TensorInfo output = new TensorInfo("output", ElementType.FLOAT32, List.of(1, 3, 8, 8));
            TensorInfo doubled = new TensorInfo("doubled", ElementType.FLOAT32, List.of(1, 3, 8, 8));
            RowFilter ofOutput = RowFilter.of(output, 3, 64, 1, 1, median(wholeOutput.get(0)), -1);
            RowFilter ofDoubled = RowFilter.of(doubled, 8, 1, 2, 3, median(wholeDoubled.get(0)), -1);
            session.filter(List.of(ofOutput));
            List<float[]> filtered = run(session, "output");
            assertSame(wholeDoubled, run(session, "doubled"));
            session.filter(List.of(ofDoubled));
            assertSame(wholeOutput, run(session, "output"));
            session.filter(List.of(ofDoubled, ofOutput));
            List<float[]> both = run(session, "output");
            List<float[]> bothDoubled = run(session, "doubled");
            for (int i = 0; i < wholeOutput.size(); i++) {
                assertKept(ofOutput, wholeOutput.get(i), filtered.get(i));
                assertKept(ofOutput, wholeOutput.get(i), both.get(i));
                assertKept(ofDoubled, wholeDoubled.get(i), bothDoubled.get(i));
            }
        }
    }

    @Test
    void filter_withACompanion_keepsItsRowsAlong() {
        try (Session session = openWithDoubled()) {
            List<float[]> wholeOutput = run(session, "output");
            List<float[]> wholeDoubled = run(session, "doubled");
            TensorInfo output = new TensorInfo("output", ElementType.FLOAT32, List.of(1, 3, 8, 8));
            TensorInfo doubled = new TensorInfo("doubled", ElementType.FLOAT32, List.of(1, 3, 8, 8));
            float over = median(wholeOutput.get(0));
            for (RowFilter filter : List.of(
                    RowFilter.of(output, 3, 64, 1, 1, over, -1).withCompanion(doubled),
                    RowFilter.of(output, 8, 1, 0, 2, over, -1).withCompanion(doubled),
                    RowFilter.of(output, 192, 1, 0, 1, over, -1).withCompanion(doubled))) {
                session.filter(List.of(filter));
                List<float[]> filteredOutput = run(session, "output");
                List<float[]> filteredDoubled = run(session, "doubled");
                int length = filter.companionLength();
                for (int i = 0; i < wholeOutput.size(); i++) {
                    assertKept(filter, wholeOutput.get(i), filteredOutput.get(i));
                    BitSet kept = keptRows(filter, wholeOutput.get(i));
                    for (int row = kept.nextSetBit(0); row >= 0; row = kept.nextSetBit(row + 1)) {
                        assertThat(Arrays.copyOfRange(filteredDoubled.get(i), row * length, (row + 1) * length))
                                .isEqualTo(Arrays.copyOfRange(wholeDoubled.get(i), row * length, (row + 1) * length));
                    }
                }
            }
        }
    }

    @Test
    void filter_removed_givesEverythingAgain() {
        try (Session session = open(4)) {
            List<float[]> whole = run(session, "output");
            session.filter(List.of(keepingNothing("output", 1)));
            run(session, "output");
            session.filter(List.of());
            assertSame(whole, run(session, "output"));
        }
    }

    @Test
    void filter_ofAnotherShapeOrOutput_hasNoEffect() {
        try (Session session = openWithDoubled()) {
            List<float[]> wholeOutput = run(session, "output");
            List<float[]> wholeDoubled = run(session, "doubled");
            TensorInfo otherShape = new TensorInfo("doubled", ElementType.FLOAT32, List.of(1, 3, 64, 1));
            for (RowFilter filter : List.of(
                    keepingNothing("output", 2),
                    keepingNothing("else", 1),
                    keepingNothing("output", 1).withCompanion(otherShape))) {
                session.filter(List.of(filter));
                assertSame(wholeOutput, run(session, "output"));
                assertSame(wholeDoubled, run(session, "doubled"));
            }
        }
    }

    @Test
    void filter_ofRunsOfSeveralRegionsOrOfTensors_hasNoEffect() {
        Tensor in = Tensor.allocate("input", ElementType.FLOAT32, 1, 3, 8, 8);
        for (int i = 0; i < in.elements(); i++) {
            in.floats().put(i, i * 0.25f - 7);
        }
        try (Session session = open(4);
                Frame frame = TestFrames.noise(32, 24, 1)) {
            List<Box> two = List.of(frame.bounds(), Box.ofSize(4, 4, 16, 12));
            float[] wholeTensors = floats(session.run(Tensors.of(in)).get("output"));
            float[] wholeRegions = floats(session.run(EIGHT, frame, two).get("output"));
            session.filter(List.of(keepingNothing("output", 1)));
            assertThat(floats(session.run(Tensors.of(in)).get("output"))).isEqualTo(wholeTensors);
            session.filter(List.of(keepingNothing("output", 2)));
            assertThat(floats(session.run(EIGHT, frame, two).get("output"))).isEqualTo(wholeRegions);
        }
    }

    @Test
    void filter_afterClose_hasNoEffect() {
        Session session = open(2);
        session.close();
        session.filter(List.of(keepingNothing("output", 1)));
        session.filter(List.of());
    }

    private static RowFilter keepingNothing(String output, int batch) {
        TensorInfo info = new TensorInfo(output, ElementType.FLOAT32, List.of(batch, 3, 8, 8));
        return RowFilter.of(info, 3, 64, 0, 3, Float.POSITIVE_INFINITY, -1);
    }

    /** Copies of an output for frames of noise, one region each. */
    private static List<float[]> run(Session session, String output) {
        List<float[]> outputs = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            try (Frame frame = TestFrames.noise(32 + 8 * i, 24, i)) {
                outputs.add(floats(
                        session.run(EIGHT, frame, List.of(frame.bounds())).get(output)));
            }
        }
        return outputs;
    }

    private static float[] floats(Tensor tensor) {
        float[] copy = new float[tensor.elements()];
        tensor.floats().get(0, copy);
        return copy;
    }

    private static float median(float[] values) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static BitSet keptRows(RowFilter filter, float[] whole) {
        BitSet kept = new BitSet();
        for (int row = 0; row < filter.rows(); row++) {
            for (int s = filter.first(); s < filter.first() + filter.count(); s++) {
                if (!(whole[filter.index(row, s)] <= filter.over())) {
                    kept.set(row);
                }
            }
        }
        return kept;
    }

    private static void assertKept(RowFilter filter, float[] whole, float[] filtered) {
        assertThat(filtered).hasSameSizeAs(whole);
        BitSet kept = keptRows(filter, whole);
        for (int row = 0; row < filter.rows(); row++) {
            boolean isKept = kept.get(row);
            for (int e = isKept ? 0 : filter.first();
                    e < (isKept ? filter.length() : filter.first() + filter.count());
                    e++) {
                float value = filtered[filter.index(row, e)];
                float expected = whole[filter.index(row, e)];
                assertThat(value == expected || (!isKept && value == filter.absent()))
                        .as("%s: element %d of row %d is %s, was %s", filter, e, row, value, expected)
                        .isTrue();
            }
        }
    }

    private static void assertSame(List<float[]> expected, List<float[]> found) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i)).isEqualTo(expected.get(i));
        }
    }

    private Session openWithDoubled() {
        return runtime().open(AFFINE_WITH_DOUBLED, SessionOptions.defaults().withMaxBatch(2));
    }

    private Session open(int maxBatch) {
        return runtime().open(AFFINE, SessionOptions.defaults().withMaxBatch(maxBatch));
    }
}

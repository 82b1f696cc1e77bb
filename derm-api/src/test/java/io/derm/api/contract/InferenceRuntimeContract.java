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
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Tensor;
import io.derm.api.Tensors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
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

    private Session open(int maxBatch) {
        return runtime().open(AFFINE, SessionOptions.defaults().withMaxBatch(maxBatch));
    }
}

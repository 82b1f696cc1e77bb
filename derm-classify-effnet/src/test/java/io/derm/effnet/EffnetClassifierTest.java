package io.derm.effnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.Session;
import io.derm.api.SessionOptions;
import io.derm.api.Signature;
import io.derm.api.Tensors;
import io.derm.api.contract.ClassifierContract;
import io.derm.api.contract.TestFrames;
import io.derm.ort.OrtRuntime;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract and the crops, on a model whose probabilities follow from the colour at the centre of the crop. */
class EffnetClassifierTest extends ClassifierContract {
    private static final Path COLOURS = Path.of("src/test/resources/colours.onnx");

    @Override
    protected Classifier open() {
        return EffnetClassifier.open(
                new OrtRuntime(),
                Model.of(COLOURS),
                SessionOptions.defaults().withThreads(1).withMaxBatch(7),
                EffnetOptions.defaults());
    }

    @Test
    void colour_ofOneRegion_givesItsProbabilities() {
        try (Classifier classifier = open();
                Frame frame = TestFrames.solid(40, 30, 51, 102, 153)) {
            // Blue 0.2, green 0.4, red 0.6: logits 8, 4 and 12 for benign, unknown and melanoma.
            Assessment a = classifier.classify(frame, List.of(frame.bounds())).get(0);
            double sum = Math.exp(8) + Math.exp(4) + Math.exp(12);
            assertThat((double) a.probability(LesionClass.BENIGN)).isCloseTo(Math.exp(8) / sum, within(1e-5));
            assertThat((double) a.probability(LesionClass.UNKNOWN)).isCloseTo(Math.exp(4) / sum, within(1e-5));
            assertThat((double) a.probability(LesionClass.MELANOMA)).isCloseTo(Math.exp(12) / sum, within(1e-5));
            assertThat(a.lesionClass()).isEqualTo(LesionClass.MELANOMA);
        }
    }

    @Test
    void crop_atTheBorder_isMovedInside() {
        try (Classifier classifier = open();
                Frame frame = redGradient(100, 80)) {
            List<Assessment> found = classifier.classify(
                    frame,
                    List.of(
                            new Box(40, 30, 60, 50), // side 25 around (50, 40)
                            new Box(-20, -10, 30, 30), // clipped to 30 x 30, side 37.5, moved to 0..37.5
                            new Box(90, 70, 100, 80), // side 12.5, moved to 87.5..100
                            new Box(0, 0, 100, 80))); // side 80, the shorter of the frame, around 50
            double[] centre = {50, 18.75, 93.75, 50};
            for (int i = 0; i < centre.length; i++) {
                assertThat(red(found.get(i))).as("region %d", i).isCloseTo(centre[i] - 0.5, within(0.3));
            }
        }
    }

    @Test
    void regions_moreThanABatch_areRunInSeveral() {
        List<Integer> batches = new ArrayList<>();
        Model model = Model.of(COLOURS);
        Session session = new OrtRuntime()
                .open(model, SessionOptions.defaults().withThreads(1).withMaxBatch(4));
        try (Classifier classifier =
                        new EffnetClassifier(recording(session, batches), model, EffnetOptions.defaults());
                Frame frame = redGradient(240, 40)) {
            List<Box> regions = new ArrayList<>();
            for (int i = 0; i < 11; i++) {
                regions.add(Box.ofSize(10 + 20 * i, 10, 8, 8));
            }
            List<Assessment> found = classifier.classify(frame, regions);
            assertThat(batches).containsExactly(4, 4, 3);
            for (int i = 0; i < 11; i++) {
                assertThat(red(found.get(i))).isCloseTo(10 + 20 * i + 4 - 0.5, within(0.3));
            }
        }
    }

    @Test
    void region_touchingTheFrameInALine_isRefusedBeforeAnythingRuns() {
        try (Classifier classifier = open();
                Frame frame = TestFrames.noise(50, 40, 1)) {
            assertThatThrownBy(() -> classifier.classify(frame, List.of(frame.bounds(), new Box(50, 0, 60, 10))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Region 1 is " + new Box(50, 0, 60, 10) + ", outside the frame of 50x40");
        }
    }

    @Test
    void open_ofAModelThatCannotBeUnderstood_closesTheSession() {
        FixedSession session = new FixedSession(
                Fixtures.signature(java.util.Map.of(), Fixtures.scores("s", 1).info()), Fixtures.scores("s", 1));
        OrtRuntime real = new OrtRuntime();
        io.derm.api.InferenceRuntime runtime = new io.derm.api.InferenceRuntime() {
            @Override
            public String name() {
                return real.name();
            }

            @Override
            public int priority() {
                return real.priority();
            }

            @Override
            public io.derm.api.Availability availability() {
                return real.availability();
            }

            @Override
            public Session open(Model model, SessionOptions options) {
                return session;
            }
        };
        assertThatThrownBy(() -> EffnetClassifier.open(
                        runtime, Fixtures.model(), SessionOptions.defaults(), EffnetOptions.defaults()))
                .hasMessageStartingWith("[DERM-060]");
        assertThat(session.closed()).isTrue();
    }

    /** Red level at the centre of the crop, from logits 20 red / 255 against 0. */
    private static double red(Assessment a) {
        return Math.log(a.probability(LesionClass.MELANOMA) / a.probability(LesionClass.BENIGN)) * 255 / 20;
    }

    /** Red rises by a level a column, blue and green are 0. */
    private static Frame redGradient(int width, int height) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(3 * width * height);
        for (int i = 0; i < width * height; i++) {
            pixels.put(3 * i + 2, (byte) (i % width));
        }
        return Frame.wrap(pixels, width, height, 3 * width, PixelFormat.BGR24);
    }

    private static Session recording(Session session, List<Integer> batches) {
        return new Session() {
            @Override
            public Signature signature() {
                return session.signature();
            }

            @Override
            public int maxBatch() {
                return session.maxBatch();
            }

            @Override
            public Tensors run(ImageInput input, Frame frame, List<Box> regions) {
                batches.add(regions.size());
                return session.run(input, frame, regions);
            }

            @Override
            public Tensors run(Tensors inputs) {
                return session.run(inputs);
            }

            @Override
            public void close() {
                session.close();
            }
        };
    }
}

package io.derm.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Frame;
import io.derm.api.FramePool;
import io.derm.api.LesionClass;
import io.derm.api.Model;
import io.derm.api.PixelFormat;
import io.derm.api.RuntimeUse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is its own of a classifier's trial and switch; the rest is in {@link SwappableDetectorTest}. */
@Timeout(30)
class SwappableClassifierTest {
    private static final SwapOptions QUICK =
            SwapOptions.defaults().withFrames(5).withMaxSlowdown(1e9).withTimeoutMillis(20_000);
    private static final Box LEFT = Box.ofSize(0, 4, 8, 8);
    private static final Box RIGHT = Box.ofSize(20, 4, 8, 8);

    private final FramePool pool = new FramePool(4, true);

    @AfterEach
    void noFrame_isLeftBehind() {
        assertThat(pool.leaks()).isEmpty();
    }

    private static Classifier classifier(String runtime, Function<List<Box>, List<Assessment>> answers) {
        return new Classifier() {
            @Override
            public List<Assessment> classify(Frame frame, List<Box> regions) {
                return answers.apply(regions);
            }

            @Override
            public Model model() {
                throw new UnsupportedOperationException();
            }

            @Override
            public RuntimeUse runtime() {
                return RuntimeUse.of(runtime);
            }

            @Override
            public void close() {}
        };
    }

    /** Takes what is in the right half for a melanoma. */
    private static List<Assessment> bySide(List<Box> regions) {
        List<Assessment> answers = new ArrayList<>();
        for (Box region : regions) {
            LesionClass c = region.left() < 16 ? LesionClass.BENIGN : LesionClass.MELANOMA;
            answers.add(new Assessment(
                    c,
                    Map.of(
                            LesionClass.BENIGN, c == LesionClass.BENIGN ? 1f : 0f,
                            LesionClass.MELANOMA, c == LesionClass.MELANOMA ? 1f : 0f,
                            LesionClass.UNKNOWN, 0f),
                    Map.of()));
        }
        return answers;
    }

    /** Looks at them when the caller has its lists back. */
    private static List<Assessment> bySideLater(List<Box> regions) {
        StandIns.passes(3);
        return bySide(regions);
    }

    private SwapStatus runUntil(SwappableClassifier classifier, CompletableFuture<SwapStatus> swap) throws Exception {
        for (long i = 0; !swap.isDone(); i++) {
            try (Frame f = pool.lease(32, 32, PixelFormat.BGR24, i, i, System.nanoTime())) {
                List<Box> regions = new ArrayList<>(List.of(LEFT));
                List<Assessment> answers = classifier.classify(f, regions);
                // Both lists are the caller's again.
                regions.set(0, RIGHT);
                answers.clear();
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return swap.get();
    }

    @Test
    void propose_whileTheCallerChangesItsLists_comparesWhatWasAsked() throws Exception {
        try (SwappableClassifier classifier =
                new SwappableClassifier("old", () -> classifier("old", SwappableClassifierTest::bySide))) {
            SwapStatus status = runUntil(
                    classifier,
                    classifier.propose("same", () -> classifier("new", SwappableClassifierTest::bySideLater), QUICK));
            assertThat(status.reason()).isEmpty();
            assertThat(status.agreement()).hasValue(1);
        }
    }

    @Test
    void propose_oneThatDoesNotAssessEachRegion_isRefusedWithItsReason() throws Exception {
        try (SwappableClassifier classifier =
                new SwappableClassifier("old", () -> classifier("old", SwappableClassifierTest::bySide))) {
            SwapStatus status = runUntil(
                    classifier, classifier.propose("none", () -> classifier("new", regions -> List.of()), QUICK));
            assertThat(status.state()).isEqualTo(SwapState.REFUSED);
            assertThat(status.reason()).startsWith("[DERM-160]").contains("gave 0 assessments of 1 regions");
        }
    }

    @Test
    void runtime_afterASwitch_isOfWhoGaveTheLastAnswer() throws Exception {
        try (SwappableClassifier classifier =
                        new SwappableClassifier("old", () -> classifier("old", SwappableClassifierTest::bySide));
                Frame f = pool.lease(32, 32, PixelFormat.BGR24, 0, 0, System.nanoTime())) {
            assertThat(classifier.runtime()).isEqualTo(RuntimeUse.of("old"));
            classifier.classify(f, List.of(LEFT));
            classifier
                    .propose(
                            "new",
                            () -> classifier("new", SwappableClassifierTest::bySide),
                            new SwapOptions(0, 0, 0, Double.MAX_VALUE, 20_000))
                    .get(20, TimeUnit.SECONDS);
            assertThat(classifier.runtime()).isEqualTo(RuntimeUse.of("old"));
            classifier.classify(f, List.of(LEFT));
            assertThat(classifier.runtime()).isEqualTo(RuntimeUse.of("new"));
        }
    }
}

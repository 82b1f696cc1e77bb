package io.derm.phantom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.LesionClass;
import io.derm.phantom.SceneRenderer.Studio;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PhantomSceneTest {
    private static final Studio PLAIN = new Studio(-1, true, true);

    @Test
    void scene_sameSeed_sameBytesAndTruth() {
        SceneRenderer used = new SceneRenderer(416, 416);
        used.render(99, Framing.MIXED);
        for (long seed = 1; seed <= 4; seed++) {
            PhantomScene fresh = PhantomScene.of(seed);
            PhantomScene again = used.render(seed, Framing.MIXED);
            assertThat(again.bgr()).isEqualTo(fresh.bgr());
            assertThat(again.lesions()).isEqualTo(fresh.lesions());
        }
    }

    @Test
    void scene_otherSeed_otherBytes() {
        assertThat(PhantomScene.of(1).bgr()).isNotEqualTo(PhantomScene.of(2).bgr());
    }

    /** Models are trained and measured on these pictures: other bytes are other data. */
    @Test
    void scene_ofASeed_keepsItsBytes() throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (long seed = 1; seed <= 12; seed++) {
            digest.update(PhantomScene.of(seed, 96, 80, Framing.MIXED).bgr());
        }
        assertThat(HexFormat.of().formatHex(digest.digest()))
                .isEqualTo("554d8a3b7052ae8abac98e823a1be3662935ba3dd490af73d8fce44a99c303df");
    }

    @Test
    void bare_scene_differsOnlyWhereLesionsWere() {
        SceneRenderer renderer = new SceneRenderer(208, 208);
        int taken = 0;
        for (long seed = 20; seed < 24; seed++) {
            PhantomScene scene = renderer.render(seed, Framing.MIDDLE, PLAIN);
            PhantomScene bare = renderer.render(seed, Framing.MIDDLE, new Studio(-1, true, true, 0, true));
            taken += scene.lesions().size();
            assertThat(bare.lesions()).isEmpty();
            byte[] with = scene.bgr();
            byte[] without = bare.bgr();
            for (int i = 0; i < with.length; i++) {
                float x = i / 3 % 208 + 0.5f;
                float y = i / 3 / 208 + 0.5f;
                if (without[i] != with[i]) {
                    assertThat(scene.lesions())
                            .as("seed %d at %.0f,%.0f", seed, x, y)
                            .anyMatch(t -> near(t, x, y));
                }
            }
        }
        assertThat(taken).isGreaterThan(8);
    }

    /** Within the box and as much again on each side: pigment fades out over the border. */
    private static boolean near(LesionTruth t, float x, float y) {
        Box b = t.box();
        float reach = 4 + Math.max(b.width(), b.height());
        return Math.abs(x - b.centerX()) < reach && Math.abs(y - b.centerY()) < reach;
    }

    @Test
    void frame_ofAScene_holdsItsPixels() {
        PhantomScene scene = PhantomScene.of(3, 96, 64, Framing.MIDDLE);
        byte[] expected = scene.bgr();
        try (Frame frame = scene.frame()) {
            assertThat(frame.width()).isEqualTo(96);
            assertThat(frame.height()).isEqualTo(64);
            byte[] actual = new byte[expected.length];
            frame.pixels().get(0, actual);
            assertThat(actual).isEqualTo(expected);
        }
    }

    @Test
    void scene_tooSmall_isRefused() {
        assertThatThrownBy(() -> PhantomScene.of(1, 63, 200, Framing.WIDE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Scene is 63x200, expected at least 64x64");
    }

    /** A box is right when the picture changes inside it and nowhere else as the lesion is taken away. */
    @Test
    void box_againstThePictureWithoutTheLesion_fitsWithinTwoPixels() {
        SceneRenderer renderer = new SceneRenderer(416, 416);
        List<Float> errors = new ArrayList<>();
        for (Framing framing : List.of(Framing.CLOSE_UP, Framing.MIDDLE, Framing.WIDE)) {
            for (long seed = 20; seed < 26; seed++) {
                PhantomScene scene = renderer.render(seed, framing, PLAIN);
                for (LesionTruth truth :
                        scene.lesions().subList(0, Math.min(3, scene.lesions().size()))) {
                    boolean[] shown = GroundTruth.shown(renderer, seed, framing, scene, truth.id());
                    int[] seen = GroundTruth.bounds(shown, 416, 416);
                    Box box = truth.box();
                    // A soft border has no one place: relative to a large lesion's size the two may differ more.
                    float unit = Math.max(1, Math.max(box.width(), box.height()) / 40);
                    errors.add(Math.abs(box.left() - seen[0]) / unit);
                    errors.add(Math.abs(box.top() - seen[1]) / unit);
                    errors.add(Math.abs(box.right() - seen[2]) / unit);
                    errors.add(Math.abs(box.bottom() - seen[3]) / unit);
                }
            }
        }
        Collections.sort(errors);
        assertThat(errors).hasSizeGreaterThan(120);
        assertThat(errors.get(errors.size() / 2)).as("median").isLessThanOrEqualTo(1);
        assertThat(errors.get(errors.size() * 9 / 10)).as("nine in ten").isLessThanOrEqualTo(2);
    }

    @Test
    void lesions_manyScenes_keepTheirSizeRangeAndLieInTheFrame() {
        SceneRenderer renderer = new SceneRenderer(416, 416);
        float smallest = 999;
        float largest = 0;
        Box frame = new Box(0, 0, 416, 416);
        for (Framing framing : List.of(Framing.CLOSE_UP, Framing.WIDE)) {
            for (long seed = 0; seed < 25; seed++) {
                for (LesionTruth truth : renderer.render(seed, framing).lesions()) {
                    float side = Math.max(truth.box().width(), truth.box().height());
                    smallest = Math.min(smallest, side);
                    largest = Math.max(largest, truth.diameterPixels());
                    assertThat(truth.box().clip(frame)).isEqualTo(truth.box());
                    assertThat(truth.visible()).isBetween(0.65f, 1f);
                }
            }
        }
        assertThat(smallest).isBetween(6f, 8f);
        assertThat(largest).isBetween(200f, 250f);
    }

    @Test
    void scenes_many_showEveryToneFramingClassAndSomeWithoutLesions() {
        SceneRenderer renderer = new SceneRenderer(416, 416);
        Set<SkinTone> tones = EnumSet.noneOf(SkinTone.class);
        Set<Framing> framings = EnumSet.noneOf(Framing.class);
        Set<LesionClass> classes = EnumSet.noneOf(LesionClass.class);
        int empty = 0;
        for (long seed = 0; seed < 60; seed++) {
            PhantomScene scene = renderer.render(seed, Framing.MIXED);
            tones.add(scene.tone());
            framings.add(scene.framing());
            scene.lesions().forEach(t -> classes.add(t.lesionClass()));
            empty += scene.lesions().isEmpty() ? 1 : 0;
        }
        assertThat(tones).containsExactlyInAnyOrder(SkinTone.values());
        assertThat(framings).containsExactlyInAnyOrder(Framing.CLOSE_UP, Framing.MIDDLE, Framing.WIDE);
        assertThat(classes).containsExactlyInAnyOrder(LesionClass.values());
        assertThat(empty).isBetween(1, 15);
    }

    @Test
    void asymmetry_measuredOnPixels_risesFromBenignOverUnknownToMelanoma() {
        SceneRenderer renderer = new SceneRenderer(416, 416);
        Map<LesionClass, List<Double>> measured = new EnumMap<>(LesionClass.class);
        for (long seed = 0; seed < 45; seed++) {
            PhantomScene scene = renderer.render(seed, Framing.CLOSE_UP, PLAIN);
            if (scene.lesions().isEmpty()) {
                continue;
            }
            LesionTruth truth = scene.lesions().get(0);
            if (truth.visible() < 0.98f) {
                continue;
            }
            boolean[] shown = GroundTruth.shown(renderer, seed, Framing.CLOSE_UP, scene, truth.id());
            measured.computeIfAbsent(truth.lesionClass(), c -> new ArrayList<>())
                    .add(GroundTruth.asymmetry(shown, 416, 416));
        }
        double benign = mean(measured.get(LesionClass.BENIGN));
        double unknown = mean(measured.get(LesionClass.UNKNOWN));
        double melanoma = mean(measured.get(LesionClass.MELANOMA));
        assertThat(unknown).isGreaterThan(benign);
        assertThat(melanoma).isGreaterThan(unknown).isGreaterThan(1.5 * benign);
    }

    /** The area under the ROC curve of one number alone; 0.5 tells nothing. */
    @Test
    void diameter_alone_doesNotTellTheClass() {
        SceneRenderer renderer = new SceneRenderer(416, 416);
        List<Float> benign = new ArrayList<>();
        List<Float> melanoma = new ArrayList<>();
        for (long seed = 100; seed < 160; seed++) {
            for (LesionTruth truth : renderer.render(seed, Framing.MIDDLE).lesions()) {
                if (truth.lesionClass() == LesionClass.BENIGN) {
                    benign.add(truth.diameterPixels());
                } else if (truth.lesionClass() == LesionClass.MELANOMA) {
                    melanoma.add(truth.diameterPixels());
                }
            }
        }
        long wins = melanoma.stream()
                .mapToLong(m -> benign.stream().filter(b -> m > b).count())
                .sum();
        double auc = (double) wins / ((double) melanoma.size() * benign.size());
        assertThat(auc).isBetween(0.38, 0.62);
    }

    private static double mean(List<Double> values) {
        assertThat(values).hasSizeGreaterThan(4);
        return values.stream().mapToDouble(v -> v).average().orElseThrow();
    }
}

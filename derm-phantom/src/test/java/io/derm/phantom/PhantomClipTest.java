package io.derm.phantom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.FrameSource;
import io.derm.api.LesionClass;
import io.derm.api.contract.FrameSourceContract;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class PhantomClipTest extends FrameSourceContract {
    private static final int FRAMES = 5;

    private static PhantomClip clip(int frames, long seed) {
        return new PhantomClip(new PhantomClip.Options(480, 270, 30, frames, seed));
    }

    @Override
    protected FrameSource open() {
        return clip(FRAMES, 7);
    }

    @Override
    protected int expectedFrames() {
        return FRAMES;
    }

    private static byte[] pixels(PhantomClip clip) throws Exception {
        try (Frame frame = clip.next().orElseThrow()) {
            byte[] out = new byte[3 * frame.width() * frame.height()];
            frame.pixels().get(0, out);
            return out;
        }
    }

    @Test
    void next_sameSeed_sameBytes() throws Exception {
        try (PhantomClip a = clip(4, 3);
                PhantomClip b = clip(4, 3);
                PhantomClip c = clip(4, 4)) {
            for (int n = 0; n < 4; n++) {
                byte[] first = pixels(a);
                assertThat(pixels(b)).isEqualTo(first);
                assertThat(pixels(c)).isNotEqualTo(first);
                assertThat(b.truth(n)).isEqualTo(a.truth(n));
            }
        }
    }

    @Test
    void next_whileAllFramesAreOut_endsWhenTheClipIsClosed() throws Exception {
        PhantomClip clip = clip(40, 2);
        List<Frame> held = new ArrayList<>();
        CompletableFuture<Boolean> ended = CompletableFuture.supplyAsync(() -> {
            try {
                while (true) {
                    Optional<Frame> frame = clip.next();
                    if (frame.isEmpty()) {
                        return held.size() < 40;
                    }
                    held.add(frame.get());
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThatThrownBy(() -> ended.get(3, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
        clip.close();
        assertThat(ended.get(5, TimeUnit.SECONDS)).isTrue();
        held.forEach(Frame::close);
    }

    /** Lesions do not move on the body: seen through the camera's inverse, an identity stays where it was. */
    @Test
    void truth_sameIdentity_isTheSamePlaceOnTheCanvas() {
        int frames = 240;
        try (PhantomClip clip = clip(frames, 11)) {
            Map<Integer, float[]> place = new HashMap<>();
            Map<Integer, LesionClass> kind = new HashMap<>();
            int met = 0;
            for (int n = 0; n < frames; n += 3) {
                CameraPath.View view = clip.view(n);
                for (LesionTruth truth : clip.truth(n)) {
                    if (truth.visible() < 0.999f) {
                        continue;
                    }
                    float x = view.canvasX(truth.box().centerX(), truth.box().centerY());
                    float y = view.canvasY(truth.box().centerX(), truth.box().centerY());
                    float[] first = place.computeIfAbsent(truth.id(), id -> new float[] {x, y});
                    assertThat(Math.hypot(x - first[0], y - first[1])).isLessThan(3);
                    assertThat(kind.computeIfAbsent(truth.id(), id -> truth.lesionClass()))
                            .isEqualTo(truth.lesionClass());
                    met++;
                }
            }
            assertThat(place).hasSizeGreaterThan(2);
            assertThat(met).isGreaterThan(40);
            List<float[]> places = new ArrayList<>(place.values());
            places.sort(Comparator.comparingDouble(p -> p[0]));
            for (int i = 1; i < places.size(); i++) {
                float[] a = places.get(i - 1);
                float[] b = places.get(i);
                assertThat(Math.hypot(a[0] - b[0], a[1] - b[1])).isGreaterThan(6);
            }
        }
    }

    @Test
    void truth_wholeClip_neverMoreThanSixAndInsideTheFrame() {
        int frames = 600;
        try (PhantomClip clip = clip(frames, 5)) {
            Box frame = new Box(0, 0, 480, 270);
            int most = 0;
            int total = 0;
            for (int n = 0; n < frames; n += 2) {
                List<LesionTruth> truths = clip.truth(n);
                most = Math.max(most, truths.size());
                total += truths.size();
                for (LesionTruth truth : truths) {
                    assertThat(truth.box().clip(frame)).isEqualTo(truth.box());
                }
            }
            assertThat(most).isBetween(2, PhantomClip.MOST_IN_VIEW);
            assertThat(total).isGreaterThan(frames / 2);
        }
    }

    @Test
    void truth_at720p_sizesAreThoseOfTheContract() {
        try (PhantomClip clip = new PhantomClip(PhantomClip.Options.of(300, 21))) {
            for (int n = 0; n < 300; n += 10) {
                for (LesionTruth truth : clip.truth(n)) {
                    if (truth.visible() > 0.999f) {
                        assertThat(Math.max(truth.box().width(), truth.box().height()))
                                .isBetween(22f, 260f);
                    }
                }
            }
        }
    }

    /** The picture is what the truth speaks of: inside its box a lesion stands out against the ring around it. */
    @Test
    void truth_box_holdsWhatStandsOut() throws Exception {
        int frames = 60;
        int stands = 0;
        int total = 0;
        try (PhantomClip clip = clip(frames, 13)) {
            for (int n = 0; n < frames; n++) {
                byte[] bgr = pixels(clip);
                if (n % 10 != 0) {
                    continue;
                }
                for (LesionTruth truth : clip.truth(n)) {
                    if (truth.visible() < 0.999f) {
                        continue;
                    }
                    Box b = truth.box();
                    double[] inner =
                            mean(bgr, Box.ofCenter(b.centerX(), b.centerY(), b.width() / 2, b.height() / 2), null);
                    double[] ring =
                            mean(bgr, Box.ofCenter(b.centerX(), b.centerY(), b.width() * 1.5f, b.height() * 1.5f), b);
                    double far =
                            Math.abs(inner[0] - ring[0]) + Math.abs(inner[1] - ring[1]) + Math.abs(inner[2] - ring[2]);
                    stands += far > 15 ? 1 : 0;
                    total++;
                }
            }
        }
        assertThat(total).isGreaterThan(4);
        assertThat(stands).isGreaterThanOrEqualTo((int) Math.ceil(0.9 * total));
    }

    private static double[] mean(byte[] bgr, Box box, Box without) {
        double[] sum = new double[3];
        int n = 0;
        for (int y = Math.max(0, (int) box.top()); y < Math.min(270, box.bottom()); y++) {
            for (int x = Math.max(0, (int) box.left()); x < Math.min(480, box.right()); x++) {
                if (without != null
                        && x >= without.left()
                        && x < without.right()
                        && y >= without.top()
                        && y < without.bottom()) {
                    continue;
                }
                for (int c = 0; c < 3; c++) {
                    sum[c] += bgr[3 * (y * 480 + x) + c] & 255;
                }
                n++;
            }
        }
        return new double[] {sum[0] / n, sum[1] / n, sum[2] / n};
    }

    @Test
    void truth_outsideTheClip_isRefused() {
        try (PhantomClip clip = clip(3, 1)) {
            assertThatThrownBy(() -> clip.truth(3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Frame is 3, expected 0 to 2");
        }
    }

    @Test
    void options_impossible_areRefused() {
        assertThatThrownBy(() -> new PhantomClip.Options(100, 720, 30, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Clip is 100x720, expected 320x180 to 3840x2160");
        assertThatThrownBy(() -> new PhantomClip.Options(1280, 720, 0, 1, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void truth_noLesionsAskedFor_isEmptyAndTheThingsAreThere() throws Exception {
        PhantomClip.Options bare = new PhantomClip.Options(480, 270, 30, 3, 7).withMostLesions(0);
        try (PhantomClip none = new PhantomClip(bare);
                PhantomClip things = new PhantomClip(bare.withMoreThings(25))) {
            assertThat(none.truth(0)).isEmpty();
            assertThat(things.truth(0)).isEmpty();
            assertThat(pixels(things)).isNotEqualTo(pixels(none));
        }
    }

    @Test
    void truth_somethingPassesOverALesion_losesItForAWhile() throws Exception {
        int frames = 150;
        PhantomClip.Options options = new PhantomClip.Options(480, 270, 30, frames, 7);
        int hidden = 0;
        int comeBack = 0;
        try (PhantomClip clear = new PhantomClip(options);
                PhantomClip passed = new PhantomClip(options.withPassers(3))) {
            for (int n = 0; n < frames; n++) {
                byte[] with = pixels(passed);
                byte[] without = pixels(clear);
                List<Integer> seen =
                        passed.truth(n).stream().map(LesionTruth::id).toList();
                for (LesionTruth truth : clear.truth(n)) {
                    double changed = changed(with, without, truth.box());
                    if (!seen.contains(truth.id())) {
                        hidden++;
                        // A lesion goes from the truth only where the picture of it has gone as well.
                        assertThat(changed)
                                .as("lesion %d of frame %d", truth.id(), n)
                                .isGreaterThan(0.3);
                    } else if (changed == 0) {
                        comeBack++;
                    }
                }
            }
        }
        assertThat(hidden).isBetween(10, 400);
        assertThat(comeBack).isGreaterThan(hidden);
    }

    private static double changed(byte[] a, byte[] b, Box box) {
        int changed = 0;
        int all = 0;
        for (int y = (int) box.top(); y < (int) box.bottom(); y++) {
            for (int x = (int) box.left(); x < (int) box.right(); x++) {
                int o = 3 * (y * 480 + x);
                changed += Math.abs(a[o + 1] - b[o + 1]) > 4 ? 1 : 0;
                all++;
            }
        }
        return (double) changed / Math.max(1, all);
    }
}

package io.derm.phantom;

import static org.assertj.core.api.Assertions.assertThat;

import io.derm.phantom.SceneRenderer.Studio;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SkinToneTest {
    @Test
    void ofIta_publishedBounds_giveTheType() {
        assertThat(SkinTone.ofIta(60)).isEqualTo(SkinTone.I);
        assertThat(SkinTone.ofIta(55)).isEqualTo(SkinTone.II);
        assertThat(SkinTone.ofIta(41.1)).isEqualTo(SkinTone.II);
        assertThat(SkinTone.ofIta(35)).isEqualTo(SkinTone.III);
        assertThat(SkinTone.ofIta(28)).isEqualTo(SkinTone.IV);
        assertThat(SkinTone.ofIta(0)).isEqualTo(SkinTone.V);
        assertThat(SkinTone.ofIta(-30)).isEqualTo(SkinTone.VI);
        assertThat(SkinTone.ofIta(-60)).isEqualTo(SkinTone.VI);
    }

    /** The angle from coded pixels by the formulas of IEC 61966-2-1 and CIE 15, against the one that the scene states. */
    @Test
    void ita_ofUnlitPixels_liesInTheStatedType() {
        SceneRenderer renderer = new SceneRenderer(416, 416);
        Set<SkinTone> seen = EnumSet.noneOf(SkinTone.class);
        for (long seed = 0; seed < 30; seed++) {
            PhantomScene scene = renderer.render(seed, Framing.WIDE, new Studio(-1, true, true));
            PhantomScene close = renderer.render(seed, Framing.MIDDLE, new Studio(-1, true, true));
            for (PhantomScene s : new PhantomScene[] {scene, close}) {
                double measured = medianIta(s.bgr(), s.ita());
                assertThat(measured)
                        .as("seed %d", seed)
                        .isBetween(s.tone().itaLow(), s.tone().itaHigh());
                assertThat(measured).as("seed %d", seed).isBetween(s.ita() - 6, s.ita() + 6);
                seen.add(s.tone());
            }
        }
        assertThat(seen).containsExactlyInAnyOrder(SkinTone.values());
    }

    /** Median over the pixels within 25 degrees of the skin's own angle: lesions, cloth and background are left out. */
    private static double medianIta(byte[] bgr, double about) {
        double[] angles = new double[bgr.length / 3];
        int n = 0;
        for (int i = 0; i < bgr.length; i += 3) {
            double r = linear(bgr[i + 2] & 255);
            double g = linear(bgr[i + 1] & 255);
            double b = linear(bgr[i] & 255);
            double y = f(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
            double z = f((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
            double angle = Math.toDegrees(Math.atan2(116 * y - 16 - 50, 200 * (y - z)));
            if (Math.abs(angle - about) < 25) {
                angles[n++] = angle;
            }
        }
        assertThat(n).isGreaterThan(bgr.length / 3 / 5);
        Arrays.sort(angles, 0, n);
        return angles[n / 2];
    }

    private static double linear(int code) {
        double v = code / 255.0;
        return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
    }

    private static double f(double t) {
        return t > 216.0 / 24389 ? Math.cbrt(t) : (24389.0 / 27 * t + 16) / 116;
    }
}

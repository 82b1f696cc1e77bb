package io.derm.phantom;

import io.derm.api.Box;
import io.derm.api.LesionClass;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A stretch of painted skin, larger than the frame, that a camera moves over. Immutable once made. */
final class ClipCanvas {
    /** A lesion's place on the canvas: the window of its mask and which of its pixels can be seen. */
    record Spot(LesionTruth truth, int left, int top, int width, int height, BitSet seen) {}

    private static final int LANE = 21;
    private static final List<LesionClass> KINDS = List.of(LesionClass.values());

    final int width;
    final int height;
    /** Coded colours, three lanes of ten bits: red, green, blue from the top. */
    final long[] sharp;
    /** The same at half size, out of focus. */
    final long[] soft;

    final List<Spot> spots = new ArrayList<>();
    final SkinTone tone;
    final double ita;

    ClipCanvas(int width, int height, CameraPath path, PhantomClip.Options options, Rng rng) {
        this.width = width;
        this.height = height;
        float unit = height / 1440f;
        float pixelsPerMm = unit * rng.in(3.5, 6);
        tone = SkinTone.any(rng);
        Lab skin = tone.draw(rng);
        ita = skin.ita();
        Noise noise = new Noise(rng);
        Planes planes = new Planes(width, height);
        Form form = new Form(rng.chance(0.5) ? Form.Kind.FULL : Form.Kind.SIDE, width, height, rng, noise, 0.8f);
        Lighting light = new Lighting(width, height, form, rng, noise, rng.in(0.02, 0.2));
        SkinPainter painter = new SkinPainter(planes, noise, rng.split(), pixelsPerMm);
        painter.paint(skin, light);
        painter.freckles(skin);
        painter.blotches();
        painter.vessels(skin.l() > 45);
        painter.creases(2);
        Distractors distractors = new Distractors(planes, noise, rng.split(), skin, pixelsPerMm, light, form);
        if (form.kind != Form.Kind.FULL) {
            distractors.background(false);
        }
        int things = rng.between(5, 9) + options.moreThings();
        for (int k = 0; k < things; k++) {
            distractors.paintOne(true);
        }
        lesions(rng.split(), unit, path, options, skin, new LesionPainter(planes, noise), planes, light, form);
        new HairPainter(planes, rng.split()).paint(skin, pixelsPerMm, rng.between(20, 160), 0.07f, false);
        Optics.Settings settings = Optics.Settings.draw(rng, 24);
        sharp = develop(planes, light, settings);
        soft = defocus();
    }

    private void lesions(
            Rng rng,
            float unit,
            CameraPath path,
            PhantomClip.Options options,
            Lab skin,
            LesionPainter painter,
            Planes planes,
            Lighting light,
            Form form) {
        LesionPlacer placer = new LesionPlacer(planes, painter, light, form);
        List<LesionTruth> placed = new ArrayList<>();
        int[] inView = new int[options.frames()];
        float darkness = rng.unit();
        for (int tries = 0; tries < 160 && placed.size() < options.mostLesions(); tries++) {
            LesionClass kind = KINDS.get(rng.below(KINDS.size()));
            float radius = unit * rng.logIn(32, 140) / 2;
            float x = rng.in(0.03, 0.97) * width;
            float y = rng.in(0.03, 0.97) * height;
            Lesion lesion = new Lesion(placed.size(), kind, x, y, radius, skin, darkness, rng);
            LesionTruth truth = placer.place(lesion, placed);
            if (truth == null || crowded(truth.box(), path, inView)) {
                continue;
            }
            spots.add(spot(lesion, truth, planes, painter));
            placed.add(truth);
            painter.paint(lesion, light);
        }
    }

    /** Whether some frame would show more lesions than wanted; counts the lesion in where not. */
    private static boolean crowded(Box box, CameraPath path, int[] inView) {
        boolean[] here = new boolean[inView.length];
        float r = 0.75f * Math.max(box.width(), box.height());
        for (int n = 0; n < inView.length; n++) {
            CameraPath.View view = path.at(n);
            float x = view.frameX(box.centerX(), box.centerY());
            float y = view.frameY(box.centerX(), box.centerY());
            float reach = r * view.zoom();
            here[n] = x > -reach && y > -reach && x < view.width() + reach && y < view.height() + reach;
            if (here[n] && inView[n] >= PhantomClip.MOST_IN_VIEW) {
                return true;
            }
        }
        for (int n = 0; n < here.length; n++) {
            inView[n] += here[n] ? 1 : 0;
        }
        return false;
    }

    private static Spot spot(Lesion lesion, LesionTruth truth, Planes planes, LesionPainter painter) {
        Box b = truth.box();
        int left = (int) b.left();
        int top = (int) b.top();
        int w = (int) b.right() - left;
        int h = (int) b.bottom() - top;
        float[] alpha = painter.alphas(lesion, left, top, w, h);
        BitSet seen = new BitSet(w * h);
        for (int i = 0; i < w * h; i++) {
            int at = (top + i / w) * planes.width + left + i % w;
            seen.set(i, alpha[i] * (1 - planes.cover[at]) >= LesionPlacer.SEEN);
        }
        return new Spot(truth, left, top, w, h, seen);
    }

    private long[] develop(Planes planes, Lighting light, Optics.Settings settings) {
        long[] out = new long[width * height];
        Optics optics = new Optics(1, 1);
        float[][] row = new float[3][width];
        float[] px = new float[3];
        for (int y = 0; y < height; y++) {
            Exposure.row(planes, light, y, row);
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    px[c] = row[c][x];
                }
                optics.develop(px, settings);
                long lanes = 0;
                for (int c = 0; c < 3; c++) {
                    lanes = lanes << LANE | (long) Planes.clamp(px[c] * 4 + 0.5f, 0, 1023);
                }
                out[y * width + x] = lanes;
            }
        }
        return out;
    }

    /** Half size, then a binomial of five taps twice each way: a disc of about six pixels of the full size. */
    private long[] defocus() {
        int w = width / 2;
        int h = height / 2;
        long[] out = new long[w * h];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                int o = 2 * y * width + 2 * x;
                out[y * w + x] = divide(sharp[o] + sharp[o + 1] + sharp[o + width] + sharp[o + width + 1], 2);
            }
        }
        long[] swap = new long[w * h];
        for (int pass = 0; pass < 2; pass++) {
            binomial(out, swap, w, h, 1);
            binomial(swap, out, w, h, w);
        }
        return out;
    }

    private static void binomial(long[] from, long[] to, int w, int h, int step) {
        int length = step == 1 ? w : h;
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                int i = y * w + x;
                int at = step == 1 ? x : y;
                int back = at > 1 ? 2 : at;
                int ahead = at < length - 2 ? 2 : length - 1 - at;
                long sum = from[i - back * step]
                        + 4 * from[i - Math.min(1, back) * step]
                        + 6 * from[i]
                        + 4 * from[i + Math.min(1, ahead) * step]
                        + from[i + ahead * step];
                to[i] = divide(sum, 4);
            }
        }
    }

    private static long divide(long lanes, int bits) {
        long mask = (1L << LANE) - 1;
        long high = (lanes >>> (2 * LANE)) >>> bits;
        long middle = (lanes >>> LANE & mask) >>> bits;
        long low = (lanes & mask) >>> bits;
        return high << (2 * LANE) | middle << LANE | low;
    }
}

package io.derm.phantom;

import io.derm.api.Box;
import io.derm.api.LesionClass;
import java.util.ArrayList;
import java.util.List;

/** Makes scenes. One instance makes one scene at a time; the scene depends on the seed and the size alone. */
final class SceneRenderer {
    /**
     * What a measurement or a data set wants done differently; everything else, and every later choice, stays the same.
     *
     * @param without id of a lesion to leave unpainted, -1 for none
     * @param plainCamera no lens, sensor or codec faults
     * @param unlit light from everywhere alike
     * @param moreThings things that are no lesions, beside the usual ones
     * @param bare skin without any lesion
     */
    record Studio(int without, boolean plainCamera, boolean unlit, int moreThings, boolean bare) {
        static final Studio NONE = new Studio(-1, false, false);

        Studio(int without, boolean plainCamera, boolean unlit) {
            this(without, plainCamera, unlit, 0, false);
        }
    }

    private final int width;
    private final int height;
    private final Optics optics;

    SceneRenderer(int width, int height) {
        this.width = width;
        this.height = height;
        optics = new Optics(width, height);
    }

    PhantomScene render(long seed, Framing wanted) {
        return render(seed, wanted, Studio.NONE);
    }

    PhantomScene render(long seed, Framing wanted, Studio studio) {
        Rng rng = new Rng(seed);
        float scale = Math.min(width, height) / 416f;
        Framing framing = wanted;
        if (framing == Framing.MIXED) {
            float u = rng.unit();
            framing = u < 0.25f ? Framing.CLOSE_UP : u < 0.55f ? Framing.MIDDLE : Framing.WIDE;
        }
        float pixelsPerMm = scale
                * switch (framing) {
                    case CLOSE_UP -> rng.logIn(7, 26);
                    case MIDDLE -> rng.logIn(2.2, 7);
                    default -> rng.logIn(0.7, 2.2);
                };
        SkinTone tone = SkinTone.any(rng);
        Lab skin = tone.draw(rng);
        Noise noise = new Noise(rng);
        Planes planes = new Planes(width, height);
        boolean wide = framing == Framing.WIDE;
        Form form = new Form(kind(framing, rng), width, height, rng, noise, wide ? 1 : 0.5f);
        Lighting light = new Lighting(width, height, form, rng, noise, rng.chance(0.5) ? rng.in(0.02, 0.4) : 0.02f);
        SkinPainter painter = new SkinPainter(planes, noise, rng.split(), pixelsPerMm);
        painter.paint(skin, light);
        if (rng.chance(wide ? 0.5 : 0.3)) {
            painter.freckles(skin);
        }
        if (rng.chance(0.4)) {
            painter.blotches();
        }
        if (rng.chance(0.2)) {
            painter.vessels(skin.l() > 45 && rng.chance(0.4));
        }
        if (rng.chance(0.4)) {
            painter.creases(rng.between(1, 3));
        }
        Distractors distractors = new Distractors(planes, noise, rng.split(), skin, pixelsPerMm, light, form);
        if (form.kind != Form.Kind.FULL) {
            distractors.background(wide);
            if (rng.chance(0.3)) {
                distractors.clutter();
            }
        }
        int things = rng.chance(0.25) ? 0 : rng.chance(0.6) ? 1 : rng.between(2, 4);
        for (int k = 0; k < things + studio.moreThings(); k++) {
            distractors.paintOne(wide);
        }
        List<LesionTruth> truths = new ArrayList<>();
        float smallest = lesions(rng.split(), framing, scale, skin, planes, noise, light, form, truths, studio);
        if (rng.chance(0.45)) {
            int count = rng.chance(0.5) ? rng.between(3, 30) : rng.between(30, 160);
            float mm = rng.chance(0.5) ? 0.05f : 0.09f;
            new HairPainter(planes, rng.split()).paint(skin, pixelsPerMm, wide ? count * 2 : count / 2 + 1, mm, false);
        }
        if (rng.chance(0.08)) {
            new HairPainter(planes, rng.split()).stubble(skin, pixelsPerMm);
        }
        float[][] rgb = Exposure.expose(planes, studio.unlit() ? Lighting.flat(width, height) : light);
        Optics.Settings drawn = Optics.Settings.draw(rng, smallest);
        Optics.Settings settings = studio.plainCamera() ? Optics.Settings.PLAIN : drawn;
        byte[] bgr = optics.take(rgb, settings, rng.bits());
        List<Box> others = new ArrayList<>();
        for (float[] b : distractors.boxes) {
            Box box = new Box(b[0], b[1], b[2], b[3]);
            if (truths.stream().allMatch(t -> t.box().intersection(box) <= 0)) {
                others.add(box);
            }
        }
        return new PhantomScene(seed, width, height, bgr, framing, tone, skin.ita(), truths, others);
    }

    private static Form.Kind kind(Framing framing, Rng rng) {
        float u = rng.unit();
        return switch (framing) {
            case CLOSE_UP -> u < 0.85f ? Form.Kind.FULL : u < 0.95f ? Form.Kind.SIDE : Form.Kind.LIMB;
            case MIDDLE -> u < 0.55f ? Form.Kind.FULL : u < 0.78f ? Form.Kind.SIDE : Form.Kind.LIMB;
            default ->
                u < 0.35f ? Form.Kind.FULL : u < 0.5f ? Form.Kind.SIDE : u < 0.65f ? Form.Kind.LIMB : Form.Kind.BACK;
        };
    }

    private float lesions(
            Rng rng,
            Framing framing,
            float scale,
            Lab skin,
            Planes planes,
            Noise noise,
            Lighting light,
            Form form,
            List<LesionTruth> truths,
            Studio studio) {
        boolean none = rng.chance(0.07) || studio.bare();
        int count =
                switch (framing) {
                    case CLOSE_UP -> rng.chance(0.7) ? 1 : rng.between(2, 3);
                    case MIDDLE -> rng.between(3, 8);
                    default -> rng.between(8, 40);
                };
        float darkness = rng.unit();
        LesionPainter painter = new LesionPainter(planes, noise);
        LesionPlacer placer = new LesionPlacer(planes, painter, light, form);
        float smallest = 60;
        float benign = framing == Framing.CLOSE_UP ? 0.34f : framing == Framing.MIDDLE ? 0.4f : 0.7f;
        float typical = scale * rng.in(7, 10);
        for (int k = 0, tries = 0; k < count && !none && tries < 12 * count; tries++) {
            float diameter =
                    switch (framing) {
                        case CLOSE_UP -> scale * (k == 0 ? rng.in(95, 250) : rng.logIn(10, 60));
                        case MIDDLE -> scale * rng.logIn(14, 90);
                        default ->
                            rng.chance(0.85)
                                    ? Math.max(6.3f * Math.min(1, scale), typical * rng.logIn(0.7, 1.7))
                                    : scale * rng.logIn(12, 26);
                    };
            float radius = diameter / 2;
            float u = rng.unit();
            LesionClass c = u < benign
                    ? LesionClass.BENIGN
                    : u < benign + (1 - benign) / 2 ? LesionClass.UNKNOWN : LesionClass.MELANOMA;
            float spread = framing == Framing.CLOSE_UP && k == 0 ? 0.3f : 0;
            float x = rng.in(spread, 1 - spread) * width;
            float y = rng.in(spread, 1 - spread) * height;
            Lesion lesion = new Lesion(k, c, x, y, radius, skin, darkness, rng);
            LesionTruth truth = placer.place(lesion, truths);
            if (truth == null) {
                continue;
            }
            if (lesion.id != studio.without()) {
                painter.paint(lesion, light);
            }
            truths.add(truth);
            smallest =
                    Math.min(smallest, Math.max(truth.box().width(), truth.box().height()));
            k++;
        }
        return smallest;
    }
}

package io.derm.phantom;

import io.derm.api.Box;
import io.derm.api.LesionClass;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes scenes. One instance makes one scene at a time; the scene depends on the seed and the size alone. */
final class SceneRenderer {
    private static final float SEEN = 0.4f;
    private static final float SMALLEST = 6;

    private final int width;
    private final int height;
    private final Optics optics;

    SceneRenderer(int width, int height) {
        this.width = width;
        this.height = height;
        optics = new Optics(width, height);
    }

    PhantomScene render(long seed, Framing wanted) {
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
        SkinTone tone = SkinTone.values()[rng.below(6)];
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
        if (rng.chance(0.4)) {
            painter.creases(rng.between(1, 3));
        }
        Distractors distractors = new Distractors(planes, noise, rng.split(), skin, pixelsPerMm, light, form);
        if (form.kind != Form.Kind.FULL) {
            distractors.background(wide);
        }
        int things = rng.chance(0.25) ? 0 : rng.chance(0.6) ? 1 : rng.between(2, 4);
        for (int k = 0; k < things; k++) {
            distractors.paintOne(wide);
        }
        List<LesionTruth> truths = new ArrayList<>();
        float smallest = lesions(rng.split(), framing, scale, skin, planes, noise, light, form, truths);
        if (rng.chance(0.45)) {
            int count = rng.chance(0.5) ? rng.between(3, 30) : rng.between(30, 160);
            float mm = rng.chance(0.5) ? 0.05f : 0.09f;
            new HairPainter(planes, rng.split()).paint(skin, pixelsPerMm, wide ? count * 2 : count / 2 + 1, mm, false);
        }
        float[][] rgb = expose(planes, light);
        Optics.Settings settings = Optics.Settings.draw(rng, smallest);
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
            List<LesionTruth> truths) {
        boolean none = rng.chance(0.07);
        int count =
                switch (framing) {
                    case CLOSE_UP -> rng.chance(0.7) ? 1 : rng.between(2, 3);
                    case MIDDLE -> rng.between(3, 8);
                    default -> rng.between(8, 40);
                };
        float darkness = rng.unit();
        LesionPainter painter = new LesionPainter(planes, noise);
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
            LesionTruth truth = place(lesion, planes, painter, light, form, truths);
            if (truth == null) {
                continue;
            }
            painter.paint(lesion, light);
            truths.add(truth);
            smallest =
                    Math.min(smallest, Math.max(truth.box().width(), truth.box().height()));
            k++;
        }
        return smallest;
    }

    /** What would be true of the lesion here, or null where the truth would be a matter of taste. */
    private @Nullable LesionTruth place(
            Lesion lesion, Planes planes, LesionPainter painter, Lighting light, Form form, List<LesionTruth> others) {
        if (form.inside(lesion.x, lesion.y) < 0.6f * lesion.radius) {
            return null;
        }
        float cx = Planes.clamp(lesion.x, 0, width - 1);
        float cy = Planes.clamp(lesion.y, 0, height - 1);
        if (light.diffuse(cx, cy) < 0.3f || light.specular(cx, cy) > 0.35f) {
            return null;
        }
        float reach = lesion.reach();
        for (LesionTruth other : others) {
            float dx = other.box().centerX() - lesion.x;
            float dy = other.box().centerY() - lesion.y;
            float near =
                    reach + 3 + 0.6f * Math.max(other.box().width(), other.box().height());
            if (dx * dx + dy * dy < near * near) {
                return null;
            }
        }
        int left = (int) Math.floor(lesion.x - reach);
        int top = (int) Math.floor(lesion.y - reach);
        int side = (int) Math.ceil(2 * reach) + 1;
        float[] alpha = painter.alphas(lesion, left, top, side, side);
        float x0 = Float.MAX_VALUE;
        float y0 = Float.MAX_VALUE;
        float x1 = -1;
        float y1 = -1;
        float all = 0;
        float seen = 0;
        for (int j = 0; j < side; j++) {
            for (int i = 0; i < side; i++) {
                float a = alpha[j * side + i];
                if (a < SEEN) {
                    continue;
                }
                all++;
                int x = left + i;
                int y = top + j;
                if (x < 0 || y < 0 || x >= width || y >= height || a * (1 - planes.cover[y * width + x]) < SEEN) {
                    continue;
                }
                seen++;
                x0 = Math.min(x0, x);
                y0 = Math.min(y0, y);
                x1 = Math.max(x1, x + 1);
                y1 = Math.max(y1, y + 1);
            }
        }
        if (all == 0 || seen < 0.65f * all || Math.max(x1 - x0, y1 - y0) < SMALLEST || Math.min(x1 - x0, y1 - y0) < 3) {
            return null;
        }
        return new LesionTruth(
                lesion.id,
                new Box(x0, y0, x1, y1),
                lesion.lesionClass,
                lesion.outline.asymmetry(),
                lesion.outline.irregularity(),
                lesion.colours,
                2 * lesion.radius,
                seen / all);
    }

    private float[][] expose(Planes p, Lighting light) {
        float[][] rgb = new float[3][width * height];
        float[] body = new float[3];
        float[] over = new float[3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int i = y * width + x;
                float cover = p.cover[i];
                float diffuse = light.diffuse(x, y);
                float gloss = p.gloss[i];
                float r = 0;
                float g = 0;
                float b = 0;
                if (cover < 1) {
                    Lab.toLinear(p.l[i], p.a[i], p.b[i], body);
                    float d = diffuse * Math.max(0.05f, 1 + p.relief[i]);
                    float s = light.specular(x, y) * Math.max(0, 1 + 3 * p.relief[i]) + gloss;
                    r = (body[0] * d + s) * (1 - cover);
                    g = (body[1] * d + s) * (1 - cover);
                    b = (body[2] * d + s) * (1 - cover);
                }
                if (cover > 0) {
                    Lab.toLinear(Math.max(0, p.coverL[i]), p.coverA[i], p.coverB[i], over);
                    float lit = p.coverLit[i];
                    float d = 1 + lit * (diffuse - 1);
                    float s = lit > 0 ? gloss : 0;
                    r += cover * (over[0] * d + s);
                    g += cover * (over[1] * d + s);
                    b += cover * (over[2] * d + s);
                }
                rgb[0][i] = r;
                rgb[1][i] = g;
                rgb[2][i] = b;
            }
        }
        return rgb;
    }
}

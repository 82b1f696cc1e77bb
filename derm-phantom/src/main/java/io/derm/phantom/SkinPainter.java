package io.derm.phantom;

/** Bare skin: tone, mottling, redness, furrows, pores, freckles, creases. */
final class SkinPainter {
    private final Planes planes;
    private final Noise noise;
    private final Rng rng;
    private final float pixelsPerMm;

    SkinPainter(Planes planes, Noise noise, Rng rng, float pixelsPerMm) {
        this.planes = planes;
        this.noise = noise;
        this.rng = rng;
        this.pixelsPerMm = pixelsPerMm;
    }

    void paint(Lab skin, Lighting light) {
        float s = pixelsPerMm;
        float size = Math.min(planes.width, planes.height);
        float broad = 1 / (size * rng.in(0.35, 0.9));
        float broadGain = rng.in(0.5, 2.2);
        float mottle = 1 / Math.max(3, s * rng.in(5, 12));
        float mottleGain = rng.in(0.3, 1.4);
        float red = 1 / Math.max(5, s * rng.in(7, 25));
        float redGain = rng.in(0.4, 2.6) * (skin.l() > 50 ? 1 : 0.5f);
        float fine = 1 / Math.max(1.6f, s * rng.in(0.25, 0.6));
        float fineGain = rng.in(0.15, 0.9);
        float turn = rng.angle();
        float c = (float) StrictMath.cos(turn);
        float d = (float) StrictMath.sin(turn);
        float line = 1 / (s * rng.in(0.35, 0.75));
        float stretch = rng.in(0.18, 0.5);
        // Furrows are 0.1 mm wide: below about two pixels a period the camera sees none of them.
        float lineGain = Planes.smooth(1.6f, 5, 1 / line) * rng.in(0.015, 0.085);
        float crossGain = lineGain * rng.in(0.2, 1);
        float pore = 1 / (s * rng.in(0.5, 1.1));
        float poreGain = Planes.smooth(2, 6, 1 / pore) * rng.in(0, 3.2);
        float sparkle = Planes.smooth(1.5f, 4, 1 / line) * (rng.chance(0.45) ? rng.in(0.02, 0.22) : 0);
        float glint = 1 / Math.max(1.5f, s * 0.18f);
        boolean lines = lineGain > 0.004f;
        float warp = 0.35f / line;
        float warpScale = line * 0.22f;
        for (int y = 0; y < planes.height; y++) {
            int row = y * planes.width;
            for (int x = 0; x < planes.width; x++) {
                int i = row + x;
                float b1 = noise.fractal(x * broad + 11, y * broad + 5, 2);
                float m = noise.fractal(x * mottle + 31, y * mottle + 77, 2);
                float r = noise.fractal(x * red + 101, y * red + 53, 2);
                float f = noise.at(x * fine, y * fine);
                float l = skin.l() + broadGain * b1 + mottleGain * m + fineGain * f - 0.45f * redGain * r;
                float a = skin.a() + redGain * r + 0.25f * mottleGain * m;
                float b = skin.b() - 0.35f * broadGain * b1 - 0.2f * redGain * r;
                if (lines) {
                    float wx = x + warp * noise.at(x * warpScale, y * warpScale + 9);
                    float wy = y + warp * noise.at(x * warpScale + 63, y * warpScale);
                    float u = (c * wx + d * wy) * line;
                    float v = (c * wy - d * wx) * line;
                    float n1 = noise.at(u * stretch, v);
                    float n2 = noise.at(u * 0.9f + 0.5f * v + 120, v * stretch * 0.8f);
                    planes.relief[i] += lineGain * n1 + crossGain * n2;
                    if (sparkle > 0) {
                        float g = n1 + 0.4f * n2 + 0.9f * noise.at(x * glint, y * glint + 31) - 0.75f;
                        if (g > 0) {
                            planes.gloss[i] += sparkle * g * light.diffuse(x, y);
                        }
                    }
                }
                if (poreGain > 0.05f) {
                    float p = noise.at(x * pore + 200, y * pore + 17) - 0.55f;
                    if (p > 0) {
                        l -= poreGain * p * 3;
                        a += poreGain * p;
                    }
                }
                planes.l[i] = l;
                planes.a[i] = a;
                planes.b[i] = b;
            }
        }
    }

    /** Freckles: small, faint, in clusters; never dark enough to pass for a lesion. */
    void freckles(Lab skin) {
        int clusters = rng.between(1, 4);
        float size = Math.min(planes.width, planes.height);
        for (int k = 0; k < clusters; k++) {
            float cx = rng.in(0, planes.width);
            float cy = rng.in(0, planes.height);
            float spread = size * rng.in(0.08, 0.4);
            int count = rng.between(8, 70);
            for (int n = 0; n < count; n++) {
                float x = cx + spread * rng.normal() * 0.6f;
                float y = cy + spread * rng.normal() * 0.6f;
                float radius = Planes.clamp(pixelsPerMm * rng.in(0.4, 1.2), 0.7f, 6);
                float dark = rng.in(1.5, 5) * (radius > 3 ? 0.7f : 1);
                spot(x, y, radius, rng.in(0.7, 1), rng.angle(), -dark, 0.35f * dark, 0.7f * dark);
            }
        }
    }

    /** Red spots without an edge: spots after shaving, insect bites, acne. */
    void blotches() {
        int count = rng.between(1, 8);
        for (int n = 0; n < count; n++) {
            float radius = Math.max(2.5f, pixelsPerMm * rng.in(1.5, 6));
            float red = rng.in(1.5, 5.5);
            spot(
                    rng.in(0, planes.width),
                    rng.in(0, planes.height),
                    radius,
                    rng.in(0.6, 1),
                    rng.angle(),
                    -0.5f * red,
                    red,
                    0.1f * red);
        }
    }

    /** Fine red vessels in a cluster, or broad bluish veins that shine through. */
    void vessels(boolean veins) {
        float size = Math.min(planes.width, planes.height);
        float cx = rng.in(0, planes.width);
        float cy = rng.in(0, planes.height);
        int count = veins ? rng.between(1, 3) : rng.between(2, 9);
        float width = veins
                ? Planes.clamp(pixelsPerMm * rng.in(1, 2.2), 2, size * 0.03f)
                : Planes.clamp(pixelsPerMm * 0.12f, 0.6f, 2);
        float strength = veins ? rng.in(0.6, 1.6) : rng.in(1, 4);
        for (int k = 0; k < count; k++) {
            float x = cx + size * 0.08f * rng.normal();
            float y = cy + size * 0.08f * rng.normal();
            float turn = rng.angle();
            int steps = (int) (size * (veins ? rng.in(0.2, 0.8) : rng.in(0.03, 0.14)) / (0.8f * width));
            for (int n = 0; n < steps; n++) {
                spot(
                        x,
                        y,
                        width,
                        1,
                        0,
                        -0.35f * strength,
                        veins ? -0.5f * strength : strength,
                        veins ? -0.8f * strength : 0);
                turn += (veins ? 0.12f : 0.35f) * rng.normal();
                x += 0.8f * width * (float) StrictMath.cos(turn);
                y += 0.8f * width * (float) StrictMath.sin(turn);
            }
        }
    }

    private void spot(float cx, float cy, float radius, float aspect, float turn, float dl, float da, float db) {
        float c = (float) StrictMath.cos(turn);
        float s = (float) StrictMath.sin(turn);
        float reach = radius * 1.8f;
        for (int y = Math.max(0, (int) (cy - reach)); y <= Math.min(planes.height - 1, (int) (cy + reach)); y++) {
            for (int x = Math.max(0, (int) (cx - reach)); x <= Math.min(planes.width - 1, (int) (cx + reach)); x++) {
                float u = (c * (x - cx) + s * (y - cy)) / radius;
                float v = (c * (y - cy) - s * (x - cx)) / (radius * aspect);
                float t = 1 - (u * u + v * v) / 3.2f;
                if (t > 0) {
                    float w = t * t * (0.75f + 0.25f * noise.at(x * 0.6f, y * 0.6f));
                    int i = y * planes.width + x;
                    planes.l[i] += w * dl;
                    planes.a[i] += w * da;
                    planes.b[i] += w * db;
                }
            }
        }
    }

    /** Creases and folds: long soft furrows, darker and redder at the bottom, lit on one lip. */
    void creases(int count) {
        for (int k = 0; k < count; k++) {
            float size = Math.min(planes.width, planes.height);
            float width = Math.max(0.8f, rng.logIn(0.25, 2.5) * pixelsPerMm);
            width = Math.min(width, size * 0.03f);
            float strength = rng.in(0.04, 0.26);
            float turn = rng.angle();
            float c = (float) StrictMath.cos(turn);
            float s = (float) StrictMath.sin(turn);
            float bend = rng.in(-0.8, 0.8) / size;
            float off = rng.in(-0.45, 0.45) * size;
            float from = rng.in(-0.8, 0.2) * size;
            float to = from + rng.in(0.3, 1.2) * size;
            float wobble = size * rng.in(0.005, 0.03);
            float lip = rng.in(-0.7, 0.7);
            for (int y = 0; y < planes.height; y++) {
                for (int x = 0; x < planes.width; x++) {
                    float dx = x - planes.width / 2f;
                    float dy = y - planes.height / 2f;
                    float q = c * dy - s * dx - off;
                    float p = c * dx + s * dy;
                    q -= bend * p * p;
                    if (Math.abs(q) > 4 * width + wobble || p < from || p > to) {
                        continue;
                    }
                    q += wobble * noise.at(p / (size * 0.15f) + 40 * k, 5.5f);
                    float t = q / width;
                    float fade = Planes.smooth(from, from + 0.15f * size, p) * Planes.smooth(to, to - 0.15f * size, p);
                    float g = 1 / (1 + t * t * t * t + t * t);
                    int i = y * planes.width + x;
                    planes.relief[i] += fade * strength * g * (lip * t - 1);
                    planes.a[i] += fade * strength * 9 * g;
                }
            }
        }
    }
}

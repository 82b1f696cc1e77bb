package io.derm.phantom;

/** What skin itself bears that is no lesion: bruises, scratches, scars, a navel, nipples. */
final class MarkPainter extends CoverPainter {
    private final Lab skin;
    private final float pixelsPerMm;
    private final Lighting light;

    MarkPainter(Planes planes, Noise noise, Rng rng, Lab skin, float pixelsPerMm, Lighting light) {
        super(planes, noise, rng);
        this.skin = skin;
        this.pixelsPerMm = pixelsPerMm;
        this.light = light;
    }

    void bruise() {
        float r = Math.max(14, Math.min(pixelsPerMm * rng.in(8, 30), size * 0.3f));
        float x = spotX();
        float y = spotY();
        float purple = rng.in(0, 1);
        float strength = rng.in(0.35, 1);
        reach(x, y, r * 0.8f);
        float s = 2.2f / r;
        for (int yy = (int) Math.max(0, y - 1.6f * r); yy < Math.min(planes.height, y + 1.6f * r); yy++) {
            for (int xx = (int) Math.max(0, x - 1.6f * r); xx < Math.min(planes.width, x + 1.6f * r); xx++) {
                float dx = (xx - x) / r;
                float dy = (yy - y) / r;
                float n = noise.fractal(xx * s + 13, yy * s, 3);
                float w = Planes.smooth(1.3f, 0, (float) Math.sqrt(dx * dx + dy * dy) + 0.55f * n) * strength;
                float inner = w * w;
                int i = yy * planes.width + xx;
                planes.l[i] -= w * 4 + inner * 8 * purple;
                planes.a[i] += w * (purple * 6 - 2);
                planes.b[i] += w * (5 - 13 * purple * inner);
            }
        }
    }

    void scratch() {
        int count = rng.between(1, 4);
        float turn = rng.angle();
        float x = spotX();
        float y = spotY();
        float len = size * rng.in(0.06, 0.4);
        for (int k = 0; k < count; k++) {
            Lab colour = new Lab(skin.l() * rng.in(0.6, 0.85), skin.a() + rng.in(12, 28), skin.b() + rng.in(0, 6));
            float t = turn + rng.normal() * 0.08f;
            arc(
                    x + k * size * 0.025f,
                    y - len,
                    len,
                    len * rng.in(0.05, 0.2),
                    t,
                    0,
                    rng.in(0.5, 2),
                    Math.max(0.4f, pixelsPerMm * 0.15f),
                    rng.in(0.3, 0.75),
                    colour,
                    0.05f);
        }
    }

    void scar() {
        float len = size * rng.in(0.05, 0.2);
        float x = spotX();
        float y = spotY();
        float turn = rng.angle();
        Lab colour = skin.plus(rng.in(3, 10), rng.in(-4, 6), -4);
        float half = Math.max(1, Math.min(6, pixelsPerMm * rng.in(0.5, 2)));
        float c = cos(turn);
        float s = sin(turn);
        segment(x - len * c, y - len * s, x + len * c, y + len * s, half, 0.6f, colour);
        if (rng.chance(0.5)) {
            for (float t = -0.8f; t <= 0.8f; t += 0.25f) {
                float px = x + t * len * c;
                float py = y + t * len * s;
                segment(
                        px - s * half * 3,
                        py + c * half * 3,
                        px + s * half * 3,
                        py - c * half * 3,
                        half * 0.4f,
                        0.4f,
                        colour);
            }
        }
    }

    void navel() {
        float r = Math.max(15, Math.min(pixelsPerMm * rng.in(8, 14), size * 0.09f));
        float x = spotX();
        float y = spotY();
        reach(x, y, r * 1.2f);
        float turn = rng.angle();
        float c = cos(turn);
        float s = sin(turn);
        for (int yy = (int) Math.max(0, y - 2 * r); yy < Math.min(planes.height, y + 2 * r); yy++) {
            for (int xx = (int) Math.max(0, x - 2 * r); xx < Math.min(planes.width, x + 2 * r); xx++) {
                float u = (c * (xx - x) + s * (yy - y)) / r;
                float v = (c * (yy - y) - s * (xx - x)) / (0.65f * r);
                float d = (float) Math.sqrt(u * u + v * v) + 0.15f * noise.at(u * 2, v * 2);
                int i = yy * planes.width + xx;
                planes.relief[i] -= 0.7f * Planes.smooth(1, 0.1f, d) + 0.25f * Planes.smooth(1.8f, 1, d) * v * 0.4f;
                planes.a[i] += 5 * Planes.smooth(1.2f, 0, d);
            }
        }
    }

    void nipple() {
        float r = Math.max(15, Math.min(pixelsPerMm * rng.in(12, 22), size * 0.09f));
        float x = spotX();
        float y = spotY();
        reach(x, y, r);
        Lab areola = new Lab(skin.l() * rng.in(0.68, 0.9), skin.a() + rng.in(5, 14), skin.b() + rng.in(-1, 5));
        float aspect = rng.in(0.7, 1);
        for (int yy = (int) Math.max(0, y - 1.3f * r); yy < Math.min(planes.height, y + 1.3f * r); yy++) {
            for (int xx = (int) Math.max(0, x - 1.3f * r); xx < Math.min(planes.width, x + 1.3f * r); xx++) {
                float u = (xx - x) / r;
                float v = (yy - y) / (r * aspect);
                float d = (float) Math.sqrt(u * u + v * v) + 0.12f * noise.at(xx * 0.2f, yy * 0.2f);
                int i = yy * planes.width + xx;
                planes.tint(i, areola, 0.85f * Planes.smooth(1.1f, 0.75f, d));
                float k = Planes.smooth(0.4f, 0.1f, d);
                planes.l[i] -= 5 * k;
                planes.a[i] += 3 * k;
                if (d < 0.5f) {
                    planes.relief[i] += 0.9f * (u * light.lampX + v * light.lampY) * Planes.smooth(0.5f, 0.3f, d);
                }
            }
        }
    }
}

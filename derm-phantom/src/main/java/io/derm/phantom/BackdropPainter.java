package io.derm.phantom;

/** What lies behind and around the body. */
final class BackdropPainter extends CoverPainter {
    private final Form form;

    BackdropPainter(Planes planes, Noise noise, Rng rng, Form form) {
        super(planes, noise, rng);
        this.form = form;
    }

    /** Dots and plates of any colour behind the body: buttons, knobs, prints, furniture. */
    void clutter() {
        int count = rng.between(3, 30);
        float typical = size * rng.logIn(0.008, 0.05);
        for (int k = 0; k < count; k++) {
            float x = rng.in(0, planes.width);
            float y = rng.in(0, planes.height);
            float ru = typical * rng.logIn(0.6, 2.5);
            float rv = ru * rng.in(0.3, 1);
            boolean round = rng.chance(0.5);
            float turn = rng.angle();
            float c = cos(turn);
            float s = sin(turn);
            Lab colour = clothColour();
            int reach = (int) (1.5f * ru) + 2;
            for (int yy = Math.max(0, (int) y - reach); yy < Math.min(planes.height, y + reach); yy++) {
                for (int xx = Math.max(0, (int) x - reach); xx < Math.min(planes.width, x + reach); xx++) {
                    float u = Math.abs(c * (xx - x) + s * (yy - y)) / ru;
                    float v = Math.abs(c * (yy - y) - s * (xx - x)) / rv;
                    float d = round ? (float) Math.sqrt(u * u + v * v) : Math.max(u, v);
                    float w = Planes.clamp((1 - d) * rv, 0, 1);
                    if (w > 0 && form.inside(xx, yy) < -2) {
                        planes.cover(yy * planes.width + xx, colour.l(), colour.a(), colour.b(), w, 0);
                    }
                }
            }
        }
    }

    /** What lies behind and around the body: a dark room, a wall, clothes, clutter. */
    void background(boolean wide) {
        int kind = rng.below(5);
        Lab colour =
                switch (kind) {
                    case 0 -> new Lab(rng.in(1, 12), rng.in(-2, 3), rng.in(-4, 4));
                    case 1 -> new Lab(rng.in(45, 95), rng.in(-6, 6), rng.in(-10, 14));
                    default -> clothColour();
                };
        Lab second = clothColour();
        float broad = 1 / (size * rng.in(0.2, 0.8));
        float gain = kind == 0 ? 2 : rng.in(2, 9);
        float grain = kind >= 3 ? rng.in(1, 5) : 0.4f;
        float grainScale = rng.in(0.2, 0.8);
        float edge = rng.in(0.4, 1.6);
        float shadow = kind == 1 || kind == 2 ? rng.in(0, 0.4) : 0;
        float shadowWidth = size * rng.in(0.02, 0.1);
        float clutter = kind == 4 ? 1 / (size * rng.in(0.1, 0.3)) : 0;
        boolean crown = form.kind == Form.Kind.BACK && rng.chance(0.6);
        Lab hair = new Lab(rng.in(6, 40), rng.in(1, 8), rng.in(2, 18));
        float crownEnd = form.shoulder - size * rng.in(0.0, 0.12);
        boolean waist = wide && rng.chance(0.35);
        float waistAt = size * rng.in(0.3, 0.5);
        Lab trousers = clothColour();
        float fold = 1 / (size * 0.07f);
        for (int y = 0; y < planes.height; y++) {
            for (int x = 0; x < planes.width; x++) {
                int i = y * planes.width + x;
                float inside = form.inside(x + 0.5f, y + 0.5f);
                if (inside < 2) {
                    Lab c = colour;
                    if (clutter > 0) {
                        c = colour.mix(second, Planes.smooth(0, 0.3f, noise.organic(x * clutter, y * clutter)));
                    }
                    float l = c.l()
                            + gain * noise.fractal(x * broad, y * broad, 2)
                            + grain * noise.at(x * grainScale, y * grainScale);
                    l *= 1 - shadow * Planes.smooth(-shadowWidth, 0, inside);
                    planes.cover(i, Math.max(0.5f, l), c.a(), c.b(), Planes.smooth(edge, -edge, inside), 0);
                }
                if (form.kind != Form.Kind.FULL) {
                    float p = form.along(x, y);
                    float q = form.across(x, y);
                    if (crown && p < crownEnd + 0.08f * size) {
                        float line = p - crownEnd - 0.06f * size * noise.at(q * 0.05f, 2);
                        float strand = noise.at(q * 0.5f, p * 0.03f);
                        planes.cover(
                                i,
                                Math.max(1, hair.l() + 8 * strand),
                                hair.a(),
                                hair.b(),
                                Planes.smooth(4, -4, line),
                                0.7f);
                    }
                    if (waist && p > waistAt - 4) {
                        float line = p - waistAt - 4 * noise.at(q * 0.02f, 8);
                        float n = noise.fractal(q * fold, p * fold * 0.4f, 2);
                        planes.cover(
                                i,
                                Math.max(1, trousers.l() + 6 * n),
                                trousers.a(),
                                trousers.b(),
                                Planes.smooth(0.6f, -0.6f, line),
                                0.8f);
                        planes.relief[i] -= 0.2f * Planes.smooth(-8, 0, line);
                    }
                }
            }
        }
    }
}

package io.derm.phantom;

/** What is worn on skin or lies on it: jewellery, straps, plasters, drops. */
final class ThingPainter extends CoverPainter {
    private final float pixelsPerMm;
    private final Lighting light;

    ThingPainter(Planes planes, Noise noise, Rng rng, float pixelsPerMm, Lighting light) {
        super(planes, noise, rng);
        this.pixelsPerMm = pixelsPerMm;
        this.light = light;
    }

    private Lab metal() {
        return rng.chance(0.5)
                ? new Lab(rng.in(62, 80), rng.in(2, 8), rng.in(25, 45))
                : new Lab(rng.in(60, 80), 0, rng.in(-3, 3));
    }

    void chain() {
        Lab metal = metal();
        float x = rng.in(-0.05, 0.4) * planes.width;
        float y = rng.chance(0.5) ? -5 : planes.height + 5;
        float turn = y < 0 ? rng.in(0.2, 1.6) : -rng.in(0.2, 1.6);
        float bend = rng.in(-0.02, 0.02);
        float link = Math.max(2.2f, Math.min(pixelsPerMm * rng.in(1, 2.5), size * 0.03f));
        int count = rng.between(20, 120);
        for (int k = 0; k < count; k++) {
            float dx = (float) StrictMath.cos(turn);
            float dy = (float) StrictMath.sin(turn);
            float bright = (k & 1) == 0 ? 1 : 0.75f;
            Lab colour = new Lab(metal.l() * bright * rng.in(0.7, 1.15), metal.a(), metal.b());
            segment(
                    x,
                    y,
                    x + dx * link * 0.8f,
                    y + dy * link * 0.8f,
                    link * ((k & 1) == 0 ? 0.32f : 0.2f),
                    0.98f,
                    colour);
            if (x > 0 && y > 0 && x < planes.width - 1 && y < planes.height - 1) {
                planes.gloss[((int) y) * planes.width + (int) x] += rng.in(0, 0.8);
            }
            x += dx * link;
            y += dy * link;
            turn += bend;
        }
    }

    void stud() {
        Lab metal = metal();
        float r = Math.max(3, Math.min(pixelsPerMm * rng.in(1.5, 4), size * 0.06f));
        float x = spotX();
        float y = spotY();
        boolean ring = rng.chance(0.4);
        if (ring) {
            r *= 2;
            arc(x, y, r, r * rng.in(0.5, 1), rng.angle(), 0, 6.3f, r * rng.in(0.1, 0.25), 1, metal, 0);
            return;
        }
        segment(x, y, x + 0.01f, y, r, 1, metal);
        for (int yy = (int) Math.max(0, y - r); yy < Math.min(planes.height, y + r); yy++) {
            for (int xx = (int) Math.max(0, x - r); xx < Math.min(planes.width, x + r); xx++) {
                float u = (xx + 0.5f - x) / r;
                float v = (yy + 0.5f - y) / r;
                if (u * u + v * v < 0.9f) {
                    int i = yy * planes.width + xx;
                    planes.coverL[i] *= 0.65f - 0.6f * (u * 0.5f + v * 0.6f) + 0.2f * noise.at(u * 3, v * 3);
                    float hu = u + 0.35f;
                    float hv = v + 0.35f;
                    planes.gloss[i] += Math.max(0, 0.9f - 9 * (hu * hu + hv * hv));
                }
            }
        }
    }

    void strap() {
        Lab colour = clothColour();
        float turn = rng.angle();
        float off = rng.in(-0.5, 0.5) * size;
        float c = cos(turn);
        float s = sin(turn);
        boolean half = rng.chance(0.3);
        float width = half ? size : size * rng.in(0.02, 0.09);
        if (half) {
            off = size * (rng.in(0.3, 0.55) + 1);
        }
        cloth(c, s, off, width, colour);
    }

    /** A strip of cloth whose middle line lies {@code off} from the middle of the frame. */
    private void cloth(float c, float s, float off, float width, Lab colour) {
        int pattern = rng.below(6);
        Lab print = clothColour();
        float pitch = size * rng.in(0.03, 0.12);
        float fill = rng.in(0.2, 0.4);
        float weave = rng.in(0.8, 2.2);
        float fold = 1 / (size * rng.in(0.04, 0.2));
        float foldGain = rng.in(1, 9);
        float wave = size * rng.in(0.003, 0.015);
        for (int y = 0; y < planes.height; y++) {
            for (int x = 0; x < planes.width; x++) {
                float dx = x - planes.width / 2f;
                float dy = y - planes.height / 2f;
                float q = c * dx + s * dy - off;
                float p = c * dy - s * dx;
                float d = Math.abs(q + wave * noise.at(p / (size * 0.2f), 4.4f)) - width;
                if (d > 6) {
                    continue;
                }
                int i = y * planes.width + x;
                if (d > -1) {
                    planes.relief[i] -= 0.25f * Planes.smooth(6, 0, d);
                }
                if (d < 0.5f) {
                    float thread = ((int) (p * weave) + (int) (q * weave) & 1) == 0 ? 1.2f : -1.2f;
                    float l = colour.l() + thread + foldGain * noise.fractal(p * fold, q * fold * 0.3f, 2);
                    Lab c2 = pattern < 3 && printed(pattern, p / pitch, q / pitch, fill) ? print : colour;
                    l += c2.l() - colour.l();
                    planes.cover(i, Math.max(2, l), c2.a(), c2.b(), Planes.clamp(0.5f - d, 0, 1), 0.8f);
                }
            }
        }
    }

    /** Polka dots, stripes or checks. */
    private static boolean printed(int pattern, float p, float q, float fill) {
        float u = p - (float) Math.floor(p) - 0.5f;
        float v = q - (float) Math.floor(q) - 0.5f;
        return switch (pattern) {
            case 0 -> u * u + v * v < fill * fill;
            case 1 -> Math.abs(u) < fill;
            default -> Math.abs(u) < 0.5f * fill || Math.abs(v) < 0.5f * fill;
        };
    }

    void bandage() {
        float u = Math.max(12, Math.min(pixelsPerMm * rng.in(14, 36), size * 0.2f));
        float v = u * rng.in(0.25, 0.45);
        float turn = rng.angle();
        float x = spotX();
        float y = spotY();
        Lab colour = rng.chance(0.5)
                ? new Lab(rng.in(62, 78), rng.in(10, 16), rng.in(18, 28))
                : new Lab(rng.in(82, 93), 0, 3);
        plate(x, y, u, v, turn, v * 0.8f, colour, 0.97f, 2.5f, 0.5f);
        plate(x, y, u * 0.35f, v * 0.8f, turn, 2, colour.plus(5, -3, -6), 0.9f, 1, 0.4f);
    }

    void bubbles() {
        int count = rng.between(1, 14);
        for (int k = 0; k < count; k++) {
            float r = Math.max(1.5f, Math.min(pixelsPerMm * rng.logIn(0.4, 3), size * 0.03f));
            float x = spotX();
            float y = spotY();
            if (k == 0) {
                reach(x, y, r);
            }
            for (int yy = (int) Math.max(0, y - r - 1); yy < Math.min(planes.height, y + r + 1); yy++) {
                for (int xx = (int) Math.max(0, x - r - 1); xx < Math.min(planes.width, x + r + 1); xx++) {
                    float u = (xx + 0.5f - x) / r;
                    float v = (yy + 0.5f - y) / r;
                    float d = (float) Math.sqrt(u * u + v * v);
                    if (d < 1.05f) {
                        int i = yy * planes.width + xx;
                        float ring = Planes.smooth(0.6f, 0.95f, d) * Planes.smooth(1.05f, 0.97f, d);
                        planes.relief[i] += 0.3f * ring * (u * light.lampX + v * light.lampY > 0 ? -1 : 1);
                        float hu = u - 0.45f * light.lampX;
                        float hv = v - 0.45f * light.lampY;
                        planes.gloss[i] += Math.max(0, 0.6f - 8 * (hu * hu + hv * hv));
                    }
                }
            }
        }
    }
}

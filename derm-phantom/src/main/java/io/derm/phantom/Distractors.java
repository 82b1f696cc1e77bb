package io.derm.phantom;

import java.util.ArrayList;
import java.util.List;

/** Things on and around skin that are not lesions. */
final class Distractors extends CoverPainter {
    private static final int[][] DIGITS = {
        {0b111, 0b101, 0b101, 0b101, 0b111}, {0b010, 0b110, 0b010, 0b010, 0b111}, {0b111, 0b001, 0b111, 0b100, 0b111},
        {0b111, 0b001, 0b111, 0b001, 0b111}, {0b101, 0b101, 0b111, 0b001, 0b001}, {0b111, 0b100, 0b111, 0b001, 0b111},
        {0b111, 0b100, 0b111, 0b101, 0b111}, {0b111, 0b001, 0b010, 0b010, 0b010}, {0b111, 0b101, 0b111, 0b101, 0b111},
        {0b111, 0b101, 0b111, 0b001, 0b111}
    };

    private final Lab skin;
    private final float pixelsPerMm;
    private final Lighting light;
    private final Form form;
    final List<float[]> boxes = new ArrayList<>();

    Distractors(Planes planes, Noise noise, Rng rng, Lab skin, float pixelsPerMm, Lighting light, Form form) {
        super(planes, noise, rng);
        this.skin = skin;
        this.pixelsPerMm = pixelsPerMm;
        this.light = light;
        this.form = form;
    }

    /** Paints one distractor of a random kind; those that an eye could take for a lesion leave their bounds. */
    void paintOne(boolean wide) {
        begin();
        int kind = rng.below(wide ? 17 : 15);
        switch (kind) {
            case 0, 1 -> ink();
            case 2 -> ruler();
            case 3 -> chain();
            case 4 -> stud();
            case 5 -> bruise();
            case 6 -> tattoo();
            case 7 -> strap();
            case 8 -> bandage();
            case 9 -> scratch();
            case 10 -> scar();
            case 11 -> new HairPainter(planes, rng).paint(skin, pixelsPerMm, rng.between(8, 50), 0.09f, true);
            case 12 -> bubbles();
            case 13 -> sticker();
            case 14 -> dots();
            case 15 -> navel();
            default -> nipple();
        }
        float[] b = bounds();
        if (kind != 7 && kind != 11 && b[2] - b[0] >= 24 && b[3] - b[1] >= 24 && b[2] - b[0] < 0.7f * planes.width) {
            boxes.add(b);
        }
    }

    private Lab inkColour() {
        return switch (rng.below(5)) {
            case 0, 1 -> new Lab(rng.in(20, 35), rng.in(10, 30), rng.in(-50, -30));
            case 2 -> new Lab(rng.in(8, 20), rng.in(-2, 4), rng.in(-6, 2));
            case 3 -> new Lab(rng.in(25, 40), rng.in(30, 45), rng.in(-40, -20));
            default -> rng.chance(0.5) ? new Lab(40, 55, 30) : new Lab(40, -35, 15);
        };
    }

    private void ink() {
        Lab colour = inkColour();
        float half = Math.max(0.5f, Math.min(pixelsPerMm * rng.in(0.2, 0.8), size * 0.01f));
        float strength = rng.in(0.45, 0.9);
        float x = spotX();
        float y = spotY();
        float r = rng.logIn(0.03, 0.22) * size;
        switch (rng.below(5)) {
            case 0 -> {
                float from = rng.angle();
                arc(
                        x,
                        y,
                        r,
                        r * rng.in(0.7, 1),
                        rng.angle(),
                        from,
                        from + rng.in(4, 6.6),
                        half,
                        strength,
                        colour,
                        0.08f);
            }
            case 1 -> {
                r *= 0.5f;
                segment(x - r, y - r, x + r, y + r, half, strength, colour);
                segment(x - r, y + r, x + r, y - r, half, strength, colour);
            }
            case 2 -> {
                float turn = rng.angle();
                float dx = (float) StrictMath.cos(turn) * r;
                float dy = (float) StrictMath.sin(turn) * r;
                segment(x - dx, y - dy, x + dx, y + dy, half, strength, colour);
                segment(x + dx, y + dy, x + 0.5f * dx - 0.3f * dy, y + 0.5f * dy + 0.3f * dx, half, strength, colour);
                segment(x + dx, y + dy, x + 0.5f * dx + 0.3f * dy, y + 0.5f * dy - 0.3f * dx, half, strength, colour);
            }
            case 3 -> {
                int count = rng.between(1, 4);
                for (int k = 0; k < count; k++) {
                    digit(rng.below(10), x + k * r * 0.5f, y, r * 0.11f, rng.in(-0.2, 0.2), half, strength, colour);
                }
            }
            default -> {
                float px = x;
                float py = y;
                float turn = rng.angle();
                int count = rng.between(3, 14);
                for (int k = 0; k < count; k++) {
                    turn += rng.normal() * 0.9f;
                    float nx = px + (float) StrictMath.cos(turn) * r * 0.4f;
                    float ny = py + (float) StrictMath.sin(turn) * r * 0.4f;
                    segment(px, py, nx, ny, half, strength, colour);
                    px = nx;
                    py = ny;
                }
            }
        }
    }

    private void digit(int value, float x, float y, float cell, float lean, float half, float ink, Lab colour) {
        int[] rows = DIGITS[value];
        for (int j = 0; j < 5; j++) {
            for (int i = 0; i < 3; i++) {
                if ((rows[j] >> (2 - i) & 1) == 0) {
                    continue;
                }
                float px = x + i * cell - lean * j * cell;
                float py = y + j * cell + lean * i * cell;
                if (i < 2 && (rows[j] >> (1 - i) & 1) == 1) {
                    segment(px, py, px + cell, py + lean * cell, half, ink, colour);
                }
                if (j < 4 && (rows[j + 1] >> (2 - i) & 1) == 1) {
                    segment(px, py, px - lean * cell, py + cell, half, ink, colour);
                }
            }
        }
    }

    private void ruler() {
        float turn = rng.chance(0.6) ? rng.in(-0.12, 0.12) + rng.below(2) * 1.5708f : rng.angle();
        float halfU = size * rng.in(0.25, 0.8);
        float halfV = size * rng.in(0.025, 0.07);
        float edge = rng.in(0.36, 0.49) * size * (rng.chance(0.5) ? 1 : -1);
        float c = (float) StrictMath.cos(turn);
        float s = (float) StrictMath.sin(turn);
        float cx = planes.width / 2f - s * edge;
        float cy = planes.height / 2f + c * edge;
        boolean white = rng.chance(0.75);
        Lab plate = white
                ? new Lab(rng.in(80, 94), rng.in(-2, 2), rng.in(-2, 5))
                : new Lab(rng.in(60, 80), 2, rng.in(30, 60));
        Lab mark = new Lab(rng.in(6, 20), 0, 0);
        plate(cx, cy, halfU, halfV, turn, 2, plate, rng.in(0.85, 1), 1, 0.05f);
        float pitch = Math.max(3.5f, pixelsPerMm);
        int index = 0;
        for (float u = -halfU + 3; u < halfU - 3; u += pitch, index++) {
            float len = halfV * (index % 10 == 0 ? 0.9f : index % 5 == 0 ? 0.7f : 0.45f);
            float vx = -halfV;
            segment(
                    cx + c * u - s * vx,
                    cy + s * u + c * vx,
                    cx + c * u - s * (vx + len),
                    cy + s * u + c * (vx + len),
                    0.4f,
                    0.9f,
                    mark);
            if (index % 10 == 0 && halfV > 9) {
                float px = cx + c * (u + 2) - s * 0.15f * halfV;
                float py = cy + s * (u + 2) + c * 0.15f * halfV;
                digit(index / 10 % 10, px, py, halfV * 0.13f, s, 0.5f, 0.9f, mark);
            }
        }
    }

    private Lab metal() {
        return rng.chance(0.5)
                ? new Lab(rng.in(62, 80), rng.in(2, 8), rng.in(25, 45))
                : new Lab(rng.in(60, 80), 0, rng.in(-3, 3));
    }

    private void chain() {
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

    private void stud() {
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

    private void bruise() {
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

    private void tattoo() {
        Lab colour = rng.chance(0.7) ? new Lab(rng.in(18, 34), rng.in(-4, 2), rng.in(-10, 0)) : inkColour();
        float x = spotX();
        float y = spotY();
        float r = rng.in(0.07, 0.25) * size;
        float ink = rng.in(0.5, 0.9);
        float turn = rng.angle();
        switch (rng.below(4)) {
            case 0 -> {
                int points = rng.between(4, 7);
                for (int k = 0; k < points; k++) {
                    float t0 = turn + 6.2832f * k / points;
                    float t1 = turn + 6.2832f * (k + 2) / points;
                    segment(x + r * cos(t0), y + r * sin(t0), x + r * cos(t1), y + r * sin(t1), r * 0.05f, ink, colour);
                }
            }
            case 1 -> {
                for (int k = 0; k < 4; k++) {
                    float t = turn + k * 1.57f;
                    arc(
                            x + 0.4f * r * cos(t),
                            y + 0.4f * r * sin(t),
                            r * 0.6f,
                            r * 0.35f,
                            t,
                            0,
                            rng.in(3, 6.2),
                            r * 0.05f,
                            ink,
                            colour,
                            0);
                }
            }
            case 2 -> {
                for (int k = 0; k < 3; k++) {
                    plate(
                            x + r * 0.5f * k * cos(turn),
                            y + r * 0.5f * k * sin(turn),
                            r * 0.3f,
                            r * 0.12f,
                            turn + 0.8f,
                            r * 0.1f,
                            colour,
                            ink,
                            2,
                            0.1f);
                }
            }
            default -> {
                float px = x;
                float py = y;
                for (int k = 0; k < 30; k++) {
                    turn += 0.5f * noise.at(k * 0.4f, x) + 0.25f;
                    float nx = px + cos(turn) * r * 0.12f;
                    float ny = py + sin(turn) * r * 0.12f;
                    segment(px, py, nx, ny, r * (0.03f + 0.03f * (k % 7 == 0 ? 1 : 0)), ink, colour);
                    px = nx;
                    py = ny;
                }
            }
        }
    }

    private static float cos(float t) {
        return (float) StrictMath.cos(t);
    }

    private static float sin(float t) {
        return (float) StrictMath.sin(t);
    }

    private Lab cloth() {
        return rng.chance(0.45)
                ? new Lab(rng.in(6, 92), rng.in(-3, 3), rng.in(-6, 6))
                : new Lab(rng.in(20, 75), rng.in(-45, 50), rng.in(-50, 45));
    }

    private void strap() {
        Lab colour = cloth();
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
    void cloth(float c, float s, float off, float width, Lab colour) {
        int pattern = rng.below(6);
        Lab print = cloth();
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

    private void bandage() {
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

    private void scratch() {
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

    private void scar() {
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

    private void bubbles() {
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

    private void sticker() {
        float r = Math.max(7, Math.min(pixelsPerMm * rng.in(3, 10), size * 0.09f));
        float x = spotX();
        float y = spotY();
        boolean round = rng.chance(0.5);
        Lab colour = rng.chance(0.4) ? new Lab(92, 0, 2) : new Lab(rng.in(40, 85), rng.in(-60, 60), rng.in(-60, 70));
        float v = round ? r : r * rng.in(0.5, 1);
        plate(x, y, r, v, rng.angle(), round ? r : 2, colour, 1, 1, 0.1f);
        if (rng.chance(0.6)) {
            digit(
                    rng.below(10),
                    x - r * 0.25f,
                    y - r * 0.4f,
                    r * 0.2f,
                    0,
                    Math.max(0.5f, r * 0.05f),
                    0.9f,
                    new Lab(8, 0, 0));
        }
    }

    /** Dots of a pen: as small and dark as a mole, but of ink's colour and edge. */
    private void dots() {
        Lab colour =
                switch (rng.below(3)) {
                    case 0 -> new Lab(rng.in(25, 40), rng.in(10, 30), rng.in(-55, -35));
                    case 1 -> new Lab(rng.in(38, 50), rng.in(-45, -30), rng.in(5, 20));
                    default -> new Lab(rng.in(32, 45), rng.in(35, 50), rng.in(-45, -25));
                };
        int count = rng.between(1, 5);
        for (int k = 0; k < count; k++) {
            float x = spotX();
            float y = spotY();
            float r = Math.max(1.2f, Math.min(pixelsPerMm * rng.in(0.5, 1.5), 9));
            segment(x, y, x + rng.in(-1, 1) * r, y + rng.in(-1, 1) * r, r, 0.85f, colour);
            if (k == 0) {
                begin();
                reach(x, y, r + 1);
            }
        }
    }

    private void navel() {
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

    private void nipple() {
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
            Lab colour = cloth();
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
                    default -> cloth();
                };
        Lab second = cloth();
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
        Lab trousers = cloth();
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

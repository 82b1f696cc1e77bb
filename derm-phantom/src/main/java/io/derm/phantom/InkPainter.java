package io.derm.phantom;

/** What is drawn, printed or stuck on skin: pens, tattoos, rulers, stickers. */
final class InkPainter extends CoverPainter {
    private static final int[][] DIGITS = {
        {0b111, 0b101, 0b101, 0b101, 0b111}, {0b010, 0b110, 0b010, 0b010, 0b111}, {0b111, 0b001, 0b111, 0b100, 0b111},
        {0b111, 0b001, 0b111, 0b001, 0b111}, {0b101, 0b101, 0b111, 0b001, 0b001}, {0b111, 0b100, 0b111, 0b001, 0b111},
        {0b111, 0b100, 0b111, 0b101, 0b111}, {0b111, 0b001, 0b010, 0b010, 0b010}, {0b111, 0b101, 0b111, 0b101, 0b111},
        {0b111, 0b101, 0b111, 0b001, 0b111}
    };

    private final float pixelsPerMm;

    InkPainter(Planes planes, Noise noise, Rng rng, float pixelsPerMm) {
        super(planes, noise, rng);
        this.pixelsPerMm = pixelsPerMm;
    }

    private Lab inkColour() {
        return switch (rng.below(5)) {
            case 0, 1 -> new Lab(rng.in(20, 35), rng.in(10, 30), rng.in(-50, -30));
            case 2 -> new Lab(rng.in(8, 20), rng.in(-2, 4), rng.in(-6, 2));
            case 3 -> new Lab(rng.in(25, 40), rng.in(30, 45), rng.in(-40, -20));
            default -> rng.chance(0.5) ? new Lab(40, 55, 30) : new Lab(40, -35, 15);
        };
    }

    void ink() {
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

    void ruler() {
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

    void tattoo() {
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

    void sticker() {
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
    void dots() {
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
}

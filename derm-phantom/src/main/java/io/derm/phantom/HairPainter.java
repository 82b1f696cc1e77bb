package io.derm.phantom;

/** Hairs, one bent stroke each, with the soft shadow they cast. */
final class HairPainter {
    private final Planes planes;
    private final Rng rng;

    HairPainter(Planes planes, Rng rng) {
        this.planes = planes;
        this.rng = rng;
    }

    void paint(Lab skin, float pixelsPerMm, int count, float thicknessMm, boolean tuft) {
        boolean dark = rng.chance(skin.l() < 50 ? 0.97 : 0.75);
        float l = dark ? rng.in(8, 26) : rng.in(45, 80);
        Lab colour = new Lab(l, rng.in(1, 8), rng.in(2, dark ? 12 : 26));
        float lean = rng.angle();
        float scatter = rng.in(0.12, 0.9);
        float curl = rng.chance(skin.l() < 45 ? 0.6 : 0.3) ? rng.in(0.5, 2.4) : rng.in(0, 0.5);
        float length = pixelsPerMm * rng.in(4, 18);
        float size = Math.min(planes.width, planes.height);
        length = Planes.clamp(length, 6, size * 0.9f);
        float tx = rng.in(0.1, 0.9) * planes.width;
        float ty = rng.in(0.1, 0.9) * planes.height;
        float spread = size * rng.in(0.04, 0.18);
        for (int k = 0; k < count; k++) {
            float x = tuft ? tx + spread * rng.normal() : rng.in(-0.1, 1.1) * planes.width;
            float y = tuft ? ty + spread * rng.normal() : rng.in(-0.1, 1.1) * planes.height;
            float turn = lean + scatter * rng.normal();
            float bend = curl * rng.normal();
            stroke(x, y, turn, length * rng.in(0.5, 1.3), bend, thicknessMm * pixelsPerMm * rng.in(0.7, 1.2), colour);
        }
    }

    /** Shaved skin: many short dark stumps. */
    void stubble(Lab skin, float pixelsPerMm) {
        Lab colour = new Lab(Math.min(skin.l() * 0.5f, rng.in(10, 35)), 3, 5);
        float cx = rng.in(0.1, 0.9) * planes.width;
        float cy = rng.in(0.1, 0.9) * planes.height;
        float spread = Math.min(planes.width, planes.height) * rng.in(0.15, 0.4);
        float lean = rng.angle();
        int count = rng.between(150, 900);
        float length = Planes.clamp(pixelsPerMm * rng.in(0.4, 1.2), 1, 7);
        float width = Planes.clamp(pixelsPerMm * 0.1f, 0.35f, 1.5f);
        for (int k = 0; k < count; k++) {
            float x = cx + spread * rng.normal();
            float y = cy + spread * rng.normal();
            stroke(x, y, lean + 0.3f * rng.normal(), length * rng.in(0.5, 1.2), 0, width, colour);
        }
    }

    private void stroke(float x, float y, float turn, float length, float bend, float width, Lab colour) {
        // Thinner than a pixel: the same ink over a pixel's width.
        float drawn = Math.max(width, 0.9f);
        float ink = Math.min(1, width / drawn) * 0.92f;
        int steps = Math.max(3, (int) (length / 0.7f));
        float step = length / steps;
        float dc = (float) StrictMath.cos(bend / steps);
        float ds = (float) StrictMath.sin(bend / steps);
        float dx = (float) StrictMath.cos(turn);
        float dy = (float) StrictMath.sin(turn);
        float half = drawn / 2;
        for (int k = 0; k < steps; k++) {
            float taper = 1 - 0.75f * k / steps;
            dab(x, y, half * (0.4f + 0.6f * taper), ink * taper * Math.min(1, step / drawn + 0.25f), colour);
            x += dx * step;
            y += dy * step;
            float t = dc * dx - ds * dy;
            dy = ds * dx + dc * dy;
            dx = t;
        }
    }

    private void dab(float cx, float cy, float half, float ink, Lab colour) {
        int x0 = (int) (cx - half - 1);
        int y0 = (int) (cy - half - 1);
        for (int y = Math.max(0, y0); y <= Math.min(planes.height - 1, (int) (cy + half + 1)); y++) {
            for (int x = Math.max(0, x0); x <= Math.min(planes.width - 1, (int) (cx + half + 1)); x++) {
                float ddx = x + 0.5f - cx;
                float ddy = y + 0.5f - cy;
                float d = half + 0.5f - (float) Math.sqrt(ddx * ddx + ddy * ddy);
                if (d > 0) {
                    planes.tint(y * planes.width + x, colour, ink * Math.min(1, d));
                }
            }
        }
    }
}

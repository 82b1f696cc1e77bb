package io.derm.phantom;

/** Strokes and plates in the layer over the skin, with their bounds. */
class CoverPainter {
    final Planes planes;
    final Noise noise;
    final Rng rng;
    final float size;
    private float left;
    private float top;
    private float right;
    private float bottom;

    CoverPainter(Planes planes, Noise noise, Rng rng) {
        this.planes = planes;
        this.noise = noise;
        this.rng = rng;
        size = Math.min(planes.width, planes.height);
        begin();
    }

    final void begin() {
        left = Float.MAX_VALUE;
        top = Float.MAX_VALUE;
        right = -Float.MAX_VALUE;
        bottom = -Float.MAX_VALUE;
    }

    /** Bounds of what was drawn since {@link #begin()}, clipped to the frame: left, top, right, bottom. */
    final float[] bounds() {
        return new float[] {
            Math.max(0, left), Math.max(0, top), Math.min(planes.width, right), Math.min(planes.height, bottom)
        };
    }

    final void reach(float x, float y, float r) {
        left = Math.min(left, x - r);
        top = Math.min(top, y - r);
        right = Math.max(right, x + r);
        bottom = Math.max(bottom, y + r);
    }

    final void segment(float x0, float y0, float x1, float y1, float half, float ink, Lab colour) {
        reach(x0, y0, half);
        reach(x1, y1, half);
        float draw = Math.max(half, 0.45f);
        float share = ink * Math.min(1, half / draw);
        int ya = Math.max(0, (int) (Math.min(y0, y1) - draw - 1));
        int yb = Math.min(planes.height - 1, (int) (Math.max(y0, y1) + draw + 1));
        int xa = Math.max(0, (int) (Math.min(x0, x1) - draw - 1));
        int xb = Math.min(planes.width - 1, (int) (Math.max(x0, x1) + draw + 1));
        float dx = x1 - x0;
        float dy = y1 - y0;
        float len2 = Math.max(1e-4f, dx * dx + dy * dy);
        for (int y = ya; y <= yb; y++) {
            for (int x = xa; x <= xb; x++) {
                float px = x + 0.5f - x0;
                float py = y + 0.5f - y0;
                float t = Planes.clamp((px * dx + py * dy) / len2, 0, 1);
                float ex = px - t * dx;
                float ey = py - t * dy;
                float d = draw + 0.5f - (float) Math.sqrt(ex * ex + ey * ey);
                if (d > 0) {
                    int i = y * planes.width + x;
                    float s = share * Math.min(1, d);
                    if (planes.cover[i] < s) {
                        planes.cover(i, colour.l(), colour.a(), colour.b(), s - planes.cover[i] * 0.9f, 1);
                    }
                }
            }
        }
    }

    final void arc(
            float cx,
            float cy,
            float rx,
            float ry,
            float turn,
            float from,
            float to,
            float half,
            float ink,
            Lab colour,
            float shaky) {
        int steps = Math.max(8, (int) (Math.abs(to - from) * Math.max(rx, ry) / 3));
        float c = (float) StrictMath.cos(turn);
        float s = (float) StrictMath.sin(turn);
        float lastX = 0;
        float lastY = 0;
        for (int k = 0; k <= steps; k++) {
            float t = from + (to - from) * k / steps;
            float w = 1 + shaky * noise.at(t * 1.5f + cx, 3.7f + cy);
            float u = rx * w * (float) StrictMath.cos(t);
            float v = ry * w * (float) StrictMath.sin(t);
            float x = cx + c * u - s * v;
            float y = cy + s * u + c * v;
            if (k > 0) {
                segment(lastX, lastY, x, y, half, ink, colour);
            }
            lastX = x;
            lastY = y;
        }
    }

    /** A rounded plate: colour with a little mottle, an edge, a shadow on the skin beside it. */
    final void plate(
            float cx,
            float cy,
            float halfU,
            float halfV,
            float turn,
            float corner,
            Lab colour,
            float ink,
            float mottle,
            float mottleScale) {
        float c = (float) StrictMath.cos(turn);
        float s = (float) StrictMath.sin(turn);
        float r = (float) Math.sqrt(halfU * halfU + halfV * halfV) + 4;
        reach(cx, cy, Math.max(Math.abs(c) * halfU + Math.abs(s) * halfV, Math.abs(s) * halfU + Math.abs(c) * halfV));
        for (int y = Math.max(0, (int) (cy - r)); y <= Math.min(planes.height - 1, (int) (cy + r)); y++) {
            for (int x = Math.max(0, (int) (cx - r)); x <= Math.min(planes.width - 1, (int) (cx + r)); x++) {
                float u = c * (x + 0.5f - cx) + s * (y + 0.5f - cy);
                float v = c * (y + 0.5f - cy) - s * (x + 0.5f - cx);
                float d = box(u, v, halfU, halfV, corner);
                int i = y * planes.width + x;
                if (d < 0.5f) {
                    float w = Planes.clamp(0.5f - d, 0, 1) * ink;
                    float m = mottle * noise.fractal(u * mottleScale, v * mottleScale, 2);
                    planes.cover(i, colour.l() + m, colour.a(), colour.b(), w, 1);
                }
                if (d > -1 && d < 4) {
                    planes.relief[i] -= 0.12f * Planes.smooth(4, 0, d) * ink;
                }
            }
        }
    }

    private static float box(float u, float v, float halfU, float halfV, float corner) {
        float qu = Math.abs(u) - halfU + corner;
        float qv = Math.abs(v) - halfV + corner;
        float ou = Math.max(qu, 0);
        float ov = Math.max(qv, 0);
        return (float) Math.sqrt(ou * ou + ov * ov) + Math.min(Math.max(qu, qv), 0) - corner;
    }

    final float spotX() {
        return rng.in(0.08, 0.92) * planes.width;
    }

    final float spotY() {
        return rng.in(0.08, 0.92) * planes.height;
    }

    static float cos(float t) {
        return (float) StrictMath.cos(t);
    }

    static float sin(float t) {
        return (float) StrictMath.sin(t);
    }

    final Lab clothColour() {
        return rng.chance(0.45)
                ? new Lab(rng.in(6, 92), rng.in(-3, 3), rng.in(-6, 6))
                : new Lab(rng.in(20, 75), rng.in(-45, 50), rng.in(-50, 45));
    }
}

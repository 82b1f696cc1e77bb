package io.derm.phantom;

import java.util.ArrayList;
import java.util.List;

/**
 * Things that pass between camera and skin, out of focus: bars with round ends, as thick as a finger or an instrument. A pure function of
 * the frame number. Immutable.
 */
final class Passers {
    /** Where a bar lies in a frame: its axis and half its thickness, in pixels. */
    record Bar(float x0, float y0, float x1, float y1, float radius, int bgr) {
        /** Distance from the axis over half the thickness, squared. */
        float depth(float x, float y) {
            float dx = x1 - x0;
            float dy = y1 - y0;
            float t = Planes.clamp(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1);
            float ex = x - x0 - t * dx;
            float ey = y - y0 - t * dy;
            return (ex * ex + ey * ey) / (radius * radius);
        }
    }

    /** One that comes every {@code period} frames and is in the frame for {@code crossing} of them. */
    private record Passer(
            double period, double phase, double crossing, float turn, float miss, float slant, float radius, int bgr) {}

    private final int width;
    private final int height;
    private final List<Passer> passers = new ArrayList<>();

    Passers(PhantomClip.Options options) {
        width = options.width();
        height = options.height();
        Rng rng = new Rng(options.seed() ^ 0x9A55E25L);
        for (int k = 0; k < options.passers(); k++) {
            double period = rng.in(4, 9) * options.framesPerSecond();
            int grey = rng.between(40, 200);
            int bgr = rng.chance(0.5)
                    ? grey << 16 | grey << 8 | grey
                    : rng.between(60, 150) << 16 | rng.between(80, 170) << 8 | rng.between(140, 230);
            passers.add(new Passer(
                    period,
                    rng.in(0, 1) * period,
                    rng.in(0.7, 1.4) * options.framesPerSecond(),
                    rng.angle(),
                    rng.in(-0.25, 0.25),
                    rng.in(-0.5, 0.5),
                    height * rng.in(0.05, 0.11),
                    bgr));
        }
    }

    List<Bar> at(long frame) {
        List<Bar> bars = new ArrayList<>(0);
        float diagonal = (float) Math.sqrt((double) width * width + (double) height * height);
        for (Passer p : passers) {
            double since = (frame + p.phase) % p.period;
            if (since >= p.crossing) {
                continue;
            }
            // Its middle goes right across the frame while it lies across its way.
            float along = (float) (since / p.crossing - 0.5) * (diagonal + 4 * p.radius);
            float c = (float) StrictMath.cos(p.turn);
            float s = (float) StrictMath.sin(p.turn);
            float x = width / 2f + along * c - p.miss * height * s;
            float y = height / 2f + along * s + p.miss * height * c;
            float half = 0.4f * height;
            float dx = half * (float) StrictMath.cos(p.turn + Math.PI / 2 + p.slant);
            float dy = half * (float) StrictMath.sin(p.turn + Math.PI / 2 + p.slant);
            bars.add(new Bar(x - dx, y - dy, x + dx, y + dy, p.radius, p.bgr));
        }
        return bars;
    }

    static boolean cover(List<Bar> bars, float x, float y) {
        for (Bar bar : bars) {
            if (bar.depth(x, y) < 1) {
                return true;
            }
        }
        return false;
    }

    /** Draws the frame's bars over a BGR24 picture, round and with soft edges. */
    void draw(long frame, byte[] picture) {
        for (Bar bar : at(frame)) {
            int reach = Math.round(bar.radius * 1.1f) + 1;
            int left = Math.max(0, (int) Math.min(bar.x0, bar.x1) - reach);
            int right = Math.min(width, (int) Math.max(bar.x0, bar.x1) + reach);
            int top = Math.max(0, (int) Math.min(bar.y0, bar.y1) - reach);
            int bottom = Math.min(height, (int) Math.max(bar.y0, bar.y1) + reach);
            for (int y = top; y < bottom; y++) {
                for (int x = left; x < right; x++) {
                    float depth = bar.depth(x + 0.5f, y + 0.5f);
                    float cover = Planes.smooth(1.15f, 0.85f, depth);
                    if (cover > 0) {
                        float bright = 0.55f + 0.45f * (float) Math.sqrt(Math.max(0, 1 - depth));
                        int o = 3 * (y * width + x);
                        for (int k = 0; k < 3; k++) {
                            int old = picture[o + k] & 255;
                            float colour = (bar.bgr >> (16 - 8 * k) & 255) * bright;
                            picture[o + k] = (byte) Math.round(old + cover * (colour - old));
                        }
                    }
                }
            }
        }
    }
}

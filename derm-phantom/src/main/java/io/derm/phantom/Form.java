package io.derm.phantom;

/**
 * The part of the body in view: a bent strip in a turned frame (p along, q across), from a limb to a back with shoulders,
 * or skin all over. Gives the distance to the silhouette and the height of the surface.
 */
final class Form {
    /** What is in view. */
    enum Kind {
        FULL,
        SIDE,
        LIMB,
        BACK
    }

    final Kind kind;
    private final Noise noise;
    private final float cx;
    private final float cy;
    private final float cos;
    private final float sin;
    private final float mid;
    private final float half;
    private final float taper;
    private final float wave;
    private final float waveScale;
    private final float flatness;
    private final float depth;
    private final float bumps;
    private final float bumpScale;
    private final float size;
    final float shoulder;
    private final float spine;

    Form(Kind kind, float width, float height, Rng rng, Noise noise, float bumpiness) {
        this.kind = kind;
        this.noise = noise;
        size = Math.min(width, height);
        cx = width / 2 + rng.in(-0.1, 0.1) * size;
        cy = height / 2 + rng.in(-0.1, 0.1) * size;
        float turn =
                kind == Kind.BACK ? rng.in(-0.25, 0.25) + (rng.chance(0.15) ? (float) (Math.PI / 2) : 0) : rng.angle();
        cos = (float) StrictMath.cos(turn);
        sin = (float) StrictMath.sin(turn);
        waveScale = 1 / (size * rng.in(0.4, 1.2));
        switch (kind) {
            case FULL -> {
                half = size * rng.in(1.2, 4);
                mid = rng.in(-0.35, 0.35) * size;
                wave = 0;
                taper = 0;
                flatness = rng.in(0.3, 0.9);
            }
            case SIDE -> {
                half = size * rng.in(0.7, 1.6);
                mid = half - size * rng.in(0.2, 0.42);
                wave = size * rng.in(0.01, 0.08);
                taper = rng.in(-0.15, 0.15);
                flatness = rng.in(0.4, 1);
            }
            case LIMB -> {
                half = size * rng.in(0.17, 0.42);
                mid = rng.in(-0.12, 0.12) * size;
                wave = size * rng.in(0.005, 0.05);
                taper = rng.in(-0.3, 0.3);
                flatness = rng.in(0.6, 1);
            }
            default -> {
                half = size * rng.in(0.36, 0.62);
                mid = rng.in(-0.12, 0.12) * size;
                wave = size * rng.in(0.005, 0.03);
                taper = rng.in(-0.25, 0.05);
                flatness = rng.in(0.35, 0.75);
            }
        }
        shoulder = kind == Kind.BACK ? -size * rng.in(0.22, 0.7) : Float.NEGATIVE_INFINITY;
        spine = kind == Kind.BACK ? rng.in(0.01, 0.05) : 0;
        depth = rng.in(0.6, 1.15);
        bumps = size * rng.in(0.004, 0.02) * bumpiness;
        bumpScale = 1 / (size * rng.in(0.12, 0.4));
    }

    float along(float x, float y) {
        return cos * (y - cy) - sin * (x - cx);
    }

    float across(float x, float y) {
        return cos * (x - cx) + sin * (y - cy) - mid;
    }

    private float halfAt(float p) {
        float h = half * (1 + taper * p / size);
        if (p < shoulder + 0.16f * size) {
            float t = Planes.smooth(shoulder + 0.16f * size, shoulder - 0.1f * size, p);
            h *= 1 - 0.72f * t;
        }
        return Math.max(h, 0.05f * size);
    }

    /** Pixels to the silhouette, positive on the body. */
    float inside(float x, float y) {
        if (kind == Kind.FULL) {
            return Float.MAX_VALUE;
        }
        float p = along(x, y);
        float q = across(x, y);
        float edge = wave * noise.at(p * waveScale + 7.7f, q > 0 ? 3.3f : 91.1f);
        return halfAt(p) + edge - Math.abs(q);
    }

    /** Height of the surface towards the camera, in pixels. */
    float surface(float x, float y) {
        float p = along(x, y);
        float q = across(x, y);
        float h = halfAt(p) + wave;
        float t = Math.min(1, Math.abs(q) / h);
        float t2 = t * t;
        float round = (float) Math.sqrt(Math.max(0, 1 - t2));
        float flat = 1 - t2 * t2 * t2;
        float z = h * 0.55f * depth * (flatness * round + (1 - flatness) * 0.45f * flat);
        if (spine > 0) {
            float s = 1 - Math.min(1, Math.abs(q) / (0.14f * size));
            z -= spine * size * s * s * (3 - 2 * s) * 0.6f;
        }
        return z + bumps * noise.fractal(x * bumpScale, y * bumpScale, 2);
    }
}

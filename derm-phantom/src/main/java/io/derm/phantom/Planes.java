package io.derm.phantom;

/**
 * The unlit scene, a value a pixel: skin colour in CIELAB, small-scale relief, gloss, and a layer of things over the skin.
 * Confined to one thread.
 */
final class Planes {
    final int width;
    final int height;
    final float[] l;
    final float[] a;
    final float[] b;
    /** Relative change of the diffuse light by relief: 0 is flat. */
    final float[] relief;
    /** Light added by small mirrors: wet spots, domes, metal. */
    final float[] gloss;

    final float[] coverL;
    final float[] coverA;
    final float[] coverB;
    /** 0 skin, 1 wholly covered. */
    final float[] cover;
    /** How much of the body's shading the cover takes: 0 for what lies behind the body. */
    final float[] coverLit;

    Planes(int width, int height) {
        this.width = width;
        this.height = height;
        int n = width * height;
        l = new float[n];
        a = new float[n];
        b = new float[n];
        relief = new float[n];
        gloss = new float[n];
        coverL = new float[n];
        coverA = new float[n];
        coverB = new float[n];
        cover = new float[n];
        coverLit = new float[n];
    }

    void tint(int i, Lab colour, float share) {
        l[i] += share * (colour.l() - l[i]);
        a[i] += share * (colour.a() - a[i]);
        b[i] += share * (colour.b() - b[i]);
    }

    void cover(int i, float cl, float ca, float cb, float share, float lit) {
        if (share <= 0) {
            return;
        }
        float before = cover[i];
        float after = before + share - before * share;
        float k = share / after;
        coverL[i] += k * (cl - coverL[i]);
        coverA[i] += k * (ca - coverA[i]);
        coverB[i] += k * (cb - coverB[i]);
        coverLit[i] += k * (lit - coverLit[i]);
        cover[i] = after;
        gloss[i] *= 1 - share;
    }

    static float smooth(float low, float high, float x) {
        float t = (x - low) / (high - low);
        if (t <= 0) {
            return 0;
        }
        if (t >= 1) {
            return 1;
        }
        return t * t * (3 - 2 * t);
    }

    static float clamp(float x, float low, float high) {
        return x < low ? low : Math.min(x, high);
    }
}

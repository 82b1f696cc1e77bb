package io.derm.phantom;

/** Smooth value noise in [-1, 1] over the plane, one table a scene. Immutable, thread-safe. */
final class Noise {
    private static final int SIDE = 256;
    private static final int MASK = SIDE - 1;
    private final float[] table = new float[SIDE * SIDE];

    Noise(Rng rng) {
        long state = rng.bits();
        for (int i = 0; i < table.length; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            table[i] = (int) (state >> 32) * 0x1p-31f;
        }
    }

    float at(float x, float y) {
        int xi = (int) x;
        if (xi > x) {
            xi--;
        }
        int yi = (int) y;
        if (yi > y) {
            yi--;
        }
        float fx = x - xi;
        float fy = y - yi;
        fx = fx * fx * (3 - 2 * fx);
        fy = fy * fy * (3 - 2 * fy);
        int x0 = xi & MASK;
        int x1 = (xi + 1) & MASK;
        int r0 = (yi & MASK) * SIDE;
        int r1 = ((yi + 1) & MASK) * SIDE;
        float top = table[r0 + x0] + fx * (table[r0 + x1] - table[r0 + x0]);
        float bottom = table[r1 + x0] + fx * (table[r1 + x1] - table[r1 + x0]);
        return top + fy * (bottom - top);
    }

    /** Two turned layers: no lattice to be seen even where the values are cut at a level. */
    float organic(float x, float y) {
        return 0.66f * (at(x, y) + at(0.8290f * x - 0.7193f * y + 91.7f, 0.7193f * x + 0.8290f * y + 23.1f));
    }

    /** Octaves, each turned by 37 degrees so that the lattice does not show. Roughly in [-1, 1]. */
    float fractal(float x, float y, int octaves) {
        float sum = 0;
        float gain = 0.6f;
        for (int i = 0; i < octaves; i++) {
            sum += gain * at(x, y);
            gain *= 0.5f;
            float nx = 2.03f * (0.7986f * x - 0.6018f * y) + 17.3f;
            y = 2.03f * (0.6018f * x + 0.7986f * y) + 41.7f;
            x = nx;
        }
        return sum;
    }
}

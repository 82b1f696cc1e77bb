package io.derm.phantom;

import java.util.Arrays;

/** Light on the body: a lamp, the room, cast shadows and broad highlights, on a coarse grid sampled bilinearly. Immutable. */
final class Lighting {
    private final int step;
    private final int columns;
    private final float[] diffuse;
    private final float[] specular;
    /** Direction in the picture from which the lamp shines; unit length is grazing light. */
    final float lampX;

    final float lampY;

    private Lighting(int width, int height) {
        step = Math.max(width, height);
        columns = 3;
        diffuse = new float[9];
        specular = new float[9];
        Arrays.fill(diffuse, 1);
        lampX = 0;
        lampY = 0;
    }

    /** The same light everywhere, without shade or shine. */
    static Lighting flat(int width, int height) {
        return new Lighting(width, height);
    }

    Lighting(int width, int height, Form form, Rng rng, Noise noise, float shine) {
        step = Math.max(4, Math.min(width, height) / 52);
        columns = width / step + 3;
        int rows = height / step + 3;
        diffuse = new float[columns * rows];
        specular = new float[columns * rows];
        float side = rng.chance(0.6) ? rng.in(0.0, 0.45) : rng.in(0.4, 0.75);
        float turn = rng.angle();
        lampX = side * (float) StrictMath.cos(turn);
        lampY = side * (float) StrictMath.sin(turn);
        float lampZ = (float) Math.sqrt(1 - side * side);
        float ambient = rng.in(0.25, 0.6);
        int power = 8 << rng.below(3);
        float hx = lampX;
        float hy = lampY;
        float hz = lampZ + 1;
        float hn = (float) Math.sqrt(hx * hx + hy * hy + hz * hz);
        float streak = 1 / (Math.min(width, height) * rng.in(0.03, 0.2));
        int shadows = rng.chance(0.25) ? rng.between(1, 2) : 0;
        float[][] shadow = new float[shadows][];
        for (int i = 0; i < shadows; i++) {
            float angle = rng.angle();
            shadow[i] = new float[] {
                (float) StrictMath.cos(angle),
                (float) StrictMath.sin(angle),
                rng.in(-0.3, 0.45) * width,
                rng.in(0.02, 0.25) * width,
                rng.in(0.2, 0.55),
                rng.chance(0.5) ? rng.in(0.08, 0.3) * width : 4f * width
            };
        }
        double total = 0;
        int counted = 0;
        for (int j = 0; j < rows; j++) {
            for (int i = 0; i < columns; i++) {
                float x = i * step;
                float y = j * step;
                float e = step * 0.5f;
                float zx = (form.surface(x + e, y) - form.surface(x - e, y)) / (2 * e);
                float zy = (form.surface(x, y + e) - form.surface(x, y - e)) / (2 * e);
                float inv = 1 / (float) Math.sqrt(1 + zx * zx + zy * zy);
                float nl = (-zx * lampX - zy * lampY + lampZ) * inv;
                float light = ambient * (0.55f + 0.45f * inv) + (1 - ambient) * Math.max(0, nl);
                for (float[] s : shadow) {
                    float d = s[0] * (x - width / 2f) + s[1] * (y - height / 2f) - s[2];
                    d += 0.06f * width * noise.at(x / (0.2f * width), y / (0.2f * width));
                    light *= 1 - s[4] * Planes.smooth(0, s[3], d) * (1 - Planes.smooth(s[5], s[5] + s[3], d));
                }
                float nh = Math.max(0, (-zx * hx - zy * hy + hz) * inv / hn);
                float sp = nh;
                for (int k = power; k > 1; k >>= 1) {
                    sp *= sp;
                }
                sp *= 0.55f + 0.45f * noise.fractal(x * streak, y * streak, 2);
                diffuse[j * columns + i] = light;
                specular[j * columns + i] = Math.max(0, sp) * shine;
                if (form.inside(x, y) > 0) {
                    total += light;
                    counted++;
                }
            }
        }
        // The camera meters on the body: what varies is how the light falls, not how much there is.
        float scale = counted == 0 ? 1 : (float) (counted / Math.max(total, 1e-3));
        for (int i = 0; i < diffuse.length; i++) {
            diffuse[i] *= scale;
        }
    }

    float diffuse(float x, float y) {
        return sample(diffuse, x, y);
    }

    float specular(float x, float y) {
        return sample(specular, x, y);
    }

    private float sample(float[] grid, float x, float y) {
        float gx = x / step;
        float gy = y / step;
        int i = (int) gx;
        int j = (int) gy;
        float fx = gx - i;
        float fy = gy - j;
        int o = j * columns + i;
        float top = grid[o] + fx * (grid[o + 1] - grid[o]);
        float bottom = grid[o + columns] + fx * (grid[o + columns + 1] - grid[o + columns]);
        return top + fy * (bottom - top);
    }
}

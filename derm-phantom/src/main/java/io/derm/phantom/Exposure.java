package io.derm.phantom;

/** From colours, relief and light to linear RGB. */
final class Exposure {
    private Exposure() {}

    static float[][] expose(Planes p, Lighting light) {
        float[][] rgb = new float[3][p.width * p.height];
        float[][] row = new float[3][p.width];
        for (int y = 0; y < p.height; y++) {
            row(p, light, y, row);
            for (int c = 0; c < 3; c++) {
                System.arraycopy(row[c], 0, rgb[c], y * p.width, p.width);
            }
        }
        return rgb;
    }

    static void row(Planes p, Lighting light, int y, float[][] rgb) {
        float[] body = new float[3];
        float[] over = new float[3];
        for (int x = 0; x < p.width; x++) {
            int i = y * p.width + x;
            float cover = p.cover[i];
            float diffuse = light.diffuse(x, y);
            float gloss = p.gloss[i];
            float r = 0;
            float g = 0;
            float b = 0;
            if (cover < 1) {
                Lab.toLinear(p.l[i], p.a[i], p.b[i], body);
                float d = diffuse * Math.max(0.05f, 1 + p.relief[i]);
                float s = light.specular(x, y) * Math.max(0, 1 + 3 * p.relief[i]) + gloss;
                r = (body[0] * d + s) * (1 - cover);
                g = (body[1] * d + s) * (1 - cover);
                b = (body[2] * d + s) * (1 - cover);
            }
            if (cover > 0) {
                Lab.toLinear(Math.max(0, p.coverL[i]), p.coverA[i], p.coverB[i], over);
                float lit = p.coverLit[i];
                float d = 1 + lit * (diffuse - 1);
                float s = lit > 0 ? gloss : 0;
                r += cover * (over[0] * d + s);
                g += cover * (over[1] * d + s);
                b += cover * (over[2] * d + s);
            }
            rgb[0][x] = r;
            rgb[1][x] = g;
            rgb[2][x] = b;
        }
    }
}

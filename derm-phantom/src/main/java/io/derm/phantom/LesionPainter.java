package io.derm.phantom;

/** Lays a lesion on the skin, and says where it can be seen. */
final class LesionPainter {
    private final Planes planes;
    private final Noise noise;

    LesionPainter(Planes planes, Noise noise) {
        this.planes = planes;
        this.noise = noise;
    }

    /** Depth inside the border in units of the radius: 0 on it, positive inside. */
    private float depth(Lesion lesion, float u, float v) {
        float s = lesion.mottleScale;
        float wx = u;
        float wy = v;
        if (lesion.ragged > 0.025f) {
            wx += lesion.ragged * noise.fractal(u * s + lesion.noiseX, v * s + lesion.noiseY, 2);
            wy += lesion.ragged * noise.fractal(u * s + lesion.noiseY + 50, v * s + lesion.noiseX, 2);
        }
        float rho = (float) Math.sqrt(wx * wx + wy * wy);
        return lesion.outline.at(wx, wy) - rho;
    }

    static float alpha(Lesion lesion, float depth) {
        return Planes.smooth(-0.5f * lesion.softness, 0.5f * lesion.softness, depth);
    }

    /** Alpha of the lesion for each pixel of a window, row by row. */
    float[] alphas(Lesion lesion, int left, int top, int width, int height) {
        float[] out = new float[width * height];
        float inv = 1 / lesion.radius;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                float u = (left + x + 0.5f - lesion.x) * inv;
                float v = (top + y + 0.5f - lesion.y) * inv;
                if (u * u + v * v < 9) {
                    out[y * width + x] = alpha(lesion, depth(lesion, u, v));
                }
            }
        }
        return out;
    }

    void paint(Lesion lesion, Lighting light) {
        float reach = lesion.reach() * (lesion.halo > 0 ? 1.5f : 1) + 2;
        int x0 = Math.max(0, (int) (lesion.x - reach));
        int x1 = Math.min(planes.width - 1, (int) (lesion.x + reach));
        int y0 = Math.max(0, (int) (lesion.y - reach));
        int y1 = Math.min(planes.height - 1, (int) (lesion.y + reach));
        float inv = 1 / lesion.radius;
        float detail = Planes.smooth(8, 26, lesion.radius);
        for (int y = y0; y <= y1; y++) {
            for (int x = x0; x <= x1; x++) {
                float u = (x + 0.5f - lesion.x) * inv;
                float v = (y + 0.5f - lesion.y) * inv;
                float depth = depth(lesion, u, v);
                int i = y * planes.width + x;
                if (lesion.halo > 0 && depth > -0.5f) {
                    float h = Planes.smooth(-0.5f, 0, depth) * lesion.halo;
                    planes.a[i] += h;
                    planes.l[i] -= 0.4f * h;
                }
                float alpha = alpha(lesion, depth);
                if (alpha <= 0) {
                    continue;
                }
                colour(lesion, i, u, v, depth, alpha, detail);
                if (lesion.raised > 0) {
                    dome(lesion, i, u, v, depth, alpha, light);
                }
            }
        }
        if (lesion.raised > 0.25f) {
            contactShadow(lesion, light);
        }
    }

    private void colour(Lesion lesion, int i, float u, float v, float depth, float alpha, float detail) {
        float s = lesion.mottleScale;
        float n = noise.fractal(u * s + lesion.noiseY, v * s + lesion.noiseX + 30, 2);
        float inner = Planes.smooth(0, lesion.rimWidth, depth + 0.1f * n);
        float l = lesion.rim.l() + inner * (lesion.base.l() - lesion.rim.l());
        float a = lesion.rim.a() + inner * (lesion.base.a() - lesion.rim.a());
        float b = lesion.rim.b() + inner * (lesion.base.b() - lesion.rim.b());
        for (Lesion.Patch p : lesion.patches) {
            float du = u - p.x();
            float dv = v - p.y();
            float d = (float) Math.sqrt(du * du + dv * dv) / p.reach();
            d += (p.ragged() ? 0.7f : 0.35f)
                    * noise.organic(u * s * 1.7f + p.x() * 40 + lesion.noiseX, v * s * 1.7f + p.y() * 40);
            float w = Planes.smooth(1.25f, p.ragged() ? 0.6f : 0.25f, d) * p.strength();
            l += w * (p.colour().l() - l);
            a += w * (p.colour().a() - a);
            b += w * (p.colour().b() - b);
        }
        l += lesion.mottle * n;
        b += 0.4f * lesion.mottle * n;
        if (detail > 0) {
            if (lesion.network > 0) {
                float k = lesion.networkScale;
                float mesh = 1 - 2.4f * Math.abs(noise.organic(u * k + lesion.noiseX, v * k + lesion.noiseY));
                l -= detail * lesion.network * mesh * 0.8f;
            }
            if (lesion.milia > 0) {
                float k = lesion.networkScale * 0.8f;
                float dots = noise.organic(u * k + lesion.noiseX + 70, v * k + lesion.noiseY);
                float w = detail * lesion.milia;
                if (dots > 0.6f) {
                    l += w * 40 * (dots - 0.6f);
                    a -= w * 6 * (dots - 0.6f);
                } else if (dots < -0.6f) {
                    l += w * 40 * (dots + 0.6f);
                }
            }
            if (lesion.rough > 0) {
                float k = lesion.networkScale * 1.6f;
                planes.relief[i] += alpha * detail * lesion.rough * noise.fractal(u * k + lesion.noiseY, v * k, 2);
            }
        }
        if (lesion.patchy > 0) {
            float hole = noise.organic(u * s * 1.3f + lesion.noiseX + 120, v * s * 1.3f + lesion.noiseY);
            alpha *= 1 - lesion.patchy * Planes.smooth(0.05f, 0.3f, depth) * Planes.smooth(-0.6f, 0.9f, hole);
        }
        // The furrows of the skin stay visible through flat pigment: keep a little of what lay there before.
        float keep = 0.12f;
        planes.l[i] += alpha * (Math.max(3, l) + keep * (planes.l[i] - l) * 0.3f - planes.l[i]);
        planes.a[i] += alpha * (a - planes.a[i]);
        planes.b[i] += alpha * (b - planes.b[i]);
    }

    private void dome(Lesion lesion, int i, float u, float v, float depth, float alpha, Lighting light) {
        float r = (float) Math.sqrt(u * u + v * v) + 1e-4f;
        float rim = Planes.smooth(0.75f, 0, depth);
        float towards = (u * light.lampX + v * light.lampY) / r;
        planes.relief[i] += alpha * lesion.raised * 0.9f * rim * towards;
        if (lesion.shine > 0) {
            float hu = u - 0.35f * light.lampX;
            float hv = v - 0.35f * light.lampY;
            float g = 1 - (hu * hu + hv * hv) / 0.2f;
            if (g > 0) {
                float n = noise.at(u * lesion.networkScale + lesion.noiseX, v * lesion.networkScale);
                planes.gloss[i] += lesion.shine * g * g * (0.6f + 0.7f * n > 0 ? 0.6f + 0.7f * n : 0);
            }
        }
    }

    private void contactShadow(Lesion lesion, Lighting light) {
        float ox = -light.lampX * lesion.radius * 0.35f * lesion.raised;
        float oy = -light.lampY * lesion.radius * 0.35f * lesion.raised;
        float reach = lesion.reach() + Math.abs(ox) + Math.abs(oy);
        float inv = 1 / lesion.radius;
        for (int y = Math.max(0, (int) (lesion.y - reach));
                y <= Math.min(planes.height - 1, (int) (lesion.y + reach));
                y++) {
            for (int x = Math.max(0, (int) (lesion.x - reach));
                    x <= Math.min(planes.width - 1, (int) (lesion.x + reach));
                    x++) {
                float px = x + 0.5f - lesion.x;
                float py = y + 0.5f - lesion.y;
                float out = alpha(lesion, depth(lesion, px * inv, py * inv));
                if (out >= 1) {
                    continue;
                }
                float under = Planes.smooth(-0.25f, 0.2f, depth(lesion, (px - ox) * inv, (py - oy) * inv));
                planes.relief[y * planes.width + x] -= 0.3f * under * (1 - out) * Math.min(1, lesion.raised);
            }
        }
    }
}

package io.derm.phantom;

/** The border of a lesion as a radius for each direction, 1 on average. Immutable. */
final class Outline {
    private static final int N = 720;
    private final float[] radius = new float[N + 1];
    final float longest;

    /**
     * Draws an outline.
     *
     * @param wild 0 an ellipse, 1 irregular, lobed and notched
     */
    Outline(Rng rng, float wild, float aspect) {
        int waves = 9;
        float[] gain = new float[waves];
        float[] phase = new float[waves];
        for (int k = 0; k < waves; k++) {
            // Odd and mixed low orders break the symmetry, high orders make the border ragged.
            float fall = k < 3 ? 1 : 1.5f / (k + 1);
            gain[k] = (0.012f + 0.1f * wild * rng.in(0.35, 1)) * fall * (k == 0 ? 0.9f : 1);
            phase[k] = rng.angle();
        }
        int dents = wild > 0.45f ? rng.between(1, 2 + (int) (1.5f * wild)) : 0;
        float[][] dent = new float[dents][];
        for (int k = 0; k < dents; k++) {
            boolean lobe = rng.chance(0.35);
            dent[k] = new float[] {rng.angle(), rng.in(0.14, 0.45), (lobe ? -0.28f : 0.4f) * wild * rng.in(0.5, 1)};
        }
        double area = 0;
        double turn = rng.angle();
        for (int i = 0; i < N; i++) {
            double t = 2 * Math.PI * i / N;
            double c = StrictMath.cos(t - turn);
            double s = StrictMath.sin(t - turn);
            double r = 1 / Math.sqrt(c * c / aspect + s * s * aspect);
            double f = 1;
            for (int k = 0; k < waves; k++) {
                f += gain[k] * StrictMath.cos((k + 1) * t + phase[k]);
            }
            for (float[] d : dent) {
                double away = Math.abs(t - d[0]);
                away = Math.min(away, 2 * Math.PI - away) / d[1];
                f *= 1 - d[2] * StrictMath.exp(-away * away);
            }
            radius[i] = (float) (r * Math.max(0.25, f));
            area += (double) radius[i] * radius[i];
        }
        float scale = (float) (1 / Math.sqrt(area / N));
        float max = 0;
        for (int i = 0; i < N; i++) {
            radius[i] *= scale;
            max = Math.max(max, radius[i]);
        }
        radius[N] = radius[0];
        longest = max;
    }

    float at(float dx, float dy) {
        float t = (float) (Math.atan2(dy, dx) / (2 * Math.PI)) * N;
        if (t < 0) {
            t += N;
        }
        int i = Math.min((int) t, N - 1);
        return radius[i] + (t - i) * (radius[i + 1] - radius[i]);
    }

    /** Share of the area that does not meet its mirror image, over the best mirror axis: 0 symmetric. */
    float asymmetry() {
        double total = 0;
        for (int i = 0; i < N; i++) {
            total += radius[i] * radius[i];
        }
        double best = Double.MAX_VALUE;
        for (int axis = 0; axis < N; axis += 8) {
            double off = 0;
            for (int k = 0; k < N; k++) {
                float r1 = radius[(axis + k) % N];
                float r2 = radius[(axis - k + N) % N];
                off += Math.abs(r1 * r1 - r2 * r2);
            }
            best = Math.min(best, off / 2);
        }
        return (float) (best / total);
    }

    /** Perimeter squared over 4 pi times the area: 1 for a circle. */
    float irregularity() {
        double length = 0;
        for (int i = 0; i < N; i++) {
            double t0 = 2 * Math.PI * i / N;
            double t1 = 2 * Math.PI * (i + 1) / N;
            double x = radius[i + 1] * StrictMath.cos(t1) - radius[i] * StrictMath.cos(t0);
            double y = radius[i + 1] * StrictMath.sin(t1) - radius[i] * StrictMath.sin(t0);
            length += Math.sqrt(x * x + y * y);
        }
        return (float) (length * length / (4 * Math.PI * Math.PI));
    }
}

package io.derm.phantom;

/** A CIELAB colour under D65, and the way from there to linear and to coded sRGB (IEC 61966-2-1). */
record Lab(float l, float a, float b) {
    private static final float XN = 0.95047f;
    private static final float ZN = 1.08883f;

    Lab mix(Lab other, float share) {
        return new Lab(l + share * (other.l - l), a + share * (other.a - a), b + share * (other.b - b));
    }

    Lab plus(double dl, double da, double db) {
        return new Lab((float) (l + dl), (float) (a + da), (float) (b + db));
    }

    double distance(Lab other) {
        double dl = l - other.l;
        double da = a - other.a;
        double db = b - other.b;
        return Math.sqrt(dl * dl + da * da + db * db);
    }

    /** Individual typology angle in degrees, the colorimetric scale behind the skin tones. */
    double ita() {
        return StrictMath.toDegrees(StrictMath.atan2(l - 50, b));
    }

    static void toLinear(float l, float a, float b, float[] rgb) {
        float fy = (l + 16) * (1 / 116f);
        float x = XN * cube(fy + a * (1 / 500f));
        float y = cube(fy);
        float z = ZN * cube(fy - b * (1 / 200f));
        rgb[0] = Math.max(0, 3.2404542f * x - 1.5371385f * y - 0.4985314f * z);
        rgb[1] = Math.max(0, -0.9692660f * x + 1.8760108f * y + 0.0415560f * z);
        rgb[2] = Math.max(0, 0.0556434f * x - 0.2040259f * y + 1.0572252f * z);
    }

    private static float cube(float f) {
        return f > 0.2068966f ? f * f * f : 0.12841855f * (f - 0.13793103f);
    }

    /** Codes of the sRGB curve for linear values 0, 1/4096, ... 1. */
    static float[] codeTable() {
        float[] table = new float[4098];
        for (int i = 0; i < table.length; i++) {
            double v = Math.min(1, i / 4096.0);
            table[i] = (float) (255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * StrictMath.pow(v, 1 / 2.4) - 0.055));
        }
        return table;
    }
}

package io.derm.phantom;

/**
 * Fitzpatrick skin types by their individual typology angle, ITA = atan((L* - 50) / b*) in degrees.
 * The bounds are those of Chardon et al. 1991 and Del Bino and Bernerd 2013: very light, light, intermediate, tan, brown, dark.
 */
public enum SkinTone {
    I(55, 90, 9, 13),
    II(41, 55, 12, 17),
    III(28, 41, 15, 20),
    IV(10, 28, 17, 22),
    V(-30, 10, 14, 20),
    VI(-90, -30, 8, 14);

    private final double lowDegrees;
    private final double highDegrees;
    private final double lowB;
    private final double highB;

    SkinTone(double lowDegrees, double highDegrees, double lowB, double highB) {
        this.lowDegrees = lowDegrees;
        this.highDegrees = highDegrees;
        this.lowB = lowB;
        this.highB = highB;
    }

    /** Lower bound of the angle in degrees, exclusive. */
    public double itaLow() {
        return lowDegrees;
    }

    /** Upper bound of the angle in degrees, inclusive. */
    public double itaHigh() {
        return highDegrees;
    }

    /** The tone of an angle in degrees. */
    public static SkinTone ofIta(double degrees) {
        for (SkinTone tone : values()) {
            if (degrees > tone.lowDegrees) {
                return tone;
            }
        }
        return VI;
    }

    static SkinTone any(Rng rng) {
        SkinTone[] all = values();
        return all[rng.below(all.length)];
    }

    /** A skin of this tone; the angle keeps 2 degrees from the bounds so that texture does not carry it over. */
    Lab draw(Rng rng) {
        double low = Math.max(lowDegrees + 2, -58);
        double high = Math.min(highDegrees - 2, 65);
        double angle = StrictMath.toRadians(rng.in(low, high));
        double b = rng.in(lowB, highB);
        double l = 50 + b * StrictMath.tan(angle);
        double a = rng.in(7.5, 13.5);
        return new Lab((float) l, (float) a, (float) b);
    }
}

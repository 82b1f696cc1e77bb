package io.derm.phantom;

import java.util.SplittableRandom;

/** The random choices of one scene, in one order: same seed, same scene. Confined to one thread. */
final class Rng {
    private final SplittableRandom random;

    Rng(long seed) {
        // SplittableRandom gives close seeds far apart streams only after mixing; data sets use consecutive seeds.
        random = new SplittableRandom(mix(seed));
    }

    private Rng(SplittableRandom random) {
        this.random = random;
    }

    private static long mix(long z) {
        z = (z + 0x9E3779B97F4A7C15L) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 29)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 32);
    }

    /** A stream of its own, so that what one painter draws does not shift what the next one does. */
    Rng split() {
        return new Rng(random.split());
    }

    long bits() {
        return random.nextLong();
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    int between(int low, int highInclusive) {
        return random.nextInt(low, highInclusive + 1);
    }

    float unit() {
        return (float) random.nextDouble();
    }

    float in(double low, double high) {
        return (float) (low + (high - low) * random.nextDouble());
    }

    /** Uniform in the logarithm: as many between 6 and 12 as between 12 and 24. */
    float logIn(double low, double high) {
        return (float) (low * StrictMath.exp(random.nextDouble() * StrictMath.log(high / low)));
    }

    float normal() {
        double sum = 0;
        for (int i = 0; i < 12; i++) {
            sum += random.nextDouble();
        }
        return (float) (sum - 6);
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    float angle() {
        return in(0, 2 * Math.PI);
    }
}

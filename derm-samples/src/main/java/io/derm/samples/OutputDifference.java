package io.derm.samples;

/**
 * How far one output of model B is from that of model A, over all images. Errors are over the elements that are finite in both.
 * Immutable.
 *
 * @param name of the output in A
 * @param nameInB the same where outputs are matched by name
 * @param compared number of elements that are finite in both
 * @param maxAbsolute largest |b - a|
 * @param meanAbsolute mean |b - a|
 * @param relativeRms root mean square of b - a over that of a
 * @param relativeMax {@code maxAbsolute} over the largest |a|
 * @param cosine cosine of the angle between all of a and all of b, 1 where both are zero
 * @param nonFiniteA number of NaN and infinities in A
 * @param nonFiniteB number of NaN and infinities in B
 * @param unlike number of elements that are not finite in one and something else in the other
 */
record OutputDifference(
        String name,
        String nameInB,
        long compared,
        double maxAbsolute,
        double meanAbsolute,
        double relativeRms,
        double relativeMax,
        double cosine,
        long nonFiniteA,
        long nonFiniteB,
        long unlike) {
    /** {@link #relativeRms} in dB: -20 for a tenth, negative infinity for none. */
    double decibels() {
        return 20 * Math.log10(relativeRms);
    }
}

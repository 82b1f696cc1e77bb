package io.derm.samples;

/**
 * How far the boxes of detector B are from those of detector A. A box answers where its score is over the threshold. Two boxes
 * match by label and an overlap of {@link BoxTally#MIN_IOU}, and are counted where at least one of them answers. Immutable.
 *
 * @param threshold score over which a box answers
 * @param images number of images
 * @param differing number of images in which one answers with a box that the other does not answer with
 * @param matched number of matches
 * @param maxCorner largest difference of a left, top, right or bottom of two that match, pixels of the image
 * @param meanCorner mean of the largest such difference of each match, pixels of the image
 * @param maxScore largest difference of the scores of two that match
 * @param meanScore mean difference of the scores of two that match
 * @param onlyA number of boxes that only A answers with
 * @param highestOnlyA highest score of those, 0 where there is none
 * @param onlyB number of boxes that only B answers with
 * @param highestOnlyB highest score of those, 0 where there is none
 * @param highestUnmatched highest score of a box that answers and matches nothing, even under the threshold; 0 where there is
 *     none
 */
record BoxDifference(
        double threshold,
        int images,
        int differing,
        int matched,
        double maxCorner,
        double meanCorner,
        double maxScore,
        double meanScore,
        int onlyA,
        double highestOnlyA,
        int onlyB,
        double highestOnlyB,
        double highestUnmatched) {
    /** The most that a score changed, a box that matches nothing counting with all of its score. */
    double worstScore() {
        return Math.max(maxScore, highestUnmatched);
    }
}

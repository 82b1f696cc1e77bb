package io.derm.phantom;

import io.derm.api.Box;
import io.derm.api.LesionClass;

/**
 * What is true of one lesion in one picture. Immutable.
 *
 * @param id number of the lesion on its body, the same in every frame of a clip
 * @param box tight box around the pixels where at least 40 % of the lesion's pigment can be seen, clipped to the frame
 * @param lesionClass class it was made as
 * @param asymmetry share of the area that misses its mirror image over the best axis: 0 symmetric
 * @param irregularity perimeter squared over 4 pi area: 1 a circle
 * @param colours how many colours were laid on
 * @param diameterPixels diameter of the circle of the same area
 * @param visible share of the lesion that the frame and what lies over it leave to see
 */
public record LesionTruth(
        int id,
        Box box,
        LesionClass lesionClass,
        float asymmetry,
        float irregularity,
        int colours,
        float diameterPixels,
        float visible) {}

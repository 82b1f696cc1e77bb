package io.derm.phantom;

import io.derm.api.Box;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * One picture of procedural skin with all that is true of it. Immutable but for its pixels, which are the caller's.
 *
 * @param seed what it was made from
 * @param width pixels
 * @param height pixels
 * @param bgr tightly packed rows, uint8 BGR
 * @param framing how near the camera was
 * @param tone Fitzpatrick type of the skin
 * @param ita typology angle of the bare, unlit skin in degrees
 * @param lesions every lesion in the picture
 * @param distractors boxes of things that could pass for a lesion and are none
 */
public record PhantomScene(
        long seed,
        int width,
        int height,
        byte[] bgr,
        Framing framing,
        SkinTone tone,
        double ita,
        List<LesionTruth> lesions,
        List<Box> distractors) {
    public PhantomScene {
        lesions = List.copyOf(lesions);
        distractors = List.copyOf(distractors);
    }

    /** A copy as an image. */
    public BufferedImage image() {
        return Optics.image(bgr, width, height);
    }
}

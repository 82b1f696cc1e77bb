package io.derm.phantom;

import io.derm.api.Box;
import io.derm.api.Frame;
import io.derm.api.PixelFormat;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.util.List;

/** One picture of procedural skin with all that is true of it. Immutable, thread-safe. */
public final class PhantomScene {
    private final long seed;
    private final int width;
    private final int height;
    private final byte[] bgr;
    private final Framing framing;
    private final SkinTone tone;
    private final double ita;
    private final List<LesionTruth> lesions;
    private final List<Box> distractors;

    PhantomScene(
            long seed,
            int width,
            int height,
            byte[] bgr,
            Framing framing,
            SkinTone tone,
            double ita,
            List<LesionTruth> lesions,
            List<Box> distractors) {
        this.seed = seed;
        this.width = width;
        this.height = height;
        this.bgr = bgr;
        this.framing = framing;
        this.tone = tone;
        this.ita = ita;
        this.lesions = List.copyOf(lesions);
        this.distractors = List.copyOf(distractors);
    }

    /** The scene of a seed at 416x416, any framing. */
    public static PhantomScene of(long seed) {
        return of(seed, 416, 416, Framing.MIXED);
    }

    /**
     * The scene of a seed. The same arguments give the same bytes.
     *
     * @param width pixels, at least 64
     * @param height pixels, at least 64
     */
    public static PhantomScene of(long seed, int width, int height, Framing framing) {
        if (width < 64 || height < 64) {
            throw new IllegalArgumentException("Scene is " + width + "x" + height + ", expected at least 64x64");
        }
        return new SceneRenderer(width, height).render(seed, framing);
    }

    /** What it was made from. */
    public long seed() {
        return seed;
    }

    /** Width in pixels. */
    public int width() {
        return width;
    }

    /** Height in pixels. */
    public int height() {
        return height;
    }

    /** A copy of the pixels: tightly packed rows, top first, uint8 blue, green, red. */
    public byte[] bgr() {
        return bgr.clone();
    }

    /** A copy as an image. */
    public BufferedImage image() {
        return Optics.image(bgr, width, height);
    }

    /** A copy as a BGR24 frame, which the caller closes. */
    public Frame frame() {
        ByteBuffer pixels = ByteBuffer.allocateDirect(bgr.length);
        pixels.put(0, bgr);
        return Frame.wrap(pixels, width, height, 3 * width, PixelFormat.BGR24);
    }

    /** How near the camera was; never {@link Framing#MIXED}. */
    public Framing framing() {
        return framing;
    }

    /** Fitzpatrick type of the skin. */
    public SkinTone tone() {
        return tone;
    }

    /** Individual typology angle of the bare, unlit skin in degrees. */
    public double ita() {
        return ita;
    }

    /** Every lesion in the picture. */
    public List<LesionTruth> lesions() {
        return lesions;
    }

    /** Boxes of things that could pass for a lesion and are none; not every distractor has one. */
    public List<Box> distractors() {
        return distractors;
    }
}

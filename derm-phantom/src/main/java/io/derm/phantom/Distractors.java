package io.derm.phantom;

import java.util.ArrayList;
import java.util.List;

/** Chooses things on and around skin that are not lesions. */
final class Distractors {
    private final Planes planes;
    private final Rng rng;
    private final Lab skin;
    private final float pixelsPerMm;
    private final InkPainter ink;
    private final ThingPainter things;
    private final MarkPainter marks;
    private final BackdropPainter backdrop;
    final List<float[]> boxes = new ArrayList<>();

    Distractors(Planes planes, Noise noise, Rng rng, Lab skin, float pixelsPerMm, Lighting light, Form form) {
        this.planes = planes;
        this.rng = rng;
        this.skin = skin;
        this.pixelsPerMm = pixelsPerMm;
        ink = new InkPainter(planes, noise, rng, pixelsPerMm);
        things = new ThingPainter(planes, noise, rng, pixelsPerMm, light);
        marks = new MarkPainter(planes, noise, rng, skin, pixelsPerMm, light);
        backdrop = new BackdropPainter(planes, noise, rng, form);
    }

    void background(boolean wide) {
        backdrop.background(wide);
    }

    void clutter() {
        backdrop.clutter();
    }

    /** Paints one distractor of a random kind; those that an eye could take for a lesion leave their bounds. */
    void paintOne(boolean wide) {
        switch (rng.below(wide ? 17 : 15)) {
            case 0, 1 -> noted(ink, ink::ink);
            case 2 -> noted(ink, ink::ruler);
            case 3 -> noted(things, things::chain);
            case 4 -> noted(things, things::stud);
            case 5 -> noted(marks, marks::bruise);
            case 6 -> noted(ink, ink::tattoo);
            case 7 -> things.strap();
            case 8 -> noted(things, things::bandage);
            case 9 -> noted(marks, marks::scratch);
            case 10 -> noted(marks, marks::scar);
            case 11 -> new HairPainter(planes, rng).paint(skin, pixelsPerMm, rng.between(8, 50), 0.09f, true);
            case 12 -> noted(things, things::bubbles);
            case 13 -> noted(ink, ink::sticker);
            case 14 -> noted(ink, ink::dots);
            case 15 -> noted(marks, marks::navel);
            default -> noted(marks, marks::nipple);
        }
    }

    private void noted(CoverPainter painter, Runnable paint) {
        painter.begin();
        paint.run();
        float[] b = painter.bounds();
        if (b[2] - b[0] >= 24 && b[3] - b[1] >= 24 && b[2] - b[0] < 0.7f * planes.width) {
            boxes.add(b);
        }
    }
}

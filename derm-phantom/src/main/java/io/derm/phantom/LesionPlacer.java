package io.derm.phantom;

import io.derm.api.Box;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds out where a lesion would be seen before it is painted, and refuses places where that would be in doubt. */
final class LesionPlacer {
    /** Share of the pigment from which on a pixel belongs to the lesion. */
    static final float SEEN = 0.4f;

    private static final float SMALLEST = 6;

    private final Planes planes;
    private final LesionPainter painter;
    private final Lighting light;
    private final Form form;

    LesionPlacer(Planes planes, LesionPainter painter, Lighting light, Form form) {
        this.planes = planes;
        this.painter = painter;
        this.light = light;
        this.form = form;
    }

    /** What would be true of the lesion here, or null where the truth would be a matter of taste. */
    @Nullable
    LesionTruth place(Lesion lesion, List<LesionTruth> others) {
        if (form.inside(lesion.x, lesion.y) < 0.6f * lesion.radius) {
            return null;
        }
        float cx = Planes.clamp(lesion.x, 0, planes.width - 1);
        float cy = Planes.clamp(lesion.y, 0, planes.height - 1);
        if (light.diffuse(cx, cy) < 0.3f || light.specular(cx, cy) > 0.35f) {
            return null;
        }
        float reach = lesion.reach();
        for (LesionTruth other : others) {
            float dx = other.box().centerX() - lesion.x;
            float dy = other.box().centerY() - lesion.y;
            float near =
                    reach + 3 + 0.6f * Math.max(other.box().width(), other.box().height());
            if (dx * dx + dy * dy < near * near) {
                return null;
            }
        }
        int left = (int) Math.floor(lesion.x - reach);
        int top = (int) Math.floor(lesion.y - reach);
        int side = (int) Math.ceil(2 * reach) + 1;
        float[] alpha = painter.alphas(lesion, left, top, side, side);
        float x0 = Float.MAX_VALUE;
        float y0 = Float.MAX_VALUE;
        float x1 = -1;
        float y1 = -1;
        float all = 0;
        float seen = 0;
        for (int j = 0; j < side; j++) {
            for (int i = 0; i < side; i++) {
                float a = alpha[j * side + i];
                if (a < SEEN) {
                    continue;
                }
                all++;
                int x = left + i;
                int y = top + j;
                if (x < 0
                        || y < 0
                        || x >= planes.width
                        || y >= planes.height
                        || a * (1 - planes.cover[y * planes.width + x]) < SEEN) {
                    continue;
                }
                seen++;
                x0 = Math.min(x0, x);
                y0 = Math.min(y0, y);
                x1 = Math.max(x1, x + 1);
                y1 = Math.max(y1, y + 1);
            }
        }
        if (all == 0 || seen < 0.65f * all || Math.max(x1 - x0, y1 - y0) < SMALLEST || Math.min(x1 - x0, y1 - y0) < 3) {
            return null;
        }
        return new LesionTruth(
                lesion.id,
                new Box(x0, y0, x1, y1),
                lesion.lesionClass,
                lesion.outline.asymmetry(),
                lesion.outline.irregularity(),
                lesion.colours,
                2 * lesion.radius,
                seen / all);
    }
}

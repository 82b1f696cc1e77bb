package io.derm.pipeline;

import io.derm.api.Frame;
import org.jspecify.annotations.Nullable;

/**
 * The camera's way from frame to frame of a source, told by the pixels of all of them, so that it is known between any two however many
 * between them are dropped. Confined.
 */
final class CameraPath {
    /** Zoom beyond which, or its inverse, a new section begins: errors add up. */
    private static final double MOST_ZOOM = 1000;

    private final CameraMotion motion = new CameraMotion();
    private int section;
    private Similarity since = Similarity.IDENTITY;

    /**
     * A place on the way. Immutable.
     *
     * @param section the camera's way is not known from one to another
     * @param since from the section's first frame to this one
     */
    record Place(int section, Similarity since) {
        /** How the picture moved from another place to this one, null where that is not known. */
        @Nullable
        Similarity since(@Nullable Place o) {
            return o != null && o.section == section ? since.since(o.since) : null;
        }
    }

    Place next(Frame frame) {
        Similarity moved = motion.next(frame);
        since = moved == null ? Similarity.IDENTITY : moved.after(since);
        double zoom = Math.hypot(since.a(), since.b());
        if (moved == null || !(zoom < MOST_ZOOM && zoom > 1 / MOST_ZOOM)) {
            section++;
            since = Similarity.IDENTITY;
        }
        return new Place(section, since);
    }
}

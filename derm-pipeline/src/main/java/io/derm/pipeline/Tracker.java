package io.derm.pipeline;

import io.derm.api.Box;
import io.derm.api.Detection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Gives the boxes of successive frames lesion numbers. Skin does not move by itself, so lesions keep their places on a map, and the
 * pixels and each frame's boxes tell where the camera is over it (landmark-based localisation and mapping, as Smith, Self and Cheeseman
 * 1990, with running means in place of covariances): a lesion that is covered or out of the frame for a while is expected where it will
 * come back. Boxes are joined greedily by distance-IoU (Zheng et al., AAAI 2020), which still ranks small boxes that no longer overlap;
 * established lesions seen lately choose first (the cascade of Deep SORT, Wojke et al. 2017). Confined.
 */
final class Tracker {
    /** Lowest distance-IoU of a pair: about one and a half box sizes apart. */
    private static final float MIN_DIOU = -0.45f;
    /** Of a lesion that was seen in the last frame: its centre half a box away at most. */
    private static final float MIN_DIOU_SEEN = -0.1f;
    /** A lesion's box may grow or shrink by this factor, in area, between sightings. */
    private static final float MAX_AREA_RATIO = 4;
    /** The same of what the border leaves of a box, which is not to be foreseen that well. */
    private static final float MAX_CUT_RATIO = 16;
    /** Part of the agreement with lesions without the pixels that there must be with them. */
    private static final float AGREES = 0.85f;
    /** Sightings after which a lesion is established. */
    private static final int ESTABLISHED = 3;
    /** Sightings that a place on the map is the mean of, at most: skin bends. */
    private static final int MEMORY = 30;
    /** A box that overlaps a better established lesion of the same frame by more is a second box of that lesion. */
    private static final float DOUBLE_IOU = 0.6f;
    /** A frame that does not tell where the camera is counts as so many. */
    private static final int BLIND = 30;

    private final int forgetFrames;
    private final IntConsumer forgotten;
    private final List<Track> tracks = new ArrayList<>();
    private final CameraPose camera = new CameraPose();
    private int lastId;
    private int[] ids = new int[16];
    /** Of each detection the track that it would join, and how like that is. */
    private int[] choices = new int[16];

    private float[] affinities = new float[16];

    /**
     * Knows no lesion yet.
     *
     * @param forgotten told the number of each lesion that will not come again
     */
    Tracker(int forgetFrames, IntConsumer forgotten) {
        this.forgetFrames = forgetFrames;
        this.forgotten = forgotten;
    }

    /**
     * Joins one frame's detections to the lesions known so far.
     *
     * @param frame bounds of the frame
     * @param moved how the picture moved since the last frame, null where that is not known
     * @return the lesion number of each detection; valid until the next call
     */
    int[] update(List<Detection> detections, Box frame, @Nullable Similarity moved) {
        int n = detections.size();
        if (ids.length < n) {
            ids = new int[2 * n];
            choices = new int[2 * n];
            affinities = new float[2 * n];
        }
        Arrays.fill(ids, 0, n, 0);
        camera.next();
        for (int t = 0; t < tracks.size(); t++) {
            Track track = tracks.get(t);
            track.box = null;
            track.missed++;
        }
        project();
        if (moved != null) {
            follow(moved, detections, frame);
        }
        join(detections, frame, true);
        for (int t = 0; t < tracks.size(); t++) {
            tracks.get(t).measure(camera, frame);
        }
        camera.fit(frame);
        project();
        join(detections, frame, false);
        for (int t = 0; t < tracks.size(); t++) {
            tracks.get(t).settle(camera, frame);
        }
        for (int d = 0; d < n; d++) {
            if (ids[d] == 0) {
                Track track = new Track(++lastId, detections.get(d).box(), camera, frame);
                tracks.add(track);
                ids[d] = track.id;
            }
        }
        forget();
        return ids;
    }

    /** Goes by the pixels unless the lesions seen in the last frame are clearly not where those say: a hand may fill the picture. */
    private void follow(Similarity moved, List<Detection> detections, Box frame) {
        float steady = agreement(detections, frame);
        camera.follow(moved);
        project();
        if (agreement(detections, frame) < AGREES * steady) {
            camera.steady();
            project();
        }
    }

    private float agreement(List<Detection> detections, Box frame) {
        float sum = 0;
        for (int t = 0; t < tracks.size(); t++) {
            Track track = tracks.get(t);
            if (track.isSeenLately()) {
                float best = MIN_DIOU_SEEN;
                for (int d = 0; d < detections.size(); d++) {
                    best = Math.max(best, track.affinity(detections.get(d).box(), frame));
                }
                sum += best - MIN_DIOU_SEEN;
            }
        }
        return sum;
    }

    private void project() {
        for (int t = 0; t < tracks.size(); t++) {
            tracks.get(t).project(camera);
        }
    }

    /** Established lesions seen in the last frame, or all others. */
    private void join(List<Detection> detections, Box frame, boolean established) {
        int n = detections.size();
        for (int d = 0; d < n; d++) {
            choose(d, detections.get(d).box(), frame, established);
        }
        while (true) {
            int best = -1;
            for (int d = 0; d < n; d++) {
                if (choices[d] >= 0 && (best < 0 || affinities[d] > affinities[best])) {
                    best = d;
                }
            }
            if (best < 0) {
                return;
            }
            int taken = choices[best];
            Track track = tracks.get(taken);
            track.box = detections.get(best).box();
            ids[best] = track.id;
            for (int d = 0; d < n; d++) {
                if (choices[d] == taken) {
                    choose(d, detections.get(d).box(), frame, established);
                }
            }
        }
    }

    /** Which of the lesions without a box is most like a detection that has none; -1 if none is. */
    private void choose(int d, Box box, Box frame, boolean established) {
        choices[d] = -1;
        affinities[d] = established ? MIN_DIOU_SEEN : MIN_DIOU;
        for (int t = 0; ids[d] == 0 && t < tracks.size(); t++) {
            Track track = tracks.get(t);
            if (track.box != null || (established && !track.isSeenLately())) {
                continue;
            }
            float affinity = track.affinity(box, frame);
            if (affinity > affinities[d]) {
                affinities[d] = affinity;
                choices[d] = t;
            }
        }
    }

    private void forget() {
        for (int t = tracks.size() - 1; t >= 0; t--) {
            Track track = tracks.get(t);
            if (track.missed > 0 && !camera.measured()) {
                track.missed += BLIND - 1;
            }
            if (track.missed > forgetFrames || isDouble(track)) {
                tracks.remove(t);
                forgotten.accept(track.id);
            }
        }
    }

    /** Whether a lesion that is not seen lies where a better established one is: it began as a second box of that. */
    private boolean isDouble(Track track) {
        if (track.missed == 0) {
            return false;
        }
        for (int t = 0; t < tracks.size(); t++) {
            Track other = tracks.get(t);
            if (other.missed == 0 && other.sightings > track.sightings && other.iou(track) > DOUBLE_IOU) {
                return true;
            }
        }
        return false;
    }

    /** A lesion with its place on the map, and where that is in the frame at hand. */
    private static final class Track {
        final int id;
        /** The frame's box of it, null where there is none. */
        @Nullable
        Box box;

        int sightings;
        int missed;
        private float mapX;
        private float mapY;
        private float mapWidth;
        private float mapHeight;
        /** Sightings whole in the frame that the place is the mean of; a cut box does not tell where the lesion is. */
        private int places;

        private float x;
        private float y;
        private float width;
        private float height;

        Track(int id, Box box, CameraPose camera, Box frame) {
            this.id = id;
            this.box = box;
            settle(camera, frame);
        }

        /** Whether it is established and was seen in the last frame. */
        boolean isSeenLately() {
            return sightings >= ESTABLISHED && missed <= 1;
        }

        void project(CameraPose camera) {
            x = (float) camera.x(mapX, mapY);
            y = (float) camera.y(mapX, mapY);
            float zoom = (float) camera.zoom();
            width = mapWidth * zoom;
            height = mapHeight * zoom;
        }

        void measure(CameraPose camera, Box frame) {
            if (box != null && places > 0 && whole(box, frame)) {
                camera.add(mapX, mapY, box.centerX(), box.centerY(), Math.min(places, MEMORY));
            }
        }

        /** Takes the box for what it says of the place, now that the camera's is known. */
        void settle(CameraPose camera, Box frame) {
            if (box == null) {
                return;
            }
            missed = 0;
            sightings++;
            boolean whole = whole(box, frame);
            if (places > 0 && !whole) {
                return;
            }
            places += whole ? 1 : 0;
            float zoom = (float) camera.zoom();
            float share = 1f / Math.max(1, Math.min(places, MEMORY));
            mapX += share * ((float) camera.mapX(box.centerX(), box.centerY()) - mapX);
            mapY += share * ((float) camera.mapY(box.centerX(), box.centerY()) - mapY);
            mapWidth += share * (Math.max(box.width(), 1e-3f) / zoom - mapWidth);
            mapHeight += share * (Math.max(box.height(), 1e-3f) / zoom - mapHeight);
            project(camera);
        }

        private static boolean whole(Box box, Box frame) {
            return box.left() > frame.left() + 1
                    && box.top() > frame.top() + 1
                    && box.right() < frame.right() - 1
                    && box.bottom() < frame.bottom() - 1;
        }

        /** Distance-IoU of the box and of what the frame should show of the lesion. */
        float affinity(Box box, Box frame) {
            float left = Math.max(x - width / 2, frame.left());
            float top = Math.max(y - height / 2, frame.top());
            float right = Math.min(x + width / 2, frame.right());
            float bottom = Math.min(y + height / 2, frame.bottom());
            if (right - left < 1 || bottom - top < 1) {
                // Expected outside.
                left = x - width / 2;
                top = y - height / 2;
                right = left + width;
                bottom = top + height;
            }
            float area = (right - left) * (bottom - top);
            float other = box.area();
            float most = whole(box, frame) ? MAX_AREA_RATIO : MAX_CUT_RATIO;
            if (other > area * most || area > other * most) {
                return Float.NEGATIVE_INFINITY;
            }
            float w = Math.min(right, box.right()) - Math.max(left, box.left());
            float h = Math.min(bottom, box.bottom()) - Math.max(top, box.top());
            float inter = w > 0 && h > 0 ? w * h : 0;
            float hullWidth = Math.max(right, box.right()) - Math.min(left, box.left());
            float hullHeight = Math.max(bottom, box.bottom()) - Math.min(top, box.top());
            float dx = (left + right) / 2 - box.centerX();
            float dy = (top + bottom) / 2 - box.centerY();
            return inter / (area + other - inter)
                    - (dx * dx + dy * dy) / (hullWidth * hullWidth + hullHeight * hullHeight);
        }

        float iou(Track other) {
            float w = Math.min(x + width / 2, other.x + other.width / 2)
                    - Math.max(x - width / 2, other.x - other.width / 2);
            float h = Math.min(y + height / 2, other.y + other.height / 2)
                    - Math.max(y - height / 2, other.y - other.height / 2);
            float inter = w > 0 && h > 0 ? w * h : 0;
            return inter / (width * height + other.width * other.height - inter);
        }
    }
}

package io.derm.pipeline;

import io.derm.api.Box;
import io.derm.api.Detection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Gives the boxes of successive frames lesion numbers. Skin does not move by itself: between frames all known lesions move as the camera
 * does, whose motion is measured on those seen in both (camera motion compensation as in BoT-SORT, Aharon et al. 2022, with the lesions
 * themselves as key points), so that one that is covered or out of the frame for a while is expected where it will come back. Boxes are
 * joined greedily by distance-IoU (Zheng et al., AAAI 2020), which still ranks small boxes that no longer overlap; lesions that are
 * established choose first (the cascade of Deep SORT, Wojke et al. 2017). Confined.
 */
final class Tracker {
    /** Lowest distance-IoU of a pair: about one and a half box sizes apart. */
    private static final float MIN_DIOU = -0.45f;
    /** Of a lesion that was seen in the last frame: its centre half a box away at most. */
    private static final float MIN_DIOU_SEEN = -0.1f;
    /** A lesion's box may grow or shrink by this factor, in area, between sightings. */
    private static final float MAX_AREA_RATIO = 4;
    /** Sightings after which a lesion is established. */
    private static final int ESTABLISHED = 3;
    /** A box that overlaps a better established lesion of the same frame by more is a second box of that lesion. */
    private static final float DOUBLE_IOU = 0.6f;

    /** A frame that does not tell how the camera moved counts as so many. */
    private static final int BLIND = 10;

    private final int forgetFrames;
    private final IntConsumer forgotten;
    private final List<Track> tracks = new ArrayList<>();
    private final CameraMotion camera = new CameraMotion();
    private int lastId;
    private int[] ids = new int[16];

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
     * @return the lesion number of each detection; valid until the next call
     */
    int[] update(List<Detection> detections, Box frame) {
        int n = detections.size();
        if (ids.length < n) {
            ids = new int[2 * n];
        }
        Arrays.fill(ids, 0, n, 0);
        for (int t = 0; t < tracks.size(); t++) {
            tracks.get(t).next();
        }
        // As the camera moved until now; then, as measured on the lesions found that way.
        move();
        join(detections, frame, true);
        measure();
        move();
        join(detections, frame, false);
        for (int d = 0; d < n; d++) {
            if (ids[d] == 0) {
                Track track = new Track(++lastId, detections.get(d).box(), frame);
                tracks.add(track);
                ids[d] = track.id;
            }
        }
        for (int t = tracks.size() - 1; t >= 0; t--) {
            Track track = tracks.get(t);
            if (!track.seen && !camera.measured) {
                track.missed += BLIND - 1;
            }
            if (track.missed > forgetFrames || isDouble(track)) {
                tracks.remove(t);
                forgotten.accept(track.id);
            }
        }
        return ids;
    }

    private void move() {
        for (int t = 0; t < tracks.size(); t++) {
            tracks.get(t).move(camera);
        }
    }

    private void measure() {
        camera.clear();
        for (int t = 0; t < tracks.size(); t++) {
            Track track = tracks.get(t);
            if (track.seen && track.whole && track.wasWhole) {
                camera.add(track.lastX, track.lastY, track.x, track.y);
            }
        }
        camera.fit();
    }

    /** Established lesions seen in the last frame first, then all others. */
    private void join(List<Detection> detections, Box frame, boolean established) {
        while (true) {
            float best = established ? MIN_DIOU_SEEN : MIN_DIOU;
            int bestDetection = -1;
            Track bestTrack = null;
            for (int d = 0; d < detections.size(); d++) {
                if (ids[d] != 0) {
                    continue;
                }
                Box box = detections.get(d).box();
                for (int t = 0; t < tracks.size(); t++) {
                    Track track = tracks.get(t);
                    if (track.seen || (established && (track.sightings < ESTABLISHED || track.missed > 1))) {
                        continue;
                    }
                    float affinity = track.affinity(box, frame);
                    if (affinity > best) {
                        best = affinity;
                        bestDetection = d;
                        bestTrack = track;
                    }
                }
            }
            if (bestTrack == null) {
                return;
            }
            bestTrack.see(detections.get(bestDetection).box(), frame);
            ids[bestDetection] = bestTrack.id;
        }
    }

    /** Whether a lesion that is not seen lies where a better established one is: it began as a second box of that. */
    private boolean isDouble(Track track) {
        if (track.seen) {
            return false;
        }
        for (int t = 0; t < tracks.size(); t++) {
            Track other = tracks.get(t);
            if (other.seen && other.sightings > track.sightings && other.iou(track) > DOUBLE_IOU) {
                return true;
            }
        }
        return false;
    }

    private static final class Track {
        final int id;
        float x;
        float y;
        float width;
        float height;
        float lastX;
        float lastY;
        float lastWidth;
        float lastHeight;
        boolean seen = true;
        /** Whether the border of the frame leaves the box as it is: a cut one does not tell where the lesion is. */
        boolean whole;

        boolean wasWhole;
        boolean wasEverWhole;
        int sightings = 1;
        int missed;

        Track(int id, Box box, Box frame) {
            this.id = id;
            place(box, frame);
        }

        /** What was is the last frame's from here on. */
        void next() {
            lastX = x;
            lastY = y;
            lastWidth = width;
            lastHeight = height;
            wasWhole = whole && seen;
            seen = false;
            missed++;
        }

        /** From where it was in the last frame, unless it has been seen in this one. */
        void move(CameraMotion camera) {
            if (!seen) {
                x = camera.x(lastX, lastY);
                y = camera.y(lastX, lastY);
                width = lastWidth * camera.zoom();
                height = lastHeight * camera.zoom();
            }
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
            if (other > area * MAX_AREA_RATIO || area > other * MAX_AREA_RATIO) {
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

        void see(Box box, Box frame) {
            missed = 0;
            seen = true;
            sightings++;
            place(box, frame);
        }

        private void place(Box box, Box frame) {
            boolean known = wasEverWhole;
            whole = box.left() > frame.left() + 1
                    && box.top() > frame.top() + 1
                    && box.right() < frame.right() - 1
                    && box.bottom() < frame.bottom() - 1;
            if (known && !whole) {
                // Where the camera took it, as large as it was: it will come back whole.
                return;
            }
            wasEverWhole |= whole;
            x = box.centerX();
            y = box.centerY();
            width = Math.max(box.width(), 1e-3f);
            height = Math.max(box.height(), 1e-3f);
        }
    }
}

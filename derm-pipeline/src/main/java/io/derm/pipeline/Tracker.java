package io.derm.pipeline;

import io.derm.api.Box;
import io.derm.api.Detection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Gives the boxes of successive frames lesion numbers. Each known lesion is moved by its own smoothed motion while it is seen
 * and by the camera's (the median motion of those seen) while it is not; pairs are then joined greedily by distance-IoU
 * (Zheng et al., AAAI 2020), which still ranks small boxes that no longer overlap. Confined.
 */
final class Tracker {
    /** Lowest distance-IoU of a pair: about one and a half box sizes apart. */
    private static final float MIN_DIOU = -0.45f;
    /** A lesion's box may grow or shrink by this factor, in area, between sightings. */
    private static final float MAX_AREA_RATIO = 4;

    private final int forgetFrames;
    private final List<Track> tracks = new ArrayList<>();
    private int lastId;
    private float cameraX;
    private float cameraY;
    private int[] ids = new int[16];
    private float[] motion = new float[16];

    Tracker(int forgetFrames) {
        this.forgetFrames = forgetFrames;
    }

    /**
     * Joins one frame's detections to the lesions known so far.
     *
     * @return the lesion number of each detection; valid until the next call
     */
    int[] update(List<Detection> detections) {
        int n = detections.size();
        if (ids.length < n) {
            ids = new int[2 * n];
        }
        Arrays.fill(ids, 0, n, 0);
        for (int t = 0; t < tracks.size(); t++) {
            tracks.get(t).predict(cameraX, cameraY);
        }
        join(detections);
        camera();
        for (int d = 0; d < n; d++) {
            if (ids[d] == 0) {
                Track track = new Track(++lastId, detections.get(d).box());
                track.velocityX = cameraX;
                track.velocityY = cameraY;
                tracks.add(track);
                ids[d] = track.id;
            }
        }
        tracks.removeIf(t -> t.missed > forgetFrames);
        return ids;
    }

    private void join(List<Detection> detections) {
        while (true) {
            float best = MIN_DIOU;
            int bestDetection = -1;
            Track bestTrack = null;
            for (int d = 0; d < detections.size(); d++) {
                if (ids[d] != 0) {
                    continue;
                }
                Box box = detections.get(d).box();
                for (int t = 0; t < tracks.size(); t++) {
                    Track track = tracks.get(t);
                    float affinity = track.seen ? Float.NEGATIVE_INFINITY : track.affinity(box);
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
            bestTrack.see(detections.get(bestDetection).box());
            ids[bestDetection] = bestTrack.id;
        }
    }

    private void camera() {
        cameraX = medianMotion(true);
        cameraY = medianMotion(false);
    }

    private float medianMotion(boolean horizontal) {
        int n = 0;
        for (int t = 0; t < tracks.size(); t++) {
            Track track = tracks.get(t);
            if (track.seen && track.moved) {
                if (motion.length == n) {
                    motion = Arrays.copyOf(motion, 2 * n);
                }
                motion[n++] = horizontal ? track.velocityX : track.velocityY;
            }
        }
        if (n == 0) {
            return horizontal ? cameraX * 0.9f : cameraY * 0.9f;
        }
        Arrays.sort(motion, 0, n);
        return motion[n / 2];
    }

    private static final class Track {
        final int id;
        float x;
        float y;
        float width;
        float height;
        float velocityX;
        float velocityY;
        boolean seen = true;
        boolean moved;
        int missed;
        private float lastX;
        private float lastY;

        Track(int id, Box box) {
            this.id = id;
            place(box);
        }

        void predict(float cameraX, float cameraY) {
            if (missed > 0) {
                velocityX = cameraX;
                velocityY = cameraY;
            }
            lastX = x;
            lastY = y;
            x += velocityX;
            y += velocityY;
            seen = false;
            missed++;
        }

        float affinity(Box box) {
            float area = width * height;
            float other = box.area();
            if (other > area * MAX_AREA_RATIO || area > other * MAX_AREA_RATIO) {
                return Float.NEGATIVE_INFINITY;
            }
            float left = x - width / 2;
            float top = y - height / 2;
            float w = Math.min(left + width, box.right()) - Math.max(left, box.left());
            float h = Math.min(top + height, box.bottom()) - Math.max(top, box.top());
            float inter = w > 0 && h > 0 ? w * h : 0;
            float hullWidth = Math.max(left + width, box.right()) - Math.min(left, box.left());
            float hullHeight = Math.max(top + height, box.bottom()) - Math.min(top, box.top());
            float dx = x - box.centerX();
            float dy = y - box.centerY();
            return inter / (area + other - inter)
                    - (dx * dx + dy * dy) / (hullWidth * hullWidth + hullHeight * hullHeight);
        }

        void see(Box box) {
            if (missed == 1) {
                float dx = box.centerX() - lastX;
                float dy = box.centerY() - lastY;
                float weight = moved ? 0.5f : 1;
                velocityX += weight * (dx - velocityX);
                velocityY += weight * (dy - velocityY);
                moved = true;
            }
            missed = 0;
            seen = true;
            place(box);
        }

        private void place(Box box) {
            x = box.centerX();
            y = box.centerY();
            width = Math.max(box.width(), 1e-3f);
            height = Math.max(box.height(), 1e-3f);
        }
    }
}

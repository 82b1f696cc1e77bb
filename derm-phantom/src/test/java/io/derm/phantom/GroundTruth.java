package io.derm.phantom;

import io.derm.phantom.SceneRenderer.Studio;

/** Where a lesion shows, worked out from pixels alone: a picture with it against the same picture without it. */
final class GroundTruth {
    private GroundTruth() {}

    /** Pixels that the lesion changes by more than 35 % of its typical change. */
    static boolean[] shown(SceneRenderer renderer, long seed, Framing framing, PhantomScene with, int lesion) {
        byte[] a = with.bgr();
        byte[] b =
                renderer.render(seed, framing, new Studio(lesion, true, true)).bgr();
        int n = with.width() * with.height();
        float[] change = new float[n];
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < 3; c++) {
                change[i] += Math.abs((a[3 * i + c] & 255) - (b[3 * i + c] & 255));
            }
            sum += change[i];
            squares += (double) change[i] * change[i];
        }
        double typical = squares / Math.max(sum, 1);
        boolean[] shown = new boolean[n];
        for (int i = 0; i < n; i++) {
            shown[i] = change[i] > 0.35 * typical;
        }
        return shown;
    }

    /** Bounds of the set pixels: left, top, right, bottom; isolated pixels do not count. */
    static int[] bounds(boolean[] set, int width, int height) {
        int[] box = {width, height, 0, 0};
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                if (set[y * width + x] && neighbours(set, width, height, x, y) >= 2) {
                    box[0] = Math.min(box[0], x);
                    box[1] = Math.min(box[1], y);
                    box[2] = Math.max(box[2], x + 1);
                    box[3] = Math.max(box[3], y + 1);
                }
            }
        }
        return box;
    }

    private static int neighbours(boolean[] set, int width, int height, int x, int y) {
        int count = 0;
        for (int j = Math.max(0, y - 1); j <= Math.min(height - 1, y + 1); j++) {
            for (int i = Math.max(0, x - 1); i <= Math.min(width - 1, x + 1); i++) {
                count += (i != x || j != y) && set[j * width + i] ? 1 : 0;
            }
        }
        return count;
    }

    /** Share of the set area that misses its mirror image, over the best of 36 axes through the centroid. */
    static double asymmetry(boolean[] set, int width, int height) {
        double sx = 0;
        double sy = 0;
        int n = 0;
        for (int i = 0; i < set.length; i++) {
            if (set[i]) {
                sx += i % width;
                int row = i / width;
                sy += row;
                n++;
            }
        }
        double cx = sx / n;
        double cy = sy / n;
        double best = 1;
        for (int k = 0; k < 36; k++) {
            double t = Math.PI * k / 36;
            double c = Math.cos(2 * t);
            double s = Math.sin(2 * t);
            int missed = 0;
            for (int i = 0; i < set.length; i++) {
                if (!set[i]) {
                    continue;
                }
                double dx = i % width - cx;
                int row = i / width;
                double dy = row - cy;
                long x = Math.round(cx + c * dx + s * dy);
                long y = Math.round(cy + s * dx - c * dy);
                boolean hit = x >= 0 && y >= 0 && x < width && y < height && set[(int) (y * width + x)];
                missed += hit ? 0 : 1;
            }
            best = Math.min(best, (double) missed / n);
        }
        return best;
    }
}

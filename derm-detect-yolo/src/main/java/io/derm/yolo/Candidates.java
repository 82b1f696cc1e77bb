package io.derm.yolo;

import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.ImageMapping;
import io.derm.yolo.YoloOptions.Nms;
import io.derm.yolo.YoloOptions.Selection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Boxes over the threshold, in network pixels, before suppression. Kept from frame to frame in primitive arrays, so that a
 * frame allocates its results alone. Confined.
 */
final class Candidates {
    private float[] left = new float[256];
    private float[] top = new float[256];
    private float[] right = new float[256];
    private float[] bottom = new float[256];
    private float[] score = new float[256];
    private int[] classIndex = new int[256];
    private long[] order = new long[256];
    private int[] kept = new int[256];
    private int size;
    private int highestClass = -1;

    void clear() {
        size = 0;
        highestClass = -1;
    }

    /** Highest class index among the boxes, -1 if there are none. */
    int highestClass() {
        return highestClass;
    }

    /** Adds a box unless it holds no point. */
    void add(double l, double t, double r, double b, double s, int c) {
        float fl = (float) l;
        float ft = (float) t;
        float fr = (float) r;
        float fb = (float) b;
        if (!(fl < fr && ft < fb)) {
            return;
        }
        if (size == left.length) {
            grow();
        }
        left[size] = fl;
        top[size] = ft;
        right[size] = fr;
        bottom[size] = fb;
        score[size] = (float) Math.min(s, 1);
        classIndex[size] = c;
        highestClass = Math.max(highestClass, c);
        size++;
    }

    private void grow() {
        int n = 2 * size;
        left = Arrays.copyOf(left, n);
        top = Arrays.copyOf(top, n);
        right = Arrays.copyOf(right, n);
        bottom = Arrays.copyOf(bottom, n);
        score = Arrays.copyOf(score, n);
        classIndex = Arrays.copyOf(classIndex, n);
        order = new long[n];
        kept = new int[n];
    }

    /**
     * What is left after suppression, highest score first, in pixels of the frame. Suppression works on the boxes as the
     * network gave them, as darknet does; clipping comes after it.
     *
     * @param suppressed whether duplicates are already gone
     */
    List<Detection> select(
            Selection options,
            boolean suppressed,
            ImageMapping mapping,
            int frameWidth,
            int frameHeight,
            List<String> labels) {
        // Positive floats sort like their bits; the index in the low half makes equal scores come in the model's order.
        for (int i = 0; i < size; i++) {
            order[i] = ((long) ~Float.floatToRawIntBits(score[i]) << 32) | i;
        }
        Arrays.sort(order, 0, size);
        int entering = Math.min(size, options.maxCandidates());
        int keptCount = 0;
        List<Detection> detections = new ArrayList<>(Math.min(entering, 16));
        for (int n = 0; n < entering && detections.size() < options.maxDetections(); n++) {
            int i = (int) order[n];
            if (!suppressed && covered(i, keptCount, options)) {
                continue;
            }
            kept[keptCount++] = i;
            float l = clip(mapping.frameX(left[i]), frameWidth);
            float t = clip(mapping.frameY(top[i]), frameHeight);
            float r = clip(mapping.frameX(right[i]), frameWidth);
            float b = clip(mapping.frameY(bottom[i]), frameHeight);
            if (l < r && t < b) {
                detections.add(new Detection(new Box(l, t, r, b), score[i], classIndex[i], labels.get(classIndex[i])));
            }
        }
        return detections;
    }

    private static float clip(double v, int end) {
        return (float) Math.max(0, Math.min(end, v));
    }

    private boolean covered(int i, int keptCount, Selection options) {
        for (int k = 0; k < keptCount; k++) {
            int j = kept[k];
            if (classIndex[j] == classIndex[i] && overlap(i, j, options) > options.iouThreshold()) {
                return true;
            }
        }
        return false;
    }

    private double overlap(int i, int j, Selection options) {
        double w = (double) Math.min(right[i], right[j]) - Math.max(left[i], left[j]);
        double h = (double) Math.min(bottom[i], bottom[j]) - Math.max(top[i], top[j]);
        double inter = w > 0 && h > 0 ? w * h : 0;
        double iou = inter / (area(i) + area(j) - inter);
        // The distance term only lowers the overlap, so what is not over the threshold without it need not pay for pow.
        if (options.nms() == Nms.GREEDY || !(iou > options.iouThreshold())) {
            return iou;
        }
        double cw = (double) Math.max(right[i], right[j]) - Math.min(left[i], left[j]);
        double ch = (double) Math.max(bottom[i], bottom[j]) - Math.min(top[i], top[j]);
        double dx = ((double) left[i] + right[i] - left[j] - right[j]) / 2;
        double dy = ((double) top[i] + bottom[i] - top[j] - bottom[j]) / 2;
        return iou - Math.pow((dx * dx + dy * dy) / (cw * cw + ch * ch), options.betaNms());
    }

    private double area(int i) {
        return ((double) right[i] - left[i]) * ((double) bottom[i] - top[i]);
    }
}

package io.derm.bench.peers;

/**
 * A lesion found and assessed.
 *
 * @param left left edge in pixels of the frame, like the other edges
 * @param score of the detector
 * @param benign probability, like the other two
 */
record Finding(
        float left, float top, float right, float bottom, float score, float benign, float unknown, float melanoma) {

    /** The most probable class: 0 benign, 1 unknown, 2 melanoma. */
    int answer() {
        if (benign >= unknown && benign >= melanoma) {
            return 0;
        }
        return unknown >= melanoma ? 1 : 2;
    }

    /** By how much the most probable class leads the second. */
    double lead() {
        double highest = Math.max(benign, Math.max(unknown, melanoma));
        double lowest = Math.min(benign, Math.min(unknown, melanoma));
        return highest - ((double) benign + unknown + melanoma - highest - lowest);
    }

    /** Intersection over union of the boxes. */
    double iou(Finding other) {
        double w = (double) Math.min(right, other.right) - Math.max(left, other.left);
        double h = (double) Math.min(bottom, other.bottom) - Math.max(top, other.top);
        double both = Math.max(0, w) * Math.max(0, h);
        return both / (area() + other.area() - both);
    }

    private double area() {
        return ((double) right - left) * ((double) bottom - top);
    }

    /** The most by which a probability differs. */
    double distance(Finding other) {
        return Math.max(
                Math.abs(benign - other.benign),
                Math.max(Math.abs(unknown - other.unknown), Math.abs(melanoma - other.melanoma)));
    }
}

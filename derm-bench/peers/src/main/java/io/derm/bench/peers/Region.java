package io.derm.bench.peers;

/** Part of a frame and where it goes in a square tensor. */
record Region(double left, double top, double width, double height, int toLeft, int toTop, int toWidth, int toHeight) {

    /** A whole frame in the middle of the detector's input. */
    static Region letterbox(int width, int height) {
        double scale = (double) Demo.DETECTOR_SIDE / Math.max(width, height);
        int w = (int) Math.round(width * scale);
        int h = (int) Math.round(height * scale);
        return new Region(0, 0, width, height, (Demo.DETECTOR_SIDE - w) / 2, (Demo.DETECTOR_SIDE - h) / 2, w, h);
    }

    /** A square around a box, moved into the frame. */
    static Region crop(Box box, int width, int height) {
        double side = Math.max(box.right() - box.left(), box.bottom() - box.top()) * Demo.CROP_SCALE;
        side = Math.min(side, Math.min(width, height));
        double left = (box.left() + box.right() - side) / 2;
        double top = (box.top() + box.bottom() - side) / 2;
        left = Math.max(0, Math.min(left, width - side));
        top = Math.max(0, Math.min(top, height - side));
        return new Region(left, top, side, side, 0, 0, Demo.CLASSIFIER_SIDE, Demo.CLASSIFIER_SIDE);
    }

    /** Pixels of the frame for one of the tensor. */
    double scaleX() {
        return width / toWidth;
    }

    double scaleY() {
        return height / toHeight;
    }
}

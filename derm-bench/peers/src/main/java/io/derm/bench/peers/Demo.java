package io.derm.bench.peers;

/** What a user of derm's demo models reads in their model cards and metadata and writes into a program. */
final class Demo {
    static final int DETECTOR_SIDE = 416;
    static final int PAD = 114;
    static final String DETECTOR_INPUT = "input";
    static final String[] HEADS = {"yolo_32", "yolo_16", "yolo_8"};
    static final int[] GRIDS = {13, 26, 52};
    static final float[][] ANCHORS = {
        {42.7f, 43.3f, 76.1f, 77.4f, 185, 186}, {12, 12, 16, 16, 24, 24.1f}, {5.5f, 5.6f, 7, 7, 9, 9}
    };
    static final float SCALE_XY = 1.05f;
    static final float SCORE_THRESHOLD = 0.35f;
    static final float IOU_THRESHOLD = 0.45f;

    static final int CLASSIFIER_SIDE = 224;
    static final String CLASSIFIER_INPUT = "input";
    static final String LOGITS = "logits";
    static final float CROP_SCALE = 1.25f;
    /** RGB, in levels, as the deviations. */
    static final float[] MEAN = {123.675f, 116.28f, 103.53f};

    static final float[] STD = {58.395f, 57.12f, 57.375f};
    static final float TEMPERATURE = 0.6820f;
    /** Benign, unknown, melanoma, and distractor, which counts as unknown. */
    static final int CLASSES = 4;

    /** Boxes taken at once. */
    static final int MOST_REGIONS = 32;

    private Demo() {}
}

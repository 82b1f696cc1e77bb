package io.derm.api;

/**
 * One object that a {@link Detector} found. Immutable.
 *
 * @param box where, in pixels of the frame, clipped to it
 * @param score the detector's confidence, 0 to 1 (for YOLO: objectness times class probability)
 * @param classIndex index of the class in the model's outputs
 * @param label name of the class
 */
public record Detection(Box box, float score, int classIndex, String label) {
    public Detection {
        if (!(score >= 0 && score <= 1)) {
            throw new IllegalArgumentException("Score is " + score + ", expected 0 to 1");
        }
        if (classIndex < 0) {
            throw new IllegalArgumentException("Class index is " + classIndex + ", expected 0 or more");
        }
    }
}

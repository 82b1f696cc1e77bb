package io.derm.pipeline;

import io.derm.api.Assessment;
import io.derm.api.LesionClass;
import java.util.Arrays;

/**
 * A lesion's probabilities over time in bounded memory: at most {@value #MAX_POINTS} points, of which every second is dropped
 * when they are full, so that an exam of any length keeps an even course. Confined while it grows; a {@link Lesion} has a copy, which
 * does not.
 */
public final class Course {
    static final int MAX_POINTS = 512;
    private static final int CLASSES = LesionClass.values().length;

    private long[] timestampMicros;
    private float[] probabilities;
    private int size;
    private long seen;
    private long every = 1;

    Course() {
        this(new long[8], new float[8 * CLASSES], 0);
    }

    private Course(long[] timestampMicros, float[] probabilities, int size) {
        this.timestampMicros = timestampMicros;
        this.probabilities = probabilities;
        this.size = size;
    }

    /** As it is now, to be read alone. */
    Course copy() {
        return new Course(Arrays.copyOf(timestampMicros, size), Arrays.copyOf(probabilities, size * CLASSES), size);
    }

    void add(long timestamp, Assessment assessment) {
        if (seen++ % every != 0) {
            return;
        }
        if (size == MAX_POINTS) {
            for (int i = 0; i < MAX_POINTS / 2; i++) {
                timestampMicros[i] = timestampMicros[2 * i];
                System.arraycopy(probabilities, 2 * i * CLASSES, probabilities, i * CLASSES, CLASSES);
            }
            size = MAX_POINTS / 2;
            every *= 2;
        } else if (size == timestampMicros.length) {
            timestampMicros = Arrays.copyOf(timestampMicros, 2 * size);
            probabilities = Arrays.copyOf(probabilities, 2 * size * CLASSES);
        }
        timestampMicros[size] = timestamp;
        for (LesionClass c : LesionClass.values()) {
            probabilities[size * CLASSES + c.ordinal()] = assessment.probability(c);
        }
        size++;
    }

    /** Number of points. */
    public int size() {
        return size;
    }

    /** Presentation time of a point, in microseconds. */
    public long timestampMicros(int point) {
        return timestampMicros[point];
    }

    /** Times of all points, in microseconds, a copy. */
    public long[] timestampsMicros() {
        return Arrays.copyOf(timestampMicros, size);
    }

    /** Probability of a class at a point. */
    public float probability(int point, LesionClass c) {
        return probabilities[point * CLASSES + c.ordinal()];
    }
}

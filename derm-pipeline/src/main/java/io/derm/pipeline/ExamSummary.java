package io.derm.pipeline;

import java.util.List;
import java.util.Map;

/**
 * What an exam came to. Immutable.
 *
 * @param frames frames delivered
 * @param elapsedNanos wall time from the first request for a frame to the last delivery
 * @param lesions confirmed lesions, in order of appearance
 * @param unconfirmed lesions with too few sightings to be reported
 * @param times of each stage
 */
public record ExamSummary(
        long frames, long elapsedNanos, List<Lesion> lesions, int unconfirmed, Map<Stage, LatencySummary> times) {
    public ExamSummary {
        lesions = List.copyOf(lesions);
        times = Map.copyOf(times);
    }

    /** Frames delivered in a second of wall time. */
    public double framesPerSecond() {
        return elapsedNanos == 0 ? 0 : frames * 1e9 / elapsedNanos;
    }
}

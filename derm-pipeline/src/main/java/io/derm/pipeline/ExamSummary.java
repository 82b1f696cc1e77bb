package io.derm.pipeline;

import io.derm.api.RuntimeUse;
import java.util.List;
import java.util.Map;

/**
 * What an exam came to. Immutable.
 *
 * @param frames frames delivered
 * @param elapsedNanos wall time from the first request for a frame to the last delivery
 * @param lesions confirmed lesions, in order of appearance
 * @param unconfirmed lesions with too few sightings to be reported, or too unsure ones
 * @param times of each stage
 * @param dropped frames captured and not delivered, by cause; each cause has an entry
 * @param detector what ran the detector last
 * @param classifier what ran the classifier last
 */
public record ExamSummary(
        long frames,
        long elapsedNanos,
        List<Lesion> lesions,
        int unconfirmed,
        Map<Stage, LatencySummary> times,
        Map<DropCause, Long> dropped,
        RuntimeUse detector,
        RuntimeUse classifier) {
    public ExamSummary {
        lesions = List.copyOf(lesions);
        times = Map.copyOf(times);
        dropped = Map.copyOf(dropped);
    }

    /** Frames delivered in a second of wall time. */
    public double framesPerSecond() {
        return elapsedNanos == 0 ? 0 : frames * 1e9 / elapsedNanos;
    }
}

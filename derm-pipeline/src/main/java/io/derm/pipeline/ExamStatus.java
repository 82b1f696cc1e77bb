package io.derm.pipeline;

import io.derm.api.RuntimeUse;
import java.util.Map;

/**
 * An exam at one moment: {@code captured} is the sum of {@code delivered}, {@code dropped} and {@code underway}. Immutable.
 *
 * @param captured frames that the source gave
 * @param delivered frames whose findings the listener took
 * @param dropped the others that are done with, by cause; each cause has an entry
 * @param underway frames in a stage, in the listener's hands or waiting for either
 * @param lastAgeNanos from capture to the listener's hands of the frame delivered last, 0 before the first
 * @param detector what runs the detector
 * @param classifier what runs the classifier
 */
public record ExamStatus(
        ExamState state,
        long captured,
        long delivered,
        Map<DropCause, Long> dropped,
        int underway,
        long lastAgeNanos,
        RuntimeUse detector,
        RuntimeUse classifier) {
    public ExamStatus {
        dropped = Map.copyOf(dropped);
    }
}

package io.derm.pipeline;

import io.derm.api.Frame;
import io.derm.api.RuntimeUse;
import java.util.List;

/**
 * What was found in one frame. The frame is borrowed until the listener returns; the rest is immutable.
 *
 * @param frame the frame
 * @param sightings the lesions in it, best detection score first
 * @param bestLooks those of the sightings that show their lesion better than any before: larger, surer, sharper, whole in the frame, without glare
 * @param captureNanos time the source took to yield it
 * @param detectNanos time detection took
 * @param classifyNanos time classification took, 0 when there was nothing to classify
 * @param latencyNanos time from the frame's capture to the call of the listener
 * @param detectedBy the runtime of the detector
 * @param classifiedBy the runtime of the classifier, also where there was nothing to classify
 */
public record FrameFindings(
        Frame frame,
        List<Sighting> sightings,
        List<Sighting> bestLooks,
        long captureNanos,
        long detectNanos,
        long classifyNanos,
        long latencyNanos,
        RuntimeUse detectedBy,
        RuntimeUse classifiedBy) {}

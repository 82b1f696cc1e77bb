package io.derm.pipeline;

import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.RuntimeUse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A frame on its way through the stages, with what they made of it. Owned by one stage at a time. */
final class Work {
    final Frame frame;
    final long captureNanos;
    final CameraPath.Place place;
    List<Detection> detections = List.of();
    /** That of the detector which gave them. */
    double confirmScore;

    Evidence.Seen seen = new Evidence.Seen(List.of(), List.of());
    /** When the step that it is in, or was in last, began. */
    long begunNanos;
    /** Whether detection is through with it, and why it failed, if it did. */
    boolean detected;

    @Nullable
    Throwable failure;

    long detectNanos;
    long classifyNanos;
    RuntimeUse detectedBy = RuntimeUse.UNKNOWN;
    RuntimeUse classifiedBy = RuntimeUse.UNKNOWN;

    Work(Frame frame, long captureNanos, CameraPath.Place place) {
        this.frame = frame;
        this.captureNanos = captureNanos;
        this.place = place;
    }
}

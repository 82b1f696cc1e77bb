package io.derm.pipeline;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Detection;
import io.derm.api.Frame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What is known of one source's lesions. Confined to one thread at a time; frames come in order. */
final class Evidence {
    private final int confirmSightings;
    private final Tracker tracker;
    private final LesionBook book = new LesionBook();

    Evidence(ExamOptions options) {
        confirmSightings = options.confirmSightings();
        tracker = new Tracker(options.forgetFrames());
    }

    /**
     * The detections of a frame before they are assessed.
     *
     * @param lesions the lesion number of each
     * @param regions what is to be assessed in this frame
     */
    record Looks(List<Detection> detections, int[] lesions, List<Box> regions) {}

    /**
     * A frame's findings.
     *
     * @param bestLooks those of the sightings that show their lesion better than any before
     */
    record Seen(List<Sighting> sightings, List<Sighting> bestLooks) {}

    Looks look(Frame frame, List<Detection> detections) {
        List<Box> regions = new ArrayList<>(detections.size());
        for (int i = 0; i < detections.size(); i++) {
            regions.add(detections.get(i).box());
        }
        return new Looks(detections, Arrays.copyOf(tracker.update(detections), detections.size()), regions);
    }

    /**
     * Adds what was seen.
     *
     * @param assessments one for each of the regions of {@code looks}
     */
    Seen add(Frame frame, Looks looks, List<Assessment> assessments) {
        int n = looks.detections().size();
        List<Sighting> sightings = new ArrayList<>(n);
        List<Sighting> bestLooks = new ArrayList<>(0);
        for (int i = 0; i < n; i++) {
            Sighting sighting =
                    new Sighting(looks.lesions()[i], looks.detections().get(i), assessments.get(i));
            sightings.add(sighting);
            if (book.add(frame, sighting)) {
                bestLooks.add(sighting);
            }
        }
        return new Seen(sightings, bestLooks);
    }

    List<Lesion> confirmed() {
        return book.confirmed(confirmSightings);
    }

    /** All that was ever followed, confirmed or not. */
    List<Lesion> all() {
        return book.confirmed(1);
    }

    /** Lesions with too few sightings to be reported. */
    int unconfirmed() {
        return book.size() - confirmed().size();
    }
}

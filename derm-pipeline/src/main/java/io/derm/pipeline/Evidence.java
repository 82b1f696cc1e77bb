package io.derm.pipeline;

import io.derm.api.Assessment;
import io.derm.api.Box;
import io.derm.api.Classifier;
import io.derm.api.Detection;
import io.derm.api.Frame;
import io.derm.api.InferenceException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of one source's lesions. Confined to one thread at a time; frames come in order. */
final class Evidence {
    private final Tracker tracker;
    private final LesionBook book;
    private CameraPath.@Nullable Place last;

    Evidence(ExamOptions options) {
        book = new LesionBook(options);
        tracker = new Tracker(options.forgetFrames(), book::forget);
    }

    /**
     * The detections of a frame before they are assessed.
     *
     * @param confirmScore that of the detector which gave them
     * @param lesions the lesion number of each
     * @param qualities how good a look each is
     * @param due whether each is to be assessed in this frame
     * @param regions the boxes of those that are
     */
    record Looks(
            List<Detection> detections,
            double confirmScore,
            int[] lesions,
            double[] qualities,
            boolean[] due,
            List<Box> regions) {}

    /**
     * A frame's findings.
     *
     * @param bestLooks those of the sightings that show their lesion better than any before
     */
    record Seen(List<Sighting> sightings, List<Sighting> bestLooks) {}

    Looks look(Frame frame, CameraPath.Place place, List<Detection> detections, double confirmScore) {
        int n = detections.size();
        int[] lesions = Arrays.copyOf(tracker.update(detections, frame.bounds(), place.since(last)), n);
        last = place;
        double[] qualities = new double[n];
        boolean[] due = new boolean[n];
        List<Box> regions = new ArrayList<>(n);
        for (int i = 0; i < n; i++) {
            qualities[i] = Look.quality(frame, detections.get(i));
            due[i] = book.due(lesions[i], qualities[i]);
            if (due[i]) {
                regions.add(detections.get(i).box());
            }
        }
        return new Looks(detections, confirmScore, lesions, qualities, due, regions);
    }

    /**
     * Adds what was seen.
     *
     * @param assessments one for each of the regions of {@code looks}, as {@link #oneEach} has it
     */
    Seen add(Frame frame, Looks looks, List<Assessment> assessments) {
        int n = looks.detections().size();
        List<Sighting> sightings = new ArrayList<>(n);
        List<Sighting> bestLooks = new ArrayList<>(0);
        int assessed = 0;
        for (int i = 0; i < n; i++) {
            boolean due = looks.due()[i];
            LesionBook.Entry entry = book.entry(looks.lesions()[i], frame.timestampMicros());
            Sighting sighting = entry.see(
                    looks.detections().get(i),
                    looks.confirmScore(),
                    looks.qualities()[i],
                    due ? assessments.get(assessed++) : null,
                    frame.timestampMicros());
            sightings.add(sighting);
            if (entry.bestIs(sighting)) {
                bestLooks.add(sighting);
            }
        }
        return new Seen(sightings, bestLooks);
    }

    /**
     * Holds a classifier to one assessment a region: else some would be given to the wrong lesion.
     *
     * @throws InferenceException if there are more or fewer
     */
    static List<Assessment> oneEach(Classifier by, List<Box> regions, List<Assessment> assessments) {
        if (assessments.size() != regions.size()) {
            throw new InferenceException(
                    160,
                    by.getClass().getName() + " gave " + assessments.size() + " assessments of " + regions.size()
                            + " regions, expected one for each",
                    "have Classifier.classify give one assessment a region, in the order of the regions");
        }
        return assessments;
    }

    List<Lesion> confirmed() {
        return book.confirmed();
    }

    /** All that are known, confirmed or not. */
    List<Lesion> all() {
        return book.all();
    }

    /** Lesions with too few sightings to be reported, or too unsure ones. */
    int unconfirmed() {
        return book.unconfirmed();
    }
}

package io.derm.pipeline;

import io.derm.api.LesionClass;
import java.util.Map;

/**
 * One lesion over a whole exam, or as far as that has come. Immutable.
 *
 * @param id number of the lesion, from 1 in order of appearance
 * @param firstMicros presentation time of its first sighting
 * @param lastMicros presentation time of its last sighting
 * @param sightings how many frames it was found in
 * @param lesionClass the class that most sightings were assessed as, each weighted by its detection score and the square root
 *     of its area; the more serious one of a tie
 * @param probabilities mean probabilities over the sightings, weighted likewise
 * @param best the sighting to show: highest score times size, whole in the frame where there is such
 * @param bestMicros presentation time of the best sighting
 * @param course probabilities over time
 */
public record Lesion(
        int id,
        long firstMicros,
        long lastMicros,
        int sightings,
        LesionClass lesionClass,
        Map<LesionClass, Float> probabilities,
        Sighting best,
        long bestMicros,
        Course course) {
    public Lesion {
        probabilities = Map.copyOf(probabilities);
    }
}

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
 * @param assessed in how many of them it was classified
 * @param confirmed whether that is often and surely enough for it to be reported, see {@link ExamOptions}
 * @param lesionClass the class that most of these were assessed as, each weighted by how good a look it was: detection score, size in
 *     pixels, sharpness, no glare, not cut by the border; the more serious one of a tie
 * @param probabilities mean probabilities, weighted likewise
 * @param noLesion mean probability that it is no lesion, weighted likewise: part of that of UNKNOWN
 * @param best the sighting to show: the best look
 * @param bestMicros presentation time of the best sighting
 * @param course probabilities over time
 */
public record Lesion(
        int id,
        long firstMicros,
        long lastMicros,
        int sightings,
        int assessed,
        boolean confirmed,
        LesionClass lesionClass,
        Map<LesionClass, Float> probabilities,
        float noLesion,
        Sighting best,
        long bestMicros,
        Course course) {
    public Lesion {
        probabilities = Map.copyOf(probabilities);
    }
}

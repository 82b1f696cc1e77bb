package io.derm.samples.live;

import io.derm.api.Model;
import io.derm.api.RuntimeUse;
import java.util.Map;

/**
 * Which models examined a frame, as opposed to those that are live when somebody asks. Immutable.
 *
 * @param classifier the one that the frame's lesions were shown to, or would have been
 * @param assessed by lesion, the one that assessed it, which for a lesion not assessed in this frame was in one before
 */
public record Examiners(Examiner detector, Examiner classifier, Map<Integer, Examiner> assessed) {
    /**
     * One of them.
     *
     * @param threshold the lowest score of what it gives; 0 for a classifier
     */
    public record Examiner(Model model, RuntimeUse runtime, double threshold) {}

    public Examiners {
        assessed = Map.copyOf(assessed);
    }

    /** The classifier whose assessment of a lesion this is. */
    public Examiner of(int lesion) {
        return assessed.getOrDefault(lesion, classifier);
    }
}

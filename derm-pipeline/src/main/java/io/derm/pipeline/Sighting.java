package io.derm.pipeline;

import io.derm.api.Assessment;
import io.derm.api.Detection;

/**
 * One lesion in one frame. Immutable.
 *
 * @param lesion number of the lesion, the same in every frame that shows it, from 1
 * @param detection where it is
 * @param assessment what it looks like in this frame where it was {@code assessed} in it, else as it was assessed last
 * @param assessed whether the classifier saw it in this frame
 * @param confirmed whether the lesion has been seen often and surely enough to be reported, see {@link ExamOptions}
 */
public record Sighting(int lesion, Detection detection, Assessment assessment, boolean assessed, boolean confirmed) {}
